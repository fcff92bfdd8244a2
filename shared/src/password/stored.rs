//! A stored password.

use super::hash::{MAX_COST, PasswordHash};
use crate::secret::Secret;

/// The program that made a stored hash. The legacy app's bcrypt ignored all bytes after the 72nd;
/// ours never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashedBy {
    /// The legacy app, or a row inserted by hand: the column's default.
    App,
    /// Latchkey.
    Latchkey,
}

impl HashedBy {
    /// Parses `users.hashed_by`.
    pub fn named(name: &str) -> Option<Self> {
        [Self::App, Self::Latchkey].into_iter().find(|hashed_by| hashed_by.name() == name)
    }

    /// The value of `users.hashed_by`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Latchkey => "latchkey",
        }
    }
}

/// The password columns of a row of `users`.
#[derive(Debug, Clone)]
pub struct StoredPassword {
    /// The text of the hash, if there is one.
    pub hash: Option<Secret<String>>,
    /// The program that made the hash.
    pub hashed_by: HashedBy,
}

/// Why a stored password can't be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// The row has no password: NULL, or an empty text.
    NoPassword,
    /// Its cost is above [`super::MAX_COST`].
    TooCostly,
    /// It isn't a hash of our schemes.
    UnknownHash,
}

impl StoredPassword {
    /// The hash, if it can be verified.
    pub fn read(&self) -> Result<PasswordHash, Unreadable> {
        let text = self.hash.as_ref().map(Secret::expose).filter(|text| !text.is_empty());
        let hash = PasswordHash::parse(text.ok_or(Unreadable::NoPassword)?);
        let hash = hash.ok_or(Unreadable::UnknownHash)?;
        if hash.cost() > MAX_COST { Err(Unreadable::TooCostly) } else { Ok(hash) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_that_nobody_could_wait_for_is_not_read() {
        let digest = "abcdefghijklmnopqrstuu0123456789012345678901234567890";
        for (cost, read) in [(4, true), (18, true), (19, false), (31, false)] {
            let (salt, rest) = digest.split_at(22);
            for text in [
                format!("$2b${cost:02}${digest}"),
                format!("$bcrypt-sha256$v=2,t=2b,r={cost}${salt}${rest}"),
                format!("$bcrypt-sha256$2a,{cost}${salt}${rest}"),
            ] {
                let stored = StoredPassword {
                    hash: Some(Secret::new(text.clone())),
                    hashed_by: HashedBy::App,
                };
                let reason = stored.read().err();
                assert_eq!(reason, (!read).then_some(Unreadable::TooCostly), "{text}");
            }
        }
    }
}

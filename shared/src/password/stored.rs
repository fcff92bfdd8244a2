//! What the database holds of a password.

use super::foreign_scheme::ForeignScheme;
use super::hash::PasswordHash;
use crate::secret::Secret;

/// Who made a stored hash. The app's own bcrypt ignored what is past 72 bytes; ours never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashedBy {
    /// The app that we replace, or a row made by hand: the column's default.
    App,
    /// We did.
    Latchkey,
}

impl HashedBy {
    /// Who the word in `users.hashed_by` stands for.
    pub fn named(name: &str) -> Option<Self> {
        [Self::App, Self::Latchkey].into_iter().find(|hashed_by| hashed_by.name() == name)
    }

    /// The word in `users.hashed_by`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Latchkey => "latchkey",
        }
    }
}

/// What a row of `users` says of its password.
#[derive(Debug, Clone)]
pub struct StoredPassword {
    /// The text of the hash, if there is one.
    pub hash: Option<Secret<String>>,
    /// Who made it.
    pub hashed_by: HashedBy,
}

/// Why nobody can sign in by what a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unreadable {
    /// It holds no password: nothing, or an empty text.
    NoPassword,
    /// It holds something else than a hash that we verify.
    Scheme(ForeignScheme),
}

impl Unreadable {
    /// The name of it, which stays.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPassword => "no_password",
            Self::Scheme(scheme) => scheme.name(),
        }
    }

    /// What that name stands for.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name == Self::NoPassword.name() {
            return Some(Self::NoPassword);
        }
        ForeignScheme::named(name).map(Self::Scheme)
    }
}

impl StoredPassword {
    /// The hash, if it is one that we verify.
    pub fn read(&self) -> Result<PasswordHash, Unreadable> {
        let text = self.hash.as_ref().map(Secret::expose).filter(|text| !text.is_empty());
        PasswordHash::read(text.ok_or(Unreadable::NoPassword)?).map_err(Unreadable::Scheme)
    }
}

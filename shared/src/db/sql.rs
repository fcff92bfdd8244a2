//! Every statement that we send.

use super::{roles, signing_keys, users};

/// A statement with numbered parameters. Sent unnamed and typed, it takes one round trip and
/// pins nothing in a pooler.
#[derive(Debug, PartialEq, Eq)]
pub struct Sql(&'static str);

impl Sql {
    pub(super) const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The text of the statement.
    pub const fn text(&self) -> &'static str {
        self.0
    }
}

/// All statements: a test prepares each against the migrated database.
pub const ALL: &[&Sql] = &[
    &roles::GRANT,
    &roles::LIST,
    &roles::REVOKE,
    &signing_keys::LIST_ACCEPTED,
    &signing_keys::PUBLISH,
    &users::FIND_FOR_AUTHORIZATION,
    &users::FIND_FOR_SIGNIN,
    &users::INSERT,
    &users::REPLACE_PASSWORD,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_statement_is_forgotten() {
        let files =
            [include_str!("roles.rs"), include_str!("signing_keys.rs"), include_str!("users.rs")];
        let statements: usize = files.iter().map(|file| file.matches("Sql::new(").count()).sum();
        assert_eq!(statements, ALL.len());
    }
}

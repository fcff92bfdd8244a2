//! PostgreSQL. It knows no HTTP: it says what happened, [`crate::error`] what that means.

mod database;
mod error;
mod roles;
mod settings;
mod signing_keys;
mod sql;
mod tls;
mod users;

pub use database::{Database, Driver};
pub use error::Error;
pub use roles::{Roles, UserRoles};
pub use settings::Settings;
pub use signing_keys::SigningKeys;
pub use sql::Sql;
pub use users::{AuthorizedUser, FoundForSignin, Insert, SigninUser, Users};

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
        let files = [
            include_str!("db/roles.rs"),
            include_str!("db/signing_keys.rs"),
            include_str!("db/users.rs"),
        ];
        let statements: usize = files.iter().map(|file| file.matches("Sql::new(").count()).sum();
        assert_eq!(statements, ALL.len());
    }
}

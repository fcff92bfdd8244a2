//! Who asks what, and as whom.

use super::sql::Sql;
use super::{
    adopted_callers, callers, database_identity, roles, signing_keys, unreadable_passwords, users,
};

/// A group role of SQL: what its members may do is what their functions' statements need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// `<prefix>_read`: who is calling, and the public keys.
    Read,
    /// `<prefix>_write`: to sign up and to sign in.
    Write,
}

impl Group {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// The role's name.
    pub fn role(self, prefix: &str) -> String {
        match self {
            Self::Read => format!("{prefix}_read"),
            Self::Write => format!("{prefix}_write"),
        }
    }
}

/// A function that asks the database.
#[derive(Debug)]
pub struct Login {
    /// Its crate.
    pub function: &'static str,
    /// The group that its login need only be a member of; `None` is the owner of the tables.
    pub group: Option<Group>,
    /// What it runs.
    pub statements: &'static [&'static Sql],
}

/// All functions that ask the database. A test runs what is listed as a member of its group, and
/// sees all else refused.
pub const LOGINS: &[Login] = &[
    Login {
        function: "admin",
        group: None,
        statements: &[
            &database_identity::ENSURE,
            &roles::GRANT,
            &roles::LIST,
            &roles::REVOKE,
            &signing_keys::PUBLISH,
            &unreadable_passwords::TALLY,
        ],
    },
    Login {
        function: "authorizer",
        group: Some(Group::Read),
        statements: &[&adopted_callers::FIND, &callers::FIND, &signing_keys::LIST_ACCEPTED],
    },
    Login {
        function: "jwks",
        group: Some(Group::Read),
        statements: &[&signing_keys::LIST_ACCEPTED],
    },
    Login {
        function: "signin",
        group: Some(Group::Write),
        statements: &[&users::FIND_FOR_SIGNIN, &users::REPLACE_PASSWORD],
    },
    Login { function: "signup", group: Some(Group::Write), statements: &[&users::INSERT] },
    Login {
        function: "token",
        group: Some(Group::Write),
        statements: &[&users::FIND_FOR_SIGNIN, &users::REPLACE_PASSWORD],
    },
];

//! The functions that ask the database, and the group roles of SQL for their logins.

use super::sql::{Privilege, Routine, Sql};
use super::{
    adopted_callers, callers, database_identity, roles, signing_keys, unreadable_passwords, users,
};

/// A group role of SQL, one for each class of work. Its members may do what the statements of
/// their functions need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Who is calling, and by which key.
    Authorizer,
    /// The public keys.
    Jwks,
    /// One user's hash, by the name.
    Signin,
    /// A new user.
    Signup,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Authorizer, Self::Jwks, Self::Signin, Self::Signup];

    /// The name of the class.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorizer => "authorizer",
            Self::Jwks => "jwks",
            Self::Signin => "signin",
            Self::Signup => "signup",
        }
    }

    /// The role's name.
    pub fn role(self, prefix: &str) -> String {
        format!("{prefix}_{}", self.name())
    }

    /// The group that the login of a function need only be a member of; `None` is the owner of
    /// the tables.
    pub fn of(function: &str) -> Option<Self> {
        LOGINS.iter().find(|login| login.function == function)?.group
    }

    /// All that its members need, perhaps more than once.
    pub fn needs(self) -> impl Iterator<Item = Privilege> {
        let logins = LOGINS.iter().filter(move |login| login.group == Some(self));
        logins.flat_map(|login| login.statements).flat_map(|sql| sql.needs())
    }
}

/// The functions of the database that statements call.
pub fn routines() -> Vec<Routine> {
    let mut routines = Vec::new();
    for need in Group::ALL.into_iter().flat_map(Group::needs) {
        match need {
            Privilege::Execute(routine) if !routines.contains(&routine) => routines.push(routine),
            Privilege::Execute(_) | Privilege::Select(..) => {}
        }
    }
    routines
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
            &signing_keys::PUBLISHED_AT,
            &signing_keys::WITHDRAW,
            &unreadable_passwords::TALLY,
        ],
    },
    Login {
        function: "authorizer",
        group: Some(Group::Authorizer),
        statements: &[&adopted_callers::FIND, &callers::FIND, &signing_keys::LIST_ACCEPTED],
    },
    Login {
        function: "jwks",
        group: Some(Group::Jwks),
        statements: &[&signing_keys::LIST_ACCEPTED],
    },
    Login {
        function: "signin",
        group: Some(Group::Signin),
        statements: &[&users::FIND_FOR_SIGNIN, &users::REPLACE_PASSWORD],
    },
    Login { function: "signup", group: Some(Group::Signup), statements: &[&users::INSERT] },
    Login {
        function: "token",
        group: Some(Group::Signin),
        statements: &[&users::FIND_FOR_SIGNIN, &users::REPLACE_PASSWORD],
    },
];

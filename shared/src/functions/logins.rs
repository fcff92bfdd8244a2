//! The statements of the functions that query the database, and what they need.

use super::LOGINS;
use crate::db::{Group, Privilege, Routine, Sql, callers, mails, sign_ins, users};

impl Group {
    /// The group role that the login of a function needs; `None` if it logs in as the owner of the
    /// tables, or queries nothing.
    pub fn of(function: &str) -> Option<Self> {
        LOGINS.iter().find(|login| login.function == function)?.group
    }

    /// The privileges that its members need, possibly with repetitions.
    pub fn needs(self) -> impl Iterator<Item = Privilege> {
        statements_of(self).flat_map(Sql::needs)
    }
}

/// Statements of the last release that no function runs any more. An upgrade migrates before it
/// deploys, so they are granted until the next release deletes them here.
const LAST_RELEASE: [(Group, &Sql); 3] = [
    (Group::Account, &users::FIND_OWN_CREDENTIALS),
    (Group::Authorizer, &callers::FIND),
    (Group::Signin, &users::FIND_FOR_SIGNIN),
];

/// The statements that the members of a group may run, possibly with repetitions.
pub fn statements_of(group: Group) -> impl Iterator<Item = &'static Sql> {
    let logins = LOGINS.iter().filter(move |login| login.group == Some(group));
    let last = LAST_RELEASE.iter().filter(move |(of, _)| *of == group).map(|(_, sql)| *sql);
    logins.flat_map(|login| login.statements).copied().chain(last)
}

/// All statements, each once.
pub fn statements() -> Vec<&'static Sql> {
    let mut statements: Vec<&Sql> = Vec::new();
    let last = LAST_RELEASE.iter().map(|(_, sql)| sql);
    for sql in LOGINS.iter().flat_map(|login| login.statements).chain(last) {
        if !statements.contains(sql) {
            statements.push(sql);
        }
    }
    statements
}

/// The SQL functions of the statements, and those that these call.
pub fn routines() -> Vec<Routine> {
    let mut routines = [&sign_ins::HELPERS[..], &mails::HELPERS].concat();
    for need in statements().into_iter().flat_map(Sql::needs) {
        match need {
            Privilege::Execute(routine) if !routines.contains(&routine) => routines.push(routine),
            Privilege::Execute(_) | Privilege::Select(..) => {}
        }
    }
    routines
}

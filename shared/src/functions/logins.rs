//! The functions that query the database, and what their statements need.

use super::LOGINS;
use crate::db::{Group, Privilege, Routine, Sql};

/// A function that queries the database.
#[derive(Debug)]
pub struct Login {
    /// Its crate.
    pub function: &'static str,
    /// The group role that its login needs; `None` if it logs in as the owner of the tables.
    pub group: Option<Group>,
    /// Its statements.
    pub statements: &'static [&'static Sql],
}

impl Group {
    /// The group role that the login of a function needs; `None` if it logs in as the owner of the
    /// tables, or queries nothing.
    pub fn of(function: &str) -> Option<Self> {
        LOGINS.iter().find(|login| login.function == function)?.group
    }

    /// The privileges that its members need, possibly with repetitions.
    pub fn needs(self) -> impl Iterator<Item = Privilege> {
        let logins = LOGINS.iter().filter(move |login| login.group == Some(self));
        logins.flat_map(|login| login.statements).flat_map(|sql| sql.needs())
    }
}

/// All statements, each once.
pub fn statements() -> Vec<&'static Sql> {
    let mut statements: Vec<&Sql> = Vec::new();
    for sql in LOGINS.iter().flat_map(|login| login.statements) {
        if !statements.contains(sql) {
            statements.push(sql);
        }
    }
    statements
}

/// The SQL functions that the statements call.
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

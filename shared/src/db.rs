//! PostgreSQL. It knows no HTTP: it says what happened, [`crate::error`] what that means.

mod adopted_callers;
mod batcher;
mod callers;
mod config;
mod connector;
mod database;
mod database_identity;
mod error;
mod iam;
#[cfg(test)]
mod iam_login;
mod logins;
mod parts;
mod roles;
mod settings;
mod signing_keys;
mod sql;
mod tls;
mod tries;
mod turn;
mod unreadable_passwords;
mod users;

pub use adopted_callers::AdoptedCallers;
pub use callers::{Callers, FoundCaller};
pub use connector::Driver;
pub use database::Database;
pub use database_identity::DatabaseIdentity;
pub use error::Error;
pub use logins::{Group, LOGINS, Login, routines};
pub use roles::{Roles, Subject, UserPage, UserRoles};
pub use settings::Settings;
pub use signing_keys::SigningKeys;
pub use sql::{Privilege, Routine, Sql};
pub use unreadable_passwords::{Counts, UnreadablePassword, UnreadablePasswords};
pub use users::{FoundForSignin, Insert, SigninUser, Users};

/// All statements: a test prepares each against the migrated database.
pub const ALL: &[&Sql] = &[
    &adopted_callers::FIND,
    &callers::FIND,
    &database_identity::ENSURE,
    &roles::GRANT,
    &roles::LIST,
    &roles::REVOKE,
    &signing_keys::LIST_ACCEPTED,
    &signing_keys::PUBLISH,
    &signing_keys::PUBLISHED_AT,
    &signing_keys::WITHDRAW,
    &unreadable_passwords::TALLY,
    &users::FIND_FOR_SIGNIN,
    &users::INSERT,
    &users::REPLACE_PASSWORD,
];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn every_statement_is_that_of_a_login() {
        for sql in ALL {
            assert!(LOGINS.iter().any(|login| login.statements.contains(sql)), "{}", sql.text());
        }
    }

    /// What a group's members may do, as the page has it.
    fn reach(group: Group) -> String {
        let mut columns = BTreeMap::<_, Vec<_>>::new();
        let mut routines = BTreeSet::new();
        for privilege in group.needs() {
            match privilege {
                Privilege::Execute(routine) => {
                    routines.insert(format!("`EXECUTE {}`", routine.signature()));
                }
                Privilege::Select(table, names) => columns.entry(table).or_default().extend(names),
            }
        }
        let select = |(table, mut names): (&str, Vec<&str>)| {
            let mut seen = BTreeSet::new();
            names.retain(|name| seen.insert(*name));
            format!("`SELECT {table} ({})`", names.join(", "))
        };
        columns.into_iter().map(select).chain(routines).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_page_has_the_reach_of_each_function() {
        let page = include_str!("../../docs/develop/architecture.md");
        for login in LOGINS {
            let line = format!("| `{}` |", login.function);
            let line = page.lines().find(|it| it.starts_with(&line)).unwrap();
            let end = login.group.map_or_else(
                || "| none: the owner | everything |".to_owned(),
                |group| format!("| `{}` | {} |", group.role("latchkey"), reach(group)),
            );
            assert!(line.ends_with(&end), "{}: {end}", login.function);
        }
    }

    #[test]
    fn no_statement_is_forgotten() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/db");
        let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
        let texts = files.map(|path| std::fs::read_to_string(path).unwrap());
        let statements: usize = texts
            .map(|text| text.matches("Sql::new(").count() + text.matches("Sql::for_owner(").count())
            .sum();
        assert_eq!(statements, ALL.len());
    }
}

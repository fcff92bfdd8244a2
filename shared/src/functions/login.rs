//! An entry of the table of functions that query the database.

use crate::db::{Group, Sql};

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

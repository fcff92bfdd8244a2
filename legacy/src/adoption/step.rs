//! The steps of an adoption.

/// A step: its purpose in words, and its transactions. A transaction may be repeated, and the next plan
/// includes only what is still to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) words: String,
    pub(super) works: Vec<Work>,
}

/// One transaction, or a few that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// Takes milliseconds once it has its locks, and waits only as briefly for them.
    Brief { lock: Lock, tables: Vec<&'static str>, sql: String },
    /// Takes long, but holds no lock that blocks reads or writes of rows.
    Long(String),
    /// Removes rows of `roles` with the same name.
    FoldRoles,
    /// Removes rows of `users_to_roles` with the same user and role.
    FoldMemberships,
    /// Builds an index concurrently. If a unique one fails on a new duplicate, the next plan removes
    /// that.
    Index { unique: bool, name: &'static str, table: &'static str, columns: &'static str },
}

/// What a brief transaction blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Writes.
    Writers,
    /// Reads and writes.
    Everyone,
}

impl Lock {
    pub(super) const fn mode(self) -> &'static str {
        match self {
            Self::Writers => "SHARE ROW EXCLUSIVE",
            Self::Everyone => "ACCESS EXCLUSIVE",
        }
    }
}

impl Step {
    pub(super) fn new(title: impl Into<String>, works: Vec<Work>) -> Self {
        Self { words: title.into(), works }
    }
}

pub(super) fn brief(lock: Lock, tables: &[&'static str], sql: impl Into<String>) -> Work {
    Work::Brief { lock, tables: tables.to_vec(), sql: sql.into() }
}

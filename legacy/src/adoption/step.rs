//! The steps of an adoption, in words and in SQL.

/// A step: what it is for, and the transactions that it takes. Each may be repeated, and what one
/// of them has done is seen by the next plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) words: String,
    pub(super) works: Vec<Work>,
}

/// One transaction, or a few that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// Over in milliseconds once it has its locks, for which it waits as briefly.
    Brief { lock: Lock, tables: &'static [&'static str], sql: String },
    /// Takes its time, and holds no lock that a read or a write of a row waits for.
    Long(String),
    /// Folds duplicates.
    Fold(Fold),
    /// Builds an index while rows come and go. A duplicate that comes meanwhile to a unique one is
    /// for the next plan.
    Index { unique: bool, name: &'static str, table: &'static str, columns: &'static str },
}

/// Whom a brief transaction keeps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Who writes.
    Writers,
    /// Who reads, too.
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

/// What can be there twice, and need not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// Rows of `roles` of one name: the lowest id stays, and takes over who had the others.
    Roles,
    /// Rows of `users_to_roles` of one user and one role.
    Memberships,
}

impl Step {
    pub(super) fn new(title: impl Into<String>, works: Vec<Work>) -> Self {
        Self { words: title.into(), works }
    }
}

/// A brief transaction.
pub(super) fn brief(lock: Lock, tables: &'static [&'static str], sql: impl Into<String>) -> Work {
    Work::Brief { lock, tables, sql: sql.into() }
}

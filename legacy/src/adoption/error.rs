//! Why an adoption stopped.

use std::fmt;

use shared::db;

/// An adoption that stopped, in a sentence for the operator.
#[derive(Debug)]
pub enum Error {
    /// The database can't be adopted, or belongs to another program.
    NotAdoptable {
        /// What is in the way, without a full stop. Rows are named by id.
        obstacles: Vec<String>,
        /// Whether steps had been done before the legacy app caused this.
        begun: bool,
    },
    /// A step failed, for this reason.
    Stopped(String),
    /// The database failed.
    Database(db::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAdoptable { obstacles, begun } => {
                let done = if *begun { "completed steps stay" } else { "nothing was changed" };
                let obstacles = obstacles.join("; ");
                write!(f, "This database can't be migrated yet, and {done}: {obstacles}.")
            }
            Self::Stopped(cause) => write!(f, "The migration stopped: {cause}."),
            Self::Database(error) => write!(f, "The request failed: {error}."),
        }
    }
}

impl std::error::Error for Error {}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

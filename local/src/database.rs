//! The database that the functions use: the one that was given, or a PostgreSQL of the runner's.

use std::path::{Path, PathBuf};

use local_postgres::{Address, Data, Server, Settings};
use shared::Environment;

/// Settings by which somebody names a database, each enough by itself.
const NAMING: [&str; 3] = ["DATABASE_URL", "DATABASE_HOST", "DATABASE_SECRET_ARN"];

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To serve what it holds.
    Service,
    /// To serve an empty one.
    FreshService,
    /// For one piece of an operator's work; if a service runs, on that one's.
    Verb,
}

/// Where the functions find their database.
#[derive(Debug)]
pub(crate) enum Database {
    /// Somebody's: we neither start nor stop it.
    Given,
    /// Ours, already running for another process of ours.
    Running(Address),
    /// Ours, stopped when this is dropped.
    Started(Server),
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// `--fresh` would empty somebody else's database.
    #[error("--fresh empties only the runner's own database, not the one that {0} names")]
    NotOurs(&'static str),
    /// It doesn't start.
    #[error(transparent)]
    Postgres(#[from] local_postgres::Error),
}

impl Database {
    /// Starts a PostgreSQL, unless the settings of a function name a database.
    pub(crate) fn open(
        named: &mut Environment,
        pg_bin: Option<PathBuf>,
        cache: &Path,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        let fresh = purpose == Purpose::FreshService;
        if let Some(naming) = NAMING.into_iter().find(|name| named.secret(name).is_some()) {
            return if fresh { Err(Error::NotOurs(naming)) } else { Ok(Self::Given) };
        }
        if purpose == Purpose::Verb
            && let Some(address) = Server::running(cache)?
        {
            return Ok(Self::Running(address));
        }
        let data = if fresh { Data::Fresh } else { Data::Kept };
        let settings = Settings { data, pg_bin, cache: cache.to_owned() };
        Ok(Self::Started(Server::start(&settings)?))
    }

    /// Its address, if it is ours.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Given => None,
            Self::Running(address) => Some(address.url("postgres")),
            Self::Started(server) => Some(server.url("postgres")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_was_given_is_left_alone() {
        let cache = tempfile::tempdir().unwrap();
        for naming in NAMING {
            let mut named = Environment::from_iter([(naming, "x")]);
            let mut open = |purpose| Database::open(&mut named, None, cache.path(), purpose);
            assert!(matches!(open(Purpose::Service), Ok(Database::Given)));
            assert!(matches!(open(Purpose::Verb), Ok(Database::Given)));
            let refused = open(Purpose::FreshService).unwrap_err().to_string();
            assert!(refused.contains(naming), "{refused}");
        }
        assert_eq!(cache.path().read_dir().unwrap().count(), 0);
    }
}

//! The database that the functions use: the one that was given, or a PostgreSQL of the runner's.

pub(crate) mod fault;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use local_postgres::{Address, Data, Server, Settings, Step};
use shared::Environment;

/// Settings that name a database, each enough by itself.
const NAMING: [&str; 3] = ["DATABASE_URL", "DATABASE_HOST", "DATABASE_SECRET_ARN"];

/// The setting that names a database to a function, if one does.
pub(crate) fn named_by(environment: &mut Environment) -> Option<&'static str> {
    NAMING.into_iter().find(|name| environment.secret(name).is_some())
}

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To serve what it holds.
    Service,
    /// To serve an empty one.
    FreshService,
    /// For an operator's verb: on the database of the running service, if there is one.
    Verb,
}

#[derive(Debug)]
pub(crate) enum Database {
    /// Another one, which this setting or `--database-url` names: we neither start nor stop it.
    Given(&'static str),
    /// Ours, already running for another process of ours.
    Running(Address),
    /// Ours, stopped when this is dropped.
    Started(Server),
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(naming) => write!(f, "the database that {naming} names"),
            Self::Running(_) | Self::Started(_) => f.write_str("the runner's own database"),
        }
    }
}

impl Database {
    /// Starts a PostgreSQL, unless a setting names a database. `report` gets each step of the
    /// start. Fails with one sentence.
    pub(crate) fn open(
        naming: Option<&'static str>,
        pg_bin: Option<PathBuf>,
        cache: &Path,
        purpose: Purpose,
        report: &dyn Fn(Step),
    ) -> Result<Self, String> {
        let fresh = purpose == Purpose::FreshService;
        if let Some(naming) = naming {
            return if fresh {
                Err(format!(
                    "--fresh empties only the runner's own database, not the one that {naming} \
                     names: leave one of the two out"
                ))
            } else {
                Ok(Self::Given(naming))
            };
        }
        if purpose == Purpose::Verb
            && let Some(address) = Server::running(cache).map_err(|error| error.to_string())?
        {
            return Ok(Self::Running(address));
        }
        let data = if fresh { Data::Fresh } else { Data::Kept };
        let settings = Settings { data, pg_bin, cache: cache.to_owned(), configuration: vec![] };
        let server = Server::start(&settings, report);
        server.map(Self::Started).map_err(|error| error.to_string())
    }

    /// Its address, if it is ours.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Given(_) => None,
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
            let named = named_by(&mut Environment::from_iter([(naming, "x")]));
            let open = |purpose| Database::open(named, None, cache.path(), purpose, &|_| {});
            assert!(matches!(open(Purpose::Service), Ok(Database::Given(by)) if by == naming));
            assert!(matches!(open(Purpose::Verb), Ok(Database::Given(_))));
            let refused = open(Purpose::FreshService).unwrap_err();
            assert!(refused.contains(naming), "{refused}");
        }
        assert_eq!(named_by(&mut Environment::default()), None);
        assert_eq!(cache.path().read_dir().unwrap().count(), 0);
    }
}

//! Connections, and a statement's way over them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Config, Row};

use super::connector::{Connector, Driver};
use super::error::Error;
use super::iam::IamTokens;
use super::settings::{Place, Settings};
use super::sql::Sql;
use super::turn::Turn;
use crate::aws::AwsCredentials;
use crate::clock::Clock;
use crate::random::Random;
use crate::secrets_manager::{SecretsManager, Stage};

/// A parameter of a statement and its type, which saves PostgreSQL a round trip to tell us.
/// A parameter of a statement, with its type.
pub type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

pub(super) type Pool = managed::Pool<Connector>;

/// The database. Clones share one pool.
#[derive(Debug, Clone)]
pub struct Database(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    secrets: SecretsManager,
    iam_tokens: IamTokens,
    random: Random,
    pool: Mutex<Option<Pool>>,
}

impl Database {
    /// Connects nothing yet.
    pub fn new(settings: Settings, secrets: SecretsManager) -> Self {
        Self::signing_as(settings, secrets, AwsCredentials::default(), Clock::System)
    }

    /// Like [`Database::new`], with these credentials and this time for the tokens of
    /// `DATABASE_AUTH=iam`.
    pub fn signing_as(
        settings: Settings,
        secrets: SecretsManager,
        credentials: AwsCredentials,
        clock: Clock,
    ) -> Self {
        let iam_tokens = IamTokens { credentials, clock };
        let (random, pool) = (Random::System, Mutex::default());
        Self(Arc::new(Inner { settings, secrets, iam_tokens, random, pool }))
    }

    /// Connects ahead of the first statement, as far as the database can be reached.
    pub async fn warm_up(&self) -> Result<(), Error> {
        let mut turn = Turn::of(self);
        loop {
            match turn.connection().await {
                Err(error) => turn.again_after(error).await?,
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Closes the connections that nobody uses. The next statement makes another.
    pub async fn release(&self) {
        if let Some(pool) = self.held() {
            pool.retain(|_, _| false);
            // What drives them ends when it is next polled, and the container may be frozen soon.
            tokio::task::yield_now().await;
        }
    }

    /// A connection of its own, outside the pool, for what needs a session: migrations. Its
    /// driver must be polled beside it.
    pub async fn connect(&self) -> Result<(tokio_postgres::Client, Driver), Error> {
        let mut turn = Turn::of(self);
        loop {
            let pool = self.pool().await?;
            match Box::pin(pool.manager().connect()).await {
                Err(error) => {
                    self.forget(&pool, &error);
                    turn.again_after(error).await?;
                }
                Ok(connection) => return Ok(connection),
            }
        }
    }

    /// Runs a statement in one round trip, and again where a lost connection or a conflict
    /// stopped it, within the deadline. Every statement of ours may be repeated.
    pub async fn rows(&self, sql: &Sql, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Error> {
        let mut turn = Turn::of(self);
        loop {
            match turn.ask(sql, parameters).await {
                Err(error) => turn.again_after(error).await?,
                Ok(rows) => return Ok(rows),
            }
        }
    }

    /// Like [`Database::rows`], for a statement that gives one row at most.
    pub async fn row(&self, sql: &Sql, parameters: &[Parameter<'_>]) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, parameters).await?.pop())
    }

    /// Chance, for the pauses between tries.
    pub(super) fn random(&self) -> &Random {
        &self.0.random
    }

    fn held(&self) -> Option<Pool> {
        self.0.pool.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The pool, which the first who asks makes.
    pub(super) async fn pool(&self) -> Result<Pool, Error> {
        if let Some(pool) = self.held() {
            return Ok(pool);
        }
        // Boxed, as all that is done once and not for each statement.
        Box::pin(async {
            let pool = self.make().await?;
            *self.0.pool.lock().unwrap_or_else(PoisonError::into_inner) = Some(pool.clone());
            Ok(pool)
        })
        .await
    }

    async fn make(&self) -> Result<Pool, Error> {
        let Settings { place, authorities, connect_within } = &self.0.settings;
        let (authorities, within) = (authorities.clone(), *connect_within);
        let connector = match place {
            Place::Known(config) => {
                Connector::new(Config::clone(config), authorities, None, within)
            }
            Place::Iam(config, entrance) => {
                let iam = (entrance.clone(), self.0.iam_tokens.clone());
                Connector::new(Config::clone(config), authorities, Some(iam), within)
            }
            Place::Secret { arn, defaults } => {
                let secret = self.0.secrets.read(arn, Stage::Current).await;
                let secret = secret.map_err(Error::Unreachable)?;
                let secret =
                    secret.ok_or_else(|| Error::Unreachable(format!("no secret {arn}")))?;
                let config = defaults.with_secret(&secret).ok_or_else(|| {
                    Error::Unreachable(format!(
                        "{arn} is no login as RDS writes it, or lacks a part"
                    ))
                })?;
                Connector::new(config, authorities, None, within)
            }
        };
        // A container serves one request at a time.
        Pool::builder(connector?)
            .max_size(1)
            .build()
            .map_err(|error| Error::Failed(error.to_string()))
    }

    /// Lets go of what may be as broken as what just failed: the idle connections, frozen with
    /// it or of the same server; or the login, changed since the secret was read.
    pub(super) fn forget(&self, pool: &Pool, error: &Error) {
        match error {
            Error::LoginRefused(_) if self.login_may_change() => {
                self.0.pool.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
            Error::Lost(_)
            | Error::ReadOnly(_)
            | Error::DeadlineExceeded
            | Error::ConnectTimedOut => {
                pool.retain(|_, _| false);
            }
            Error::LoginRefused(_)
            | Error::Unreachable(_)
            | Error::NoToken(_)
            | Error::Conflict(_)
            | Error::NotMigrated(_)
            | Error::NotGranted(_)
            | Error::NumbersExhausted(_)
            | Error::Failed(_) => {}
        }
    }

    /// How long a connect may take.
    pub(super) fn connect_within(&self) -> Duration {
        self.0.settings.connect_within
    }

    /// Whether the login may be another one once it is read again.
    pub(super) fn login_may_change(&self) -> bool {
        matches!(self.0.settings.place, Place::Secret { .. })
    }
}

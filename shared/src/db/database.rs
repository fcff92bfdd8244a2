//! Runs statements over the pool.

use std::sync::Arc;

use tokio_postgres::Row;

use super::attempt::Attempt;
use super::connector::Driver;
use super::error::Error;
use super::iam::IamTokens;
use super::lazy_pool::LazyPool;
use super::settings::Settings;
use super::sql::{Parameter, Sql};
use crate::aws::AwsCredentials;
use crate::clock::Clock;
use crate::secrets_manager::SecretsManager;

/// The database. Clones share one pool.
#[derive(Debug, Clone)]
pub struct Database(Arc<LazyPool>);

impl Database {
    /// Connects at the first statement.
    pub fn new(settings: Settings, secrets: SecretsManager) -> Self {
        Self::signing_as(settings, secrets, AwsCredentials::default(), Clock::System)
    }

    /// Like [`Database::new`], with these credentials and this clock for the tokens of
    /// `DATABASE_AUTH=iam`.
    pub(crate) fn signing_as(
        settings: Settings,
        secrets: SecretsManager,
        credentials: AwsCredentials,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(LazyPool::new(settings, secrets, IamTokens { credentials, clock })))
    }

    /// Connects before the first statement.
    pub async fn warm_up(&self) -> Result<(), Error> {
        let mut attempt = Attempt::of(&self.0);
        loop {
            match attempt.connection().await {
                Err(error) => attempt.again_after(error).await?,
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Closes idle connections. The next statement connects again.
    pub async fn release(&self) {
        if let Some(pool) = self.0.held() {
            pool.retain(|_, _| false);
            // Their drivers end at the next poll, which must happen before Lambda freezes the container.
            tokio::task::yield_now().await;
        }
    }

    /// A new connection outside the pool, for migrations, which need a session. The caller must poll
    /// its driver.
    pub async fn connect(&self) -> Result<(tokio_postgres::Client, Driver), Error> {
        let mut attempt = Attempt::of(&self.0);
        loop {
            let pool = self.0.pool().await?;
            match Box::pin(pool.manager().connect()).await {
                Err(error) => {
                    self.0.forget(&pool, &error);
                    attempt.again_after(error).await?;
                }
                Ok(connection) => return Ok(connection),
            }
        }
    }

    /// Runs a statement in one round trip, and again within the deadline if a lost connection or a
    /// conflict stopped it. Each of our statements may be repeated.
    pub async fn rows(&self, sql: &Sql, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Error> {
        let mut attempt = Attempt::of(&self.0);
        loop {
            match attempt.ask(sql, parameters).await {
                Err(error) => attempt.again_after(error).await?,
                Ok(rows) => return Ok(rows),
            }
        }
    }

    /// Like [`Database::rows`], for a statement with at most one row.
    pub async fn row(&self, sql: &Sql, parameters: &[Parameter<'_>]) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, parameters).await?.pop())
    }
}

//! Connections, and a statement's way over them.

use std::sync::Arc;

use tokio_postgres::Row;

use super::connector::Driver;
use super::error::Error;
use super::iam::IamTokens;
use super::lazy_pool::LazyPool;
use super::settings::Settings;
use super::sql::{Parameter, Sql};
use super::turn::Turn;
use crate::aws::AwsCredentials;
use crate::clock::Clock;
use crate::secrets_manager::SecretsManager;

/// The database. Clones share one pool.
#[derive(Debug, Clone)]
pub struct Database(Arc<LazyPool>);

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
        Self(Arc::new(LazyPool::new(settings, secrets, IamTokens { credentials, clock })))
    }

    /// Connects ahead of the first statement, as far as the database can be reached.
    pub async fn warm_up(&self) -> Result<(), Error> {
        let mut turn = Turn::of(&self.0);
        loop {
            match turn.connection().await {
                Err(error) => turn.again_after(error).await?,
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Closes the connections that nobody uses. The next statement makes another.
    pub async fn release(&self) {
        if let Some(pool) = self.0.held() {
            pool.retain(|_, _| false);
            // What drives them ends when it is next polled, and the container may be frozen soon.
            tokio::task::yield_now().await;
        }
    }

    /// A connection of its own, outside the pool, for what needs a session: migrations. Its
    /// driver must be polled beside it.
    pub async fn connect(&self) -> Result<(tokio_postgres::Client, Driver), Error> {
        let mut turn = Turn::of(&self.0);
        loop {
            let pool = self.0.pool().await?;
            match Box::pin(pool.manager().connect()).await {
                Err(error) => {
                    self.0.forget(&pool, &error);
                    turn.again_after(error).await?;
                }
                Ok(connection) => return Ok(connection),
            }
        }
    }

    /// Runs a statement in one round trip, and again where a lost connection or a conflict
    /// stopped it, within the deadline. Every statement of ours may be repeated.
    pub async fn rows(&self, sql: &Sql, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Error> {
        let mut turn = Turn::of(&self.0);
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
}

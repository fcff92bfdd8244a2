//! The attempts of one query, and their deadline.

use std::time::Duration;

use deadpool::managed::Object;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::Row;

use super::connector::Connector;
use super::error::Error;
use super::lazy_pool::{LazyPool, Pool};
use super::retries::Retries;
use super::sql::{Parameter, Sql};

/// The time budget of one query in addition to a connect: reading the secret, the statement, retries,
/// pauses, cancellation.
const BEYOND_CONNECT: Duration = Duration::from_secs(2);

/// The part of [`BEYOND_CONNECT`] reserved for cancelling a statement and for a busy machine.
const CANCELLING: Duration = Duration::from_millis(750);

/// The longest time of a statement before it is cancelled.
const CANCELLED_AFTER: Duration = Duration::from_millis(4_250);

/// The timeout of a statement over a connection that was idle, before it is retried over a new one: a
/// firewall drops a forgotten connection silently. The rest of a second is enough to connect.
const PATIENCE: Duration = Duration::from_millis(400);

/// The attempts of one query.
pub(super) struct Attempt<'a> {
    database: &'a LazyPool,
    until: Instant,
    retries: Retries,
}

impl<'a> Attempt<'a> {
    /// The deadline counts from now.
    pub(super) fn of(database: &'a LazyPool) -> Self {
        let until = Instant::now() + database.connect_within() + BEYOND_CONNECT - CANCELLING;
        Self { database, until, retries: Retries::new(database.login_may_change()) }
    }

    /// Waits before the next attempt; fails with the error if there is none.
    pub(super) async fn again_after(&mut self, error: Error) -> Result<(), Error> {
        match self.retries.pause_after(&error, self.database.random()) {
            Some(Duration::ZERO) => Ok(()),
            Some(pause) if Instant::now() + pause < self.until => {
                sleep(pause).await;
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// A connection that isn't known to be lost, with its pool.
    pub(super) async fn connection(&self) -> Result<(Pool, Object<Connector>), Error> {
        let connecting = async {
            let pool = self.database.pool().await?;
            match pool.get().await.map_err(Error::from) {
                Ok(connection) => Ok((pool, connection)),
                Err(error) => {
                    self.database.forget(&pool, &error);
                    Err(error)
                }
            }
        };
        timeout_at(self.until, connecting).await.unwrap_or(Err(Error::DeadlineExceeded))
    }

    /// Sends a statement once.
    pub(super) async fn ask(
        &self,
        sql: &Sql,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Error> {
        let (pool, mut connection) = self.connection().await?;
        let last = self.until.min(Instant::now() + CANCELLED_AFTER);
        let until = if connection.has_rested { last.min(Instant::now() + PATIENCE) } else { last };
        connection.is_asking = true;
        let query = connection.query_typed(sql.text(), parameters);
        let Ok(answer) = timeout_at(until, query).await else {
            return Err(Box::pin(self.give_up(pool, connection, until == last)).await);
        };
        connection.is_asking = false;
        drop(connection);
        answer.map_err(|error| {
            let error = error.into();
            self.database.forget(&pool, &error);
            error
        })
    }

    /// Discards a connection that hasn't answered, and cancels its statement.
    async fn give_up(&self, pool: Pool, connection: Object<Connector>, is_last: bool) -> Error {
        let token = connection.cancel_token();
        // The answer may still arrive: no other statement may use the connection.
        drop(Object::take(connection));
        self.database.forget(&pool, &Error::DeadlineExceeded);
        if is_last {
            pool.manager().cancel(token).await;
            return Error::DeadlineExceeded;
        }
        // If the statement itself is slow, it would delay the next attempt.
        tokio::spawn(async move { pool.manager().cancel(token).await });
        Error::Lost("no answer over a connection that had rested".into())
    }
}

//! One who asks: until when, and how often.

use std::time::Duration;

use deadpool::managed::Object;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::Row;

use super::connector::Connector;
use super::error::Error;
use super::lazy_pool::{LazyPool, Pool};
use super::sql::{Parameter, Sql};
use super::tries::Tries;

/// How much longer than a connect all of a query may take at the latest: the secret, the connect,
/// the statement, the pauses between tries, cancelling it at the end.
const REST_OF_A_TURN: Duration = Duration::from_secs(2);

/// What of that is for cancelling a statement, and for a busy machine.
const CANCELLING: Duration = Duration::from_millis(750);

/// When a statement is cancelled at the latest.
const CANCELLED_AFTER: Duration = Duration::from_millis(4_250);

/// How long a connection that has rested may keep silent before the statement goes over a new
/// one: a firewall that has forgotten a connection says nothing. Enough is left of a second to
/// connect in.
const PATIENCE: Duration = Duration::from_millis(400);

/// One who asks.
pub(super) struct Turn<'a> {
    database: &'a LazyPool,
    until: Instant,
    tries: Tries,
}

impl<'a> Turn<'a> {
    /// Begins now.
    pub(super) fn of(database: &'a LazyPool) -> Self {
        let until = Instant::now() + database.connect_within() + REST_OF_A_TURN - CANCELLING;
        Self { database, until, tries: Tries::new(database.login_may_change()) }
    }

    /// Waits until it is time to ask again, or gives the error back if it isn't asked again.
    pub(super) async fn again_after(&mut self, error: Error) -> Result<(), Error> {
        match self.tries.pause_after(&error, self.database.random()) {
            Some(Duration::ZERO) => Ok(()),
            Some(pause) if Instant::now() + pause < self.until => {
                sleep(pause).await;
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// A connection that isn't known to be lost, and its pool.
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

    /// Throws away a connection that hasn't answered, and cancels what it was asked.
    async fn give_up(&self, pool: Pool, connection: Object<Connector>, is_last: bool) -> Error {
        let token = connection.cancel_token();
        // Its answer may still come: nobody else may read it as theirs.
        drop(Object::take(connection));
        self.database.forget(&pool, &Error::DeadlineExceeded);
        if is_last {
            pool.manager().cancel(token).await;
            return Error::DeadlineExceeded;
        }
        // The statement itself may be what takes so long: it would be in the way of the next try.
        tokio::spawn(async move { pool.manager().cancel(token).await });
        Error::Lost("no answer over a connection that had rested".into())
    }
}

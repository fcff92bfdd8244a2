//! One who asks: until when, and how often.

use std::time::Duration;

use deadpool::managed::Object;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::Row;

use super::connector::Connector;
use super::database::{Database, Parameter, Pool};
use super::error::Error;
use super::sql::Sql;
use super::tries::Tries;

/// When whoever asks has an answer or a failure at the latest, whatever it is that takes so long:
/// the secret, a connection, the statement, the pauses between tries, cancelling it at the end.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);

/// When a statement is cancelled: in time for the cancelling, and for a busy machine.
const CANCELLED_AFTER: Duration = Duration::from_millis(4_250);

/// How long a connection that has rested may keep silent before the statement goes over a new
/// one: a firewall that has forgotten a connection says nothing. Enough is left of a second to
/// connect in.
const PATIENCE: Duration = Duration::from_millis(400);

/// One who asks.
pub(super) struct Turn<'a> {
    database: &'a Database,
    until: Instant,
    tries: Tries,
}

impl<'a> Turn<'a> {
    /// Begins now.
    pub(super) fn of(database: &'a Database) -> Self {
        let until = Instant::now() + CANCELLED_AFTER;
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
        let until = if connection.has_rested {
            self.until.min(Instant::now() + PATIENCE)
        } else {
            self.until
        };
        connection.is_asking = true;
        let query = connection.query_typed(sql.text(), parameters);
        let Ok(answer) = timeout_at(until, query).await else {
            return Err(Box::pin(self.give_up(pool, connection, until)).await);
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
    async fn give_up(&self, pool: Pool, connection: Object<Connector>, until: Instant) -> Error {
        let token = connection.cancel_token();
        // Its answer may still come: nobody else may read it as theirs.
        drop(Object::take(connection));
        self.database.forget(&pool, &Error::DeadlineExceeded);
        if until == self.until {
            pool.manager().cancel(token).await;
            return Error::DeadlineExceeded;
        }
        // The statement itself may be what takes so long: it would be in the way of the next try.
        tokio::spawn(async move { pool.manager().cancel(token).await });
        Error::Lost("no answer over a connection that had rested".into())
    }
}

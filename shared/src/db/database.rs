//! Runs statements over the pool: each is an attempt, retried within a deadline.

use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::Object;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::Row;

use super::error::Error;
use super::iam::IamTokens;
use super::pool::{Connector, Driver, LazyPool, Pool};
use super::settings::Settings;
use super::sql::{Parameter, Sql};
use crate::aws::AwsCredentials;
use crate::clock::Clock;
use crate::random::Random;
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

    /// Like [`Database::rows`], for a statement that always has a row.
    pub async fn only_row(&self, sql: &Sql, parameters: &[Parameter<'_>]) -> Result<Row, Error> {
        self.row(sql, parameters).await?.ok_or_else(no_row)
    }
}

/// The error of a statement that should have had a row.
pub(super) fn no_row() -> Error {
    Error::Failed("a function without a row".into())
}

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
struct Attempt<'a> {
    database: &'a LazyPool,
    until: Instant,
    retries: Retries,
}

impl<'a> Attempt<'a> {
    /// The deadline counts from now.
    fn of(database: &'a LazyPool) -> Self {
        let until = Instant::now() + database.connect_within() + BEYOND_CONNECT - CANCELLING;
        Self { database, until, retries: Retries::new(database.login_may_change()) }
    }

    /// Waits before the next attempt; fails with the error if there is none.
    async fn again_after(&mut self, error: Error) -> Result<(), Error> {
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
    async fn connection(&self) -> Result<(Pool, Object<Connector>), Error> {
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
    async fn ask(&self, sql: &Sql, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Error> {
        let (pool, mut connection) = self.connection().await?;
        let last = self.until.min(Instant::now() + CANCELLED_AFTER);
        let until =
            if connection.has_rested() { last.min(Instant::now() + PATIENCE) } else { last };
        connection.is_asking = true;
        let query = connection.query_typed(sql.text(), parameters);
        let Ok(answer) = timeout_at(until, query).await else {
            return Err(Box::pin(self.give_up(pool, connection, until == last)).await);
        };
        connection.is_asking = false;
        connection.answered_at = Instant::now();
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

/// The remaining retries. Each kind of failure has its own, since one may follow another: a changed
/// password shows only after a connection is lost.
#[derive(Debug)]
struct Retries {
    conflict: Failures,
    login: Failures,
    lost: Failures,
    read_only: Failures,
}

/// The failures of one kind.
#[derive(Debug)]
struct Failures {
    so_far: u32,
    /// The failure of this number isn't retried.
    most: u32,
    /// From this failure on, a pause precedes the retry.
    pause_from: u32,
}

impl Failures {
    const fn up_to(most: u32, pause_from: u32) -> Self {
        Self { so_far: 0, most, pause_from }
    }
}

/// The longest first pause; each further one may be twice as long.
const PAUSE: Duration = Duration::from_millis(25);

impl Retries {
    /// `login_may_change`: the login's secret can be read again.
    const fn new(login_may_change: bool) -> Self {
        Self {
            // PostgreSQL asks for a retry, which without a pause may conflict with the same
            // transaction.
            conflict: Failures::up_to(3, 1),
            login: Failures::up_to(if login_may_change { 2 } else { 1 }, u32::MAX),
            // The first retry is for a connection lost silently, the others for a network or a pooler
            // that cuts repeatedly.
            lost: Failures::up_to(5, 2),
            // The host name may resolve to another server by now.
            read_only: Failures::up_to(2, u32::MAX),
        }
    }

    /// The pause before the retry after this failure; `None` if there is none. It is a random part of
    /// a growing time, so that statements that failed together aren't retried together.
    /// <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>
    fn pause_after(&mut self, error: &Error, random: &Random) -> Option<Duration> {
        let failures = match error {
            Error::Conflict(_) => &mut self.conflict,
            Error::LoginRefused(_) => &mut self.login,
            Error::Lost(_) => &mut self.lost,
            Error::ReadOnly(_) => &mut self.read_only,
            Error::Unreachable(_)
            | Error::NoToken(_)
            | Error::DeadlineExceeded
            | Error::ConnectTimedOut
            | Error::NotMigrated(_)
            | Error::NotGranted(_)
            | Error::NumbersExhausted(_)
            | Error::Failed(_) => return None,
        };
        failures.so_far += 1;
        if failures.so_far >= failures.most {
            None
        } else if failures.so_far < failures.pause_from {
            Some(Duration::ZERO)
        } else {
            let longest = PAUSE * (1 << (failures.so_far - failures.pause_from));
            let [part, ..] = random.bytes();
            Some(longest * u32::from(part) / u32::from(u8::MAX))
        }
    }
}

#[cfg(test)]
mod tests;

//! A transaction beside an app that goes on.

use std::time::Duration;

use shared::{Random, db};
use tokio::time::sleep;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::step::Lock;

/// How long a brief transaction waits for a lock, in milliseconds, at its first attempts and at
/// all later ones. Whoever comes meanwhile waits behind it, once for each table. Less than
/// PostgreSQL's `deadlock_timeout` of a second: where we and the app wait for each other, we are
/// the one that gives way.
const LOCK_WAITS: [u32; 4] = [100, 200, 300, 400];

/// How many attempts it has, about two minutes in all.
const ATTEMPTS: usize = 90;

/// Why a step isn't done.
#[derive(Debug)]
pub(super) enum Failure {
    /// Somebody held a lock all the time; the processes that have been at it longest.
    Locked(Vec<i32>),
    /// The rows don't allow it.
    Rows(db::Error),
    /// Anything else.
    Database(db::Error),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let violated = error.code().is_some_and(|code| code.code().starts_with("23"));
        let error = error.into();
        if violated { Self::Rows(error) } else { Self::Database(error) }
    }
}

/// One message, so that no lock is held over a round trip.
pub(super) async fn brief(
    client: &Client,
    lock: Lock,
    tables: &[&str],
    sql: &str,
) -> Result<(), Failure> {
    // Sends autovacuum away, and keeps it away, while nobody else has to wait.
    let first = format!("LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE", tables.join(", "));
    let locks: Vec<_> =
        tables.iter().map(|table| format!("LOCK TABLE {table} IN {} MODE;", lock.mode())).collect();
    let locks = locks.join(" ");
    let last = LOCK_WAITS[LOCK_WAITS.len() - 1];
    for wait in LOCK_WAITS.into_iter().chain(std::iter::repeat(last)).take(ATTEMPTS) {
        let text = format!(
            "SET LOCAL lock_timeout = '5s'; {first}; SET LOCAL lock_timeout = {wait}; {locks} {sql}"
        );
        match client.batch_execute(&text).await {
            Err(error) if is_locked(&error) => pause().await,
            done => return Ok(done?),
        }
    }
    Err(Failure::Locked(oldest(client).await?))
}

/// Whether others held a lock, or we and they waited for each other.
fn is_locked(error: &tokio_postgres::Error) -> bool {
    let code = error.code();
    [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED]
        .iter()
        .any(|it| code == Some(it))
}

/// Half a second to one and a half: those who have waited behind us come first.
async fn pause() {
    let [byte, ..] = Random::System.bytes();
    sleep(Duration::from_millis(500 + 4 * u64::from(byte))).await;
}

/// Runs what stops no read and no write of a row.
pub(super) async fn long(client: &Client, sql: &str) -> Result<(), Failure> {
    match client.batch_execute(sql).await {
        Err(error) if is_locked(&error) => Err(Failure::Locked(oldest(client).await?)),
        done => Ok(done?),
    }
}

/// Whose transactions are the oldest: it is most likely they who hold the lock.
async fn oldest(client: &Client) -> Result<Vec<i32>, Failure> {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
               AND pid <> pg_backend_pid() AND xact_start IS NOT NULL \
               ORDER BY xact_start LIMIT 3";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

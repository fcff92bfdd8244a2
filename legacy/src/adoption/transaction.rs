//! Transactions that run beside the legacy app.

use std::time::Duration;

use shared::{Random, db};
use tokio::time::sleep;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::step::Lock;

/// The `lock_timeout` of the first attempts of a brief transaction, in milliseconds; the last one is
/// that of all later attempts. Other sessions queue behind the waiting lock, once for each table.
/// All are below PostgreSQL's `deadlock_timeout` of one second, so in a deadlock with the legacy app
/// our attempt ends first.
const LOCK_WAITS: [u32; 4] = [100, 200, 300, 400];

/// The most attempts of a brief transaction, about two minutes in all.
const ATTEMPTS: usize = 90;

/// Why a step failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Other transactions held a lock all the time: the process ids of the oldest.
    Locked(Vec<i32>),
    /// Rows violate a constraint.
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

/// Runs a brief transaction in one message, so that it holds no lock over a round trip.
pub(super) async fn brief(
    client: &Client,
    lock: Lock,
    tables: &[&str],
    sql: &str,
) -> Result<(), Failure> {
    // This lock cancels autovacuum and keeps it out, but blocks no read and no write of rows.
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

/// Whether the wait for a lock timed out or ended in a deadlock.
fn is_locked(error: &tokio_postgres::Error) -> bool {
    let code = error.code();
    [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED]
        .iter()
        .any(|it| code == Some(it))
}

/// Waits 0.5 to 1.5 s, so that sessions queued behind our lock go first.
async fn pause() {
    let [byte, ..] = Random::System.bytes();
    sleep(Duration::from_millis(500 + 4 * u64::from(byte))).await;
}

/// Runs SQL that blocks no read and no write of a row.
pub(super) async fn long(client: &Client, sql: &str) -> Result<(), Failure> {
    match client.batch_execute(sql).await {
        Err(error) if is_locked(&error) => Err(Failure::Locked(oldest(client).await?)),
        done => Ok(done?),
    }
}

/// The processes with the oldest transactions, which most likely hold the lock.
async fn oldest(client: &Client) -> Result<Vec<i32>, Failure> {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
               AND pid <> pg_backend_pid() AND xact_start IS NOT NULL \
               ORDER BY xact_start LIMIT 3";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

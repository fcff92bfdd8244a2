//! Transactions that run beside the legacy app.

use shared::db;
use shared::db::locks::{ATTEMPTS, holders, is_locked, pause};
use tokio_postgres::Client;

use super::step::Lock;

/// The `lock_timeout` of the first attempts of a brief transaction, in milliseconds; the last one is
/// that of all later attempts. Other sessions queue behind the waiting lock, once for each table.
/// All are below PostgreSQL's `deadlock_timeout` of one second, so in a deadlock with the legacy app
/// our attempt ends first.
const LOCK_WAITS: [u32; 4] = [100, 200, 300, 400];

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
    Err(Failure::Locked(holders(client).await?))
}

/// Runs SQL that blocks no read and no write of a row.
pub(super) async fn long(client: &Client, sql: &str) -> Result<(), Failure> {
    match client.batch_execute(sql).await {
        Err(error) if is_locked(&error) => Err(Failure::Locked(holders(client).await?)),
        done => Ok(done?),
    }
}

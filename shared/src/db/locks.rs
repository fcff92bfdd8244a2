//! Waits for the locks of changes to the schema, beside the functions and the legacy app.

use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::random::Random;

/// The most attempts of a transaction that waits 0.4 s for its locks: about two minutes in all.
pub const ATTEMPTS: usize = 90;

/// Whether the wait for a lock timed out or ended in a deadlock.
pub fn is_locked(error: &tokio_postgres::Error) -> bool {
    let code = error.code();
    [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED]
        .iter()
        .any(|it| code == Some(it))
}

/// Waits 0.5 to 1.5 s, so that sessions queued behind our lock go first.
pub async fn pause() {
    let [byte, ..] = Random::System.bytes();
    sleep(Duration::from_millis(500 + 4 * u64::from(byte))).await;
}

/// The processes with the oldest transactions, which most likely hold the lock.
pub async fn holders(client: &Client) -> Result<Vec<i32>, tokio_postgres::Error> {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
               AND pid <> pg_backend_pid() AND xact_start IS NOT NULL \
               ORDER BY xact_start LIMIT 3";
    let rows = client.query(sql, &[]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// What keeps a migration from its locks, and the operator's way out: the end of a sentence.
pub fn held_by(holders: &[i32]) -> String {
    let pids: Vec<_> = holders.iter().map(ToString::to_string).collect();
    format!(
        "other transactions keep the tables locked, the oldest those of the processes {}. \
         Completed steps stay: end these transactions or wait, then migrate again",
        pids.join(", ")
    )
}

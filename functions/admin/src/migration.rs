//! The schema, step by step, by one at a time.

use refinery_core::{Migration, Runner};
use shared::db::{self, Database};
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::refusal::Refusal;

/// The files of `migrations/`, as `build.rs` has read them.
const MIGRATIONS: &str = include_str!(concat!(env!("OUT_DIR"), "/migrations.json"));

/// The advisory lock of all migrations: "latchkey" in ASCII.
const LOCK: i64 = i64::from_be_bytes(*b"latchkey");

/// Holds the lock, by a connection of its own, until it is released or dropped.
pub(crate) struct Lock {
    client: Client,
    driver: JoinHandle<()>,
}

impl Lock {
    async fn acquire(database: &Database) -> Result<Self, Refusal> {
        let (client, driver) = database.connect().await?;
        let lock = Self { client, driver: tokio::spawn(driver) };
        lock.client
            .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
            .await
            .map_err(db::Error::from)?;
        Ok(lock)
    }

    /// The session that holds it.
    pub(crate) const fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Ends the session, and the lock with it.
    pub(crate) async fn release(self) {
        drop(self.client);
        // The driver ends when the server has heard of it.
        let _ = self.driver.await;
    }
}

/// Applies what is missing, each migration in a transaction of its own, and returns their names.
/// The lock is still held.
pub(crate) async fn apply(database: &Database) -> Result<(Vec<String>, Lock), Refusal> {
    let mut lock = Lock::acquire(database).await?;
    let report = Runner::new(&migrations()?).run_async(&mut lock.client).await;
    let report = report.map_err(|error| Refusal::Migration(cause(&error)))?;
    let applied = report.applied_migrations().iter().map(ToString::to_string).collect();
    Ok((applied, lock))
}

fn migrations() -> Result<Vec<Migration>, Refusal> {
    serde_json::from_str(MIGRATIONS).map_err(|error| Refusal::Migration(error.to_string()))
}

/// What the operator needs of refinery's error: which migration, and PostgreSQL's own words,
/// which hold names of tables and no rows here.
fn cause(error: &refinery_core::Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(deeper) = source {
        words = format!("{words}: {deeper}");
        source = deeper.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_those_of_the_folder() {
        let files = refinery_core::load_sql_migrations("../../migrations").unwrap();
        let embedded = migrations().unwrap();
        assert!(!files.is_empty());
        assert_eq!(embedded, files); // version, name, checksum
        let text = |migrations: &[Migration]| format!("{migrations:?}"); // and the SQL
        assert_eq!(text(&embedded), text(&files));
    }
}

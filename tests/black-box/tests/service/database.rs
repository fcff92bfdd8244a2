//! Changes that no request can make: a deleted row, a foreign hash.

use std::error::Error;
use std::io;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};

/// The service's database.
pub(crate) struct Database {
    url: String,
}

impl Database {
    /// The database at this URL; each statement opens a connection.
    pub(crate) const fn new(url: String) -> Self {
        Self { url }
    }

    /// Runs a statement.
    #[track_caller]
    pub(crate) fn query(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<Row> {
        match self.try_query(sql, parameters) {
            Ok(rows) => rows,
            Err(error) => panic!("{sql}: {error}: {:?}", error.source()),
        }
    }

    fn try_query(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut config: Config = self.url.parse()?;
            // Still writes while a check has made all other sessions read-only.
            config.options("-c default_transaction_read_only=off");
            let (client, connection) = config.connect(NoTls).await?;
            let connection = tokio::spawn(connection);
            let rows = client.query(sql, parameters).await?;
            drop(client);
            connection.await??;
            Ok(rows)
        })
    }

    /// The number that a query selects.
    #[track_caller]
    pub(crate) fn count(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> i64 {
        self.query(sql, parameters)[0].get(0)
    }

    /// Terminates all connections but this one, so that the service reconnects.
    #[track_caller]
    pub(crate) fn drop_connections(&self) {
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
            &[],
        );
    }

    /// Stops the server as a crash would, and waits until it has ended.
    #[track_caller]
    pub(crate) fn crash(&self) {
        let rows = self.query("SELECT pg_read_file('postmaster.pid')", &[]);
        let file: String = rows[0].get(0);
        let pid = file.lines().next().expect("its process");
        let ended = Command::new("kill").args(["-QUIT", pid]).status().expect("kill starts");
        assert!(ended.success());
        // The listening process outlives the others, so a statement may still succeed.
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.listens() {
            assert!(Instant::now() < deadline, "the server doesn't end");
            thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn listens(&self) -> bool {
        let Err(error) = self.try_query("SELECT 1", &[]) else { return true };
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        let gone = [io::ErrorKind::ConnectionRefused, io::ErrorKind::NotFound];
        !cause.is_some_and(|cause| gone.contains(&cause.kind()))
    }

    /// The user's id.
    #[track_caller]
    pub(crate) fn id_of(&self, username: &str) -> i32 {
        self.query("SELECT id FROM users WHERE username = $1", &[&username])[0].get(0)
    }

    /// The user's stored password hash.
    #[track_caller]
    pub(crate) fn hash_of(&self, username: &str) -> Option<String> {
        self.query("SELECT password FROM users WHERE username = $1", &[&username])[0].get(0)
    }

    /// Replaces the user's stored password hash.
    #[track_caller]
    pub(crate) fn set_hash(&self, username: &str, hash: Option<&str>) {
        self.query("UPDATE users SET password = $2 WHERE username = $1", &[&username, &hash]);
    }

    /// Deletes the user.
    #[track_caller]
    pub(crate) fn delete(&self, username: &str) {
        self.query("DELETE FROM users WHERE username = $1", &[&username]);
    }
}

//! Migrations of the schema. An advisory lock keeps out a second run.

use std::collections::BTreeMap;
use std::time::Duration;

use own_routes::OwnRoutes;
use refinery_core::{Migration, Runner, Target};
use serde::Serialize;
use shared::db::{self, Database, locks};
use shared::{NumericDate, functions::logins};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_postgres::Client;

#[cfg(not(feature = "legacy"))]
use crate::no_adoption as adoption;
use crate::refusal::Refusal;
use crate::{in_the_way, own_roles, user_ids};
use adoption::Kind;
#[cfg(feature = "legacy")]
use legacy::adoption;

/// The files of `migrations/`, read by `build.rs`.
const MIGRATIONS: &str = include_str!(concat!(env!("OUT_DIR"), "/migrations.json"));

/// The advisory lock of all migrations: "latchkey" in ASCII.
const LOCK: i64 = i64::from_be_bytes(*b"latchkey");

/// The interval between attempts to take the lock. One statement that waited for the lock would hold
/// a snapshot all the time, and `CREATE INDEX CONCURRENTLY` in the other run waits for older snapshots:
/// the two runs would wait for each other.
const ASKING: Duration = Duration::from_millis(100);

/// The `lock_timeout`, in seconds, of statements that block no read and no write. They wait until
/// earlier transactions have ended.
const LOCK_SECONDS: u32 = 240;

/// The report of a migration.
pub(crate) struct Done {
    /// The steps of the adoption, in words.
    pub(crate) adopted: Vec<String>,
    /// The names of the applied migrations, and a step for functions that were created again.
    pub(crate) applied: Vec<String>,
}

/// The report of a dry run.
#[derive(Serialize)]
pub(crate) struct Check {
    /// The program that the database belongs to.
    database: Kind,
    /// The steps of a run, in words and in order.
    steps: Vec<String>,
    /// What prevents a run, each as a sentence.
    obstacles: Vec<String>,
    /// What a run leaves as it is and the operator should know.
    notes: Vec<String>,
    /// How many users can still sign up; `None` if there is no table yet.
    user_ids_left: Option<i64>,
}

/// Holds the lock, by a connection of its own, until it is released or dropped.
pub(crate) struct Lock {
    client: Client,
    driver: JoinHandle<()>,
}

impl Lock {
    /// Connects, and waits for the lock.
    pub(crate) async fn acquire(database: &Database) -> Result<Self, Refusal> {
        let (client, driver) = database.connect().await?;
        let lock = Self { client, driver: tokio::spawn(driver) };
        set_limits(&lock.client).await?;
        while !lock.is_taken().await? {
            sleep(ASKING).await;
        }
        Ok(lock)
    }

    async fn is_taken(&self) -> Result<bool, db::Error> {
        let row = self.client.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await?;
        Ok(row.try_get(0)?)
    }

    /// The session that holds the lock.
    pub(crate) const fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Ends the session and thereby the lock.
    pub(crate) async fn release(self) {
        drop(self.client);
        // The driver ends once the server has been notified.
        let _ = self.driver.await;
    }
}

/// Adopts a database of the legacy app, applies the missing migrations, each in its own transaction,
/// and creates missing functions again. The caller releases the lock.
pub(crate) async fn apply(database: &Database, now: NumericDate) -> Result<(Done, Lock), Refusal> {
    let mut lock = Lock::acquire(database).await?;
    let migrations = migrations()?;
    let to_apply = pending(&lock.client, &migrations).await?;
    let obstacles = obstacles(&lock.client, &to_apply).await?;
    if !obstacles.is_empty() {
        return Err(Refusal::InTheWay(obstacles));
    }
    let adopted = adoption::adopt(&mut lock.client, now).await?;
    if adopted.is_some() {
        // An adopted database has V1's tables already, so V1 is recorded as applied without a run.
        let first = Runner::new(&migrations).set_target(Target::FakeVersion(1));
        let recorded = first.run_async(&mut lock.client).await;
        recorded.map_err(|error| Refusal::Migration(cause(&error)))?;
    }
    let pending = pending(&lock.client, &migrations).await?;
    let mut applied: Vec<_> = pending.iter().map(ToString::to_string).collect();
    run(&mut lock.client, &migrations).await?;
    let missing = missing_routines(&lock.client).await?;
    for migration in makers(&Vec::from_iter(&migrations), &missing) {
        let sql = migration.sql().unwrap_or_default();
        lock.client.batch_execute(sql).await?;
        applied.push(make(migration));
    }
    Ok((Done { adopted: adopted.unwrap_or_default(), applied }, lock))
}

/// Applies the missing migrations. One that waits too long for a lock is repeated, so that what is
/// queued behind it goes first.
async fn run(client: &mut Client, migrations: &[Migration]) -> Result<(), Refusal> {
    let runner = Runner::new(migrations);
    for _ in 0..locks::ATTEMPTS {
        match runner.run_async(client).await {
            Ok(_) => return Ok(()),
            Err(error) if is_locked(&error) => locks::pause().await,
            Err(error) => return Err(Refusal::Migration(cause(&error))),
        }
    }
    Err(Refusal::Migration(locks::held_by(&locks::holders(client).await?)))
}

fn is_locked(error: &refinery_core::Error) -> bool {
    std::error::Error::source(error).and_then(|it| it.downcast_ref()).is_some_and(locks::is_locked)
}

/// Reports what [`apply`] would do. Takes no lock and writes nothing.
pub(crate) async fn check(
    database: &Database,
    own_routes: &OwnRoutes,
    now: NumericDate,
) -> Result<Check, Refusal> {
    let (mut client, driver) = database.connect().await?;
    let driver = tokio::spawn(driver);
    set_limits(&client).await?;
    let adoption::Check { kind, mut obstacles, mut steps, mut notes } =
        adoption::check(&mut client, now).await?;
    let is_adopted = !steps.is_empty();
    let migrations = migrations()?;
    let pending = pending(&client, &migrations).await?;
    obstacles.extend(self::obstacles(&client, &pending).await?);
    let missing = missing_routines(&client).await?;
    let user_ids_left = user_ids::left(&client).await?;
    // With an obstacle, `roles` may be another program's, or not ours to read.
    if obstacles.is_empty() {
        notes.extend(own_roles::missing(&client, own_routes).await?);
    }
    drop(client);
    // The driver ends once the server has been notified.
    let _ = driver.await;
    if obstacles.is_empty() {
        let not_recorded = pending.iter().filter(|it| !is_adopted || it.version() != 1);
        steps.extend(not_recorded.map(|migration| format!("apply {migration}")));
        let makers = makers(&Vec::from_iter(&migrations), &missing);
        steps.extend(makers.into_iter().filter(|it| !pending.contains(it)).map(make));
    }
    Ok(Check { database: kind, steps, obstacles, notes, user_ids_left })
}

/// Overrides the timeouts that a login or the server may set for the session.
async fn set_limits(client: &Client) -> Result<(), db::Error> {
    let sql = format!(
        "SELECT set_config(name, CASE name WHEN 'lock_timeout' THEN '{LOCK_SECONDS}s' ELSE '0' END, \
             false) FROM pg_settings \
         WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_session_timeout', \
             'idle_in_transaction_session_timeout', 'transaction_timeout')"
    );
    Ok(client.batch_execute(&sql).await?)
}

/// Our SQL functions that are missing, as in a copy made of the tables alone.
async fn missing_routines(client: &Client) -> Result<Vec<db::Routine>, db::Error> {
    let mut missing = logins::routines();
    let signatures: Vec<_> = missing.iter().map(db::Routine::signature).collect();
    let there = "SELECT to_regprocedure(t.signature) IS NOT NULL \
                 FROM unnest($1::text[]) WITH ORDINALITY AS t (signature, position) \
                 ORDER BY position";
    let rows = client.query(there, &[&signatures]).await?;
    let there: Vec<bool> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let mut there = there.into_iter();
    missing.retain(|_| there.next() == Some(false));
    Ok(missing)
}

/// The last migration that creates each of these functions. Such a migration only creates functions,
/// so it can be run again.
fn makers<'a>(migrations: &[&'a Migration], routines: &[db::Routine]) -> Vec<&'a Migration> {
    let makes = |migration: &Migration, routine: &db::Routine| {
        let making = format!("CREATE OR REPLACE FUNCTION {}(", routine.name);
        migration.sql().is_some_and(|sql| sql.contains(&making))
    };
    let last = |routine| migrations.iter().rfind(|migration| makes(migration, routine));
    let by_version: BTreeMap<_, _> =
        routines.iter().filter_map(last).map(|it| (it.version(), *it)).collect();
    by_version.into_values().collect()
}

/// What has a name that these migrations need, a sentence each.
async fn obstacles(client: &Client, pending: &[&Migration]) -> Result<Vec<String>, db::Error> {
    let mut routines = logins::routines();
    routines.retain(|routine| !makers(pending, &[*routine]).is_empty());
    let signatures: Vec<_> = routines.iter().map(db::Routine::signature).collect();
    in_the_way::obstacles(client, pending, &signatures).await
}

/// The step that runs such a migration again.
fn make(migration: &Migration) -> String {
    format!("make the functions of {migration}, which a dump of tables leaves out")
}

/// The migrations that aren't applied; all without refinery's table.
async fn pending<'a>(
    client: &Client,
    migrations: &'a [Migration],
) -> Result<Vec<&'a Migration>, db::Error> {
    let there = "SELECT EXISTS (SELECT FROM pg_attribute WHERE attname = 'version' \
                 AND attrelid = to_regclass('refinery_schema_history'))";
    let mut applied: Vec<i64> = Vec::new();
    if client.query_one(there, &[]).await?.try_get(0)? {
        let versions = "SELECT version::int8 FROM refinery_schema_history";
        let rows = client.query(versions, &[]).await?;
        applied = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    }
    Ok(migrations.iter().filter(|it| !applied.contains(&it.version().into())).collect())
}

/// The tables and functions that migrations create, in the form that `ALTER … OWNER TO` needs.
pub(crate) fn objects() -> Result<Vec<String>, Refusal> {
    let migrations = migrations()?;
    let lines = migrations.iter().filter_map(Migration::sql).flat_map(str::lines);
    let tables = lines.filter_map(|line| {
        let made = line.strip_prefix("CREATE TABLE ")?;
        made.trim_start_matches("IF NOT EXISTS ").split(' ').next()
    });
    let tables = tables.chain(["refinery_schema_history"]).map(|name| format!("TABLE {name}"));
    let routines = logins::routines().into_iter();
    let routines = routines.map(|routine| format!("FUNCTION {}", routine.signature()));
    Ok(tables.chain(routines).collect())
}

fn migrations() -> Result<Vec<Migration>, Refusal> {
    serde_json::from_str(MIGRATIONS).map_err(|error| Refusal::Migration(error.to_string()))
}

/// Refinery's error with its causes: the migration, and PostgreSQL's message, which here names
/// tables but shows no rows.
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

    #[test]
    fn the_page_on_moving_out_dumps_every_table() {
        let page = include_str!("../../../docs/move/out.md");
        let dumped = page.split("--table=").skip(1).filter_map(|it| it.split_whitespace().next());
        let mut dumped: Vec<_> = dumped.map(|name| format!("TABLE {name}")).collect();
        let mut tables = objects().unwrap();
        tables.retain(|it| it.starts_with("TABLE "));
        dumped.sort();
        tables.sort();
        assert_eq!(dumped, tables);
    }
}

//! Adopts the live database of the legacy app. Rows, ids and passwords stay.
//!
//! Each run derives its steps from the current state of the database, so the next run completes an
//! interrupted one.

mod catalog;
mod error;
mod fold;
mod mailbox_index;
mod names;
mod notes;
mod plan;
mod rows;
mod shape;
mod step;
mod transaction;
mod work;

use serde::Serialize;
use shared::db::locks;
use shared::{NumericDate, db};
use tokio_postgres::{Client, IsolationLevel};

use catalog::Catalog;
pub use error::Error;
use names::INDEXES;
use step::Step;
use transaction::Failure;

/// V1's name in refinery's history.
const FIRST_MIGRATION: &str = "users_and_roles";

/// How often the adoption plans again because the legacy app has changed rows meanwhile.
const ROUNDS: usize = 5;

/// The program that the database belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// None: no table of ours or of the legacy app exists.
    Empty,
    /// Latchkey: the first migration is on record.
    Latchkey,
    /// The legacy app, or an app made from it.
    App,
    /// Another program.
    Other,
}

/// The report of a dry run of [`adopt`].
#[derive(Debug)]
pub struct Check {
    /// The program that the database belongs to.
    pub kind: Kind,
    /// A sentence for each obstacle.
    pub obstacles: Vec<String>,
    /// The remaining steps, in words. The last one records the first migration as applied.
    pub steps: Vec<String>,
    /// What the adoption leaves as it is and the operator should know.
    pub notes: Vec<String>,
}

struct Findings {
    kind: Kind,
    obstacles: Vec<String>,
    steps: Vec<Step>,
    notes: Vec<String>,
}

/// Reports what [`adopt`] would do. Takes no lock and writes nothing.
pub async fn check(client: &mut Client, now: NumericDate) -> Result<Check, db::Error> {
    let Findings { kind, obstacles, steps, mut notes } = look(client, now).await?;
    let mut steps: Vec<_> = steps.into_iter().map(|step| step.words).collect();
    if kind == Kind::App && obstacles.is_empty() {
        let transaction = client.build_transaction().read_only(true).start().await?;
        notes.extend(notes::of_rows(&transaction).await?);
        transaction.rollback().await?;
        steps.push(format!("record V1__{FIRST_MIGRATION} as applied"));
    }
    Ok(Check { kind, obstacles, steps, notes })
}

async fn look(client: &mut Client, now: NumericDate) -> Result<Findings, db::Error> {
    let transaction = client.build_transaction().read_only(true);
    let transaction = transaction.isolation_level(IsolationLevel::RepeatableRead).start().await?;
    let names = INDEXES.iter().map(|(name, ..)| (*name).to_owned());
    let names = names.chain(["adoption", mailbox_index::NAME].map(str::to_owned));
    let catalog = Catalog::read(&transaction, &names.collect::<Vec<_>>()).await?;
    let kind = kind(&catalog);
    let mut findings = Findings { kind, obstacles: vec![], steps: vec![], notes: vec![] };
    match kind {
        Kind::Empty => findings.obstacles = shape::of_names(&catalog),
        Kind::Latchkey => {}
        Kind::Other => findings.obstacles.push(other(&catalog)),
        Kind::App => {
            findings.obstacles = shape::obstacles(&catalog);
            findings.notes = notes::of_catalog(&catalog);
            if findings.obstacles.is_empty() {
                let (counts, obstacles) = rows::read(&transaction, &catalog).await?;
                findings.obstacles = obstacles;
                findings.steps = plan::steps(&catalog, &counts, now);
            }
        }
    }
    transaction.rollback().await?;
    Ok(findings)
}

/// Runs the remaining steps and returns them in words; `None` if there is nothing to adopt. With an
/// obstacle it changes nothing.
pub async fn adopt(client: &mut Client, now: NumericDate) -> Result<Option<Vec<String>>, Error> {
    let mut done: Vec<String> = Vec::new();
    'rounds: for _ in 0..ROUNDS {
        let Findings { kind, obstacles, steps, .. } = look(client, now).await?;
        if !obstacles.is_empty() {
            return Err(Error::NotAdoptable { obstacles, begun: !done.is_empty() });
        }
        if steps.is_empty() {
            return Ok((kind == Kind::App).then_some(done));
        }
        for step in steps {
            match work::run(client, &step).await {
                Ok(()) => done.push(step.words),
                // The next round reports the row by its id, unless it is gone.
                Err(Failure::Rows(_)) => continue 'rounds,
                Err(failure) => return Err(stopped(&step, failure)),
            }
        }
    }
    let cause = "the legacy app changes the tables faster than the migration fixes them: try again";
    Err(Error::Stopped(cause.to_owned()))
}

fn stopped(step: &Step, failure: Failure) -> Error {
    match failure {
        Failure::Rows(error) | Failure::Database(error @ db::Error::Failed(_)) => {
            Error::Stopped(format!("at \"{}\", {error}", step.words))
        }
        Failure::Database(error) => Error::Database(error),
        Failure::Locked(pids) => {
            Error::Stopped(format!("at \"{}\", {}", step.words, locks::held_by(&pids)))
        }
    }
}

fn kind(catalog: &Catalog) -> Kind {
    if catalog.first_migration.as_deref() == Some(FIRST_MIGRATION) {
        Kind::Latchkey
    } else if catalog.users.as_ref().is_some_and(|users| users.column("username").is_some()) {
        Kind::App
    } else if catalog.tables().iter().all(|(_, table)| table.is_none()) {
        Kind::Empty
    } else {
        Kind::Other
    }
}

fn other(catalog: &Catalog) -> String {
    let there = catalog.tables().into_iter().filter_map(|(name, table)| table.map(|_| name));
    let there: Vec<_> = there.collect();
    format!("{} exists, but is neither Latchkey's nor the legacy app's", there.join(", "))
}

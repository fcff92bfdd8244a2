//! Replaces `legacy::adoption` in a build without that crate: every database is Latchkey's, and there
//! is nothing to adopt.
//!
//! It stays after `legacy/` is deleted, because the answers to `migrate` keep their fields: operators'
//! scripts read `adopted`, `database`, `obstacles` and `notes`.

#![expect(clippy::unused_async, reason = "an adoption waits for the database")]

use serde::Serialize;
use shared::{NumericDate, db};
use tokio_postgres::Client;

/// The program that the database belongs to.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Latchkey,
}

pub(crate) struct Check {
    pub(crate) kind: Kind,
    pub(crate) obstacles: Vec<String>,
    pub(crate) steps: Vec<String>,
    pub(crate) notes: Vec<String>,
}

pub(crate) async fn check(_: &mut Client, _: NumericDate) -> Result<Check, db::Error> {
    Ok(Check { kind: Kind::Latchkey, obstacles: vec![], steps: vec![], notes: vec![] })
}

pub(crate) async fn adopt(
    _: &mut Client,
    _: NumericDate,
) -> Result<Option<Vec<String>>, db::Error> {
    Ok(None)
}

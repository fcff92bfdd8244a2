//! The tables of the limits on attempts.

use shared::db::limits::{EMPTY, EMPTY_ROWS, ENSURE_PROOF_KEY};
use shared::db::{Database, Error};
use shared::{NumericDate, Random};
use tokio_postgres::types::Type;

/// The tables of the limits on attempts.
#[derive(Debug, Clone)]
pub(crate) struct Limits(Database);

impl Limits {
    /// The limits of this database.
    pub(crate) const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Whether this call created the key of client proofs: because there was none, or by `replace`,
    /// which invalidates every proof.
    pub(crate) async fn ensure_proof_key(
        &self,
        replace: bool,
        random: &Random,
    ) -> Result<bool, Error> {
        let secret = [random.bytes(), random.bytes()].concat();
        let parameters = [(&secret as _, Type::BYTEA), (&replace as _, Type::BOOL)];
        Ok(self.0.only_row(&ENSURE_PROOF_KEY, &parameters).await?.try_get("is_new")?)
    }

    /// Deletes the rows of keys that have their whole budget again.
    pub(crate) async fn empty(&self, now: NumericDate) -> Result<(), Error> {
        let parameters = [(&now.to_timestamp() as _, Type::FLOAT8)];
        loop {
            let deleted: i64 = self.0.only_row(&EMPTY, &parameters).await?.try_get("deleted")?;
            if deleted < EMPTY_ROWS {
                return Ok(());
            }
        }
    }
}

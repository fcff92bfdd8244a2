//! Reads the keys that tokens may be signed with.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
use super::signing_keys::LIST_ACCEPTED;
use crate::clock::NumericDate;
use crate::jwt::{Kid, PublicKey};

/// The public keys.
#[derive(Debug, Clone)]
pub struct SigningKeys(Database);

impl SigningKeys {
    /// The public keys in this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// The keys accepted at `now`, the signing one first.
    pub async fn list_accepted(&self, now: NumericDate) -> Result<Vec<(Kid, PublicKey)>, Error> {
        let parameters = [(&now.to_timestamp() as _, Type::FLOAT8)];
        let rows = self.0.rows(&LIST_ACCEPTED, &parameters).await?;
        let read = |row: &Row| {
            let key = serde_json::from_str(row.try_get("jwk")?)
                .map_err(|_| Error::Failed("a signing key that is no JWK".into()))?;
            Ok((Kid::new(row.try_get("kid")?), key))
        };
        rows.iter().map(read).collect()
    }
}

//! The table `signing_keys`.

use shared::NumericDate;
use shared::db::signing_keys::{PUBLISH, PUBLISHED_AT, WITHDRAW};
use shared::db::{Database, Error};
use shared::jwt::{Kid, PublicKey};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

/// The public keys, which the operator publishes and withdraws.
#[derive(Debug, Clone)]
pub struct PublishedKeys(Database);

impl PublishedKeys {
    /// The public keys in this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Publishes `current`, which signs from `now` on, and `pending`. Any other key is accepted until
    /// `retire_at`, or no longer if it never signed. Returns the keys that this call retired.
    pub async fn publish(
        &self,
        current: &PublicKey,
        pending: Option<&PublicKey>,
        now: NumericDate,
        retire_at: NumericDate,
    ) -> Result<Vec<Kid>, Error> {
        let pending = pending.filter(|pending| *pending != current);
        let keys: Vec<_> = [Some(current), pending].into_iter().flatten().collect();
        let kids: Vec<_> = keys.iter().map(|key| key.kid().to_string()).collect();
        let jwks: Result<Vec<_>, _> = keys.iter().map(serde_json::to_string).collect();
        let jwks = jwks.map_err(|_| Error::Failed("a signing key that is no JWK".into()))?;
        let parameters = [
            (&kids as _, Type::TEXT_ARRAY),
            (&jwks as _, Type::TEXT_ARRAY),
            (&now.to_timestamp() as _, Type::FLOAT8),
            (&retire_at.to_timestamp() as _, Type::FLOAT8),
        ];
        let rows = self.0.rows(&PUBLISH, &parameters).await?;
        rows.iter().map(|row| Ok(Kid::new(row.try_get("kid")?))).collect()
    }

    /// Withdraws `kid`: from `now` on, its tokens are refused and it isn't published. False if there
    /// is no such key.
    pub async fn withdraw(&self, kid: &Kid, now: NumericDate) -> Result<bool, Error> {
        let parameters =
            [(&kid.as_str() as _, Type::TEXT), (&now.to_timestamp() as _, Type::FLOAT8)];
        Ok(self.0.row(&WITHDRAW, &parameters).await?.is_some())
    }

    /// The time at which `kid` was published; `None` if it isn't published, or is retired.
    pub async fn published_at(&self, kid: &Kid) -> Result<Option<NumericDate>, Error> {
        let row = self.0.row(&PUBLISHED_AT, &[(&kid.as_str() as _, Type::TEXT)]).await?;
        let read = |row: Row| row.try_get("published_at");
        Ok(row.map(read).transpose()?.map(NumericDate::from_seconds))
    }
}

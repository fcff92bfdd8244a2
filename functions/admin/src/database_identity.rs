//! The identity of the database.

use shared::DatabaseId;
use shared::db::database_identity::{ENSURE, missing};
use shared::db::{Database, Error};
use tokio_postgres::types::Type;

/// The identity of a database.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseIdentity(Database);

impl DatabaseIdentity {
    /// The identity of this database.
    pub(crate) const fn new(database: Database) -> Self {
        Self(database)
    }

    /// The identity, and whether this call created it: because there was none, or by `replace`,
    /// which invalidates every token.
    pub(crate) async fn ensure(&self, replace: bool) -> Result<(DatabaseId, bool), Error> {
        let row = self.0.row(&ENSURE, &[(&replace as _, Type::BOOL)]).await?;
        let row = row.ok_or_else(missing)?;
        let id: Option<String> = row.try_get("id")?;
        Ok((DatabaseId::new(id.ok_or_else(missing)?), row.try_get("is_new")?))
    }
}

//! The table `database_identity`.

use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
use super::sql::Sql;
use crate::database_id::DatabaseId;

/// Creates the row if there is none; replaces the identity if `$1`.
pub(crate) const ENSURE: Sql = Sql::for_owner(
    "WITH made AS ( \
         INSERT INTO database_identity (id) \
         SELECT gen_random_uuid() WHERE $1 OR NOT EXISTS (SELECT FROM database_identity) \
         ON CONFLICT ((true)) DO UPDATE SET id = EXCLUDED.id WHERE $1 \
         RETURNING id \
     ) \
     SELECT COALESCE((SELECT id FROM made), (SELECT id FROM database_identity))::text AS id, \
            EXISTS (SELECT FROM made) AS is_new",
);

/// The error of a statement that finds no identity.
pub fn missing() -> Error {
    Error::NotMigrated("database_identity has no row".into())
}

/// The identity of a database.
#[derive(Debug, Clone)]
pub struct DatabaseIdentity(Database);

impl DatabaseIdentity {
    /// The identity of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// The identity, and whether this call created it: because there was none, or by `replace`,
    /// which invalidates every token.
    pub async fn ensure(&self, replace: bool) -> Result<(DatabaseId, bool), Error> {
        let row = self.0.row(&ENSURE, &[(&replace as _, Type::BOOL)]).await?;
        let row = row.ok_or_else(missing)?;
        let id: Option<String> = row.try_get("id")?;
        Ok((DatabaseId::new(id.ok_or_else(missing)?), row.try_get("is_new")?))
    }
}

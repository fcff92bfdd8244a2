//! The table `database_identity`.

use super::error::Error;
use super::sql::Sql;

/// Creates the row if there is none; replaces the identity if `$1`.
pub const ENSURE: Sql = Sql::for_owner(
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

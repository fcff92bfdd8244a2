//! Who is calling by a token of the legacy app, which names a user by name: the tables `users` and
//! `adoption`, and the function `find_caller` of the database.

use tokio_postgres::types::Type;

use super::callers::{FIND_CALLER, Found, FoundCaller};
use super::database::Database;
use super::error::Error;
use super::sql::{Privilege, Sql};
use crate::user_id::UserId;
use crate::username::Username;

/// The user of that name who existed when the legacy app's database became ours, with all roles.
/// A database that never was the legacy app's has no row in `adoption`, and this gives none.
pub(crate) const FIND: Sql = Sql::new(
    "SELECT find_caller(u.id, '', now())::text \
     FROM adoption AS a JOIN users AS u ON u.id <= a.last_user_id WHERE u.username = $1",
    &[
        Privilege::Execute(FIND_CALLER),
        Privilege::Select("users", &["id", "username"]),
        Privilege::Select("adoption", &["last_user_id"]),
    ],
);

/// Those who may be calling by a token of the legacy app.
#[derive(Debug)]
pub struct AdoptedCallers(Database);

impl AdoptedCallers {
    /// The callers of that database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Who calls by that name, if the user of it was there at the adoption: a number is never given
    /// out again, so that nobody who took the name since then is meant. One round trip.
    pub async fn find(&self, username: &Username) -> Result<Option<(UserId, FoundCaller)>, Error> {
        let row = self.0.row(&FIND, &[(&username.as_str() as _, Type::TEXT)]).await?;
        Ok(row.map(|row| Found::read(&row)).transpose()?.and_then(|found| found.user))
    }
}

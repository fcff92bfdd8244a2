//! Who is calling by a token of the app, which names a user by name: the tables `users` and
//! `adoption`, and the function `callers` of the database.

use std::collections::HashMap;

use tokio_postgres::types::Type;

use super::batcher::Batcher;
use super::callers::{CALLERS, Found, FoundCaller};
use super::database::Database;
use super::error::Error;
use super::sql::{Privilege, Sql};
use crate::user_id::UserId;
use crate::username::Username;

/// The users of these names who were there when the app's database became ours, each with all
/// roles. Where it never was the app's, `adoption` has no row, and this gives none.
pub(crate) const FIND: Sql = Sql::new(
    "SELECT callers( \
         ARRAY(SELECT id FROM users WHERE username = ANY($1) \
               AND id <= (SELECT last_user_id FROM adoption)), now())::text",
    &[
        Privilege::Execute(CALLERS),
        Privilege::Select("users", &["id", "username"]),
        Privilege::Select("adoption", &["last_user_id"]),
    ],
);

/// Those who may be calling by a token of the app.
#[derive(Debug)]
pub struct AdoptedCallers {
    database: Database,
    batcher: Batcher<Username, Option<(UserId, FoundCaller)>>,
}

impl AdoptedCallers {
    /// The callers of that database.
    pub fn new(database: Database) -> Self {
        let batcher = Batcher::new(database.deadline());
        Self { database, batcher }
    }

    /// Who calls by that name, if the user of it was there at the adoption: a number is never given
    /// out again, so that nobody who took the name since then is meant. One round trip, which
    /// callers at the same time share.
    pub async fn find(&self, username: &Username) -> Result<Option<(UserId, FoundCaller)>, Error> {
        self.batcher.answer(username.clone(), |names| self.find_all(names)).await
    }

    async fn find_all(
        &self,
        usernames: Vec<Username>,
    ) -> Result<Vec<Option<(UserId, FoundCaller)>>, Error> {
        let names: Vec<_> = usernames.iter().map(Username::as_str).collect();
        let row = self.database.row(&FIND, &[(&names as _, Type::TEXT_ARRAY)]).await?;
        let Found { users, .. } = Found::read(row.as_ref())?;
        let users: HashMap<_, _> =
            users.iter().map(|found| (found.1.username.as_str(), found)).collect();
        Ok(names.iter().map(|name| users.get(name).copied().cloned()).collect())
    }
}

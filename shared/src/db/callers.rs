//! Who is calling, by a token's claims: the function `callers` of the database, over the tables
//! `users`, `users_to_roles`, `roles`, `signing_keys` and `database_identity`.

use std::collections::HashMap;

use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::batcher::Batcher;
use super::database::Database;
use super::database_identity;
use super::error::Error;
use super::sql::{Privilege, Routine, Sql};
use crate::clock::NumericDate;
use crate::database_id::DatabaseId;
use crate::email::Email;
use crate::jwt::Kid;
use crate::role::Role;
use crate::user_id::UserId;
use crate::username::Username;

/// The users, each with all roles, the keys that are accepted (a withdrawn one opens nothing from
/// that moment), and the identity of the database.
pub(crate) const FIND: Sql =
    Sql::new("SELECT callers($1, to_timestamp($2))::text", &[Privilege::Execute(CALLERS)]);

/// The function, which runs with the caller's own rights.
pub(super) const CALLERS: Routine = Routine {
    name: "callers",
    arguments: "int[], timestamptz",
    needs: &[
        Privilege::Select("users", &["id", "username", "email"]),
        Privilege::Select("roles", &["id", "name"]),
        Privilege::Select("users_to_roles", &["user_id", "role_id"]),
        Privilege::Select("signing_keys", &["kid", "accepted_until"]),
        Privilege::Select("database_identity", &["id"]),
    ],
};

/// Whom a token names, by which key and over which database, and when that is asked.
#[derive(Debug, Clone)]
struct Claim {
    id: UserId,
    kid: Kid,
    database_id: DatabaseId,
    at: NumericDate,
}

/// What an authorization needs of a user who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCaller {
    /// The name as it is now.
    pub username: Username,
    /// The address as it is now.
    pub email: Email,
    /// The roles that we know of.
    pub roles: Vec<Role>,
}

/// Those who may be calling.
#[derive(Debug)]
pub struct Callers {
    database: Database,
    batcher: Batcher<Claim, Option<FoundCaller>>,
}

impl Callers {
    /// The callers of that database.
    pub fn new(database: Database) -> Self {
        let batcher = Batcher::new(database.deadline());
        Self { database, batcher }
    }

    /// The caller, if the user is there, the key `kid` accepted at `now`, and this the database of
    /// that identity. One round trip, which callers at the same time share.
    pub async fn find(
        &self,
        id: UserId,
        kid: &Kid,
        database_id: DatabaseId,
        now: NumericDate,
    ) -> Result<Option<FoundCaller>, Error> {
        let claim = Claim { id, kid: kid.clone(), database_id, at: now };
        self.batcher.answer(claim, |claims| self.find_all(claims)).await
    }

    async fn find_all(&self, claims: Vec<Claim>) -> Result<Vec<Option<FoundCaller>>, Error> {
        let ids: Vec<_> = claims.iter().map(|claim| claim.id.get()).collect();
        let now = claims.iter().map(|claim| claim.at.to_timestamp()).fold(0.0, f64::max);
        let parameters = [(&ids as _, Type::INT4_ARRAY), (&now as _, Type::FLOAT8)];
        let row = self.database.row(&FIND, &parameters).await?;
        let Found { users, kids, database_id } = Found::read(row.as_ref())?;
        let users: HashMap<_, _> = users.into_iter().collect();
        let found = |claim: Claim| {
            let is_accepted = claim.database_id == database_id
                && kids.iter().any(|kid| kid == claim.kid.as_str());
            users.get(&claim.id).filter(|_| is_accepted).cloned()
        };
        Ok(claims.into_iter().map(found).collect())
    }
}

/// What the function `callers` of the database gives (`migrations/V4__callers.sql`).
pub(super) struct Found {
    pub(super) users: Vec<(UserId, FoundCaller)>,
    kids: Vec<String>,
    database_id: DatabaseId,
}

impl Found {
    /// Reads the only row.
    pub(super) fn read(row: Option<&Row>) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Json {
            users: Vec<User>,
            kids: Vec<String>,
            database_id: Option<DatabaseId>,
        }
        #[derive(Deserialize)]
        struct User {
            id: i32,
            username: String,
            email: String,
            roles: Vec<Option<String>>,
        }
        let text = row.map_or(Ok(""), |row| row.try_get(0))?;
        // Its own words would hold what it has read.
        let Json { users, kids, database_id } = serde_json::from_str(text)
            .map_err(|_| Error::Failed("callers gave something else".into()))?;
        let user = |User { id, username, email, roles: names }| {
            let username = Username::parse(username)
                .map_err(|_| Error::Failed("a username with a NUL".into()))?;
            let is_held = |role: &Role| names.iter().flatten().any(|name| name == role.name());
            let roles = Role::ALL.into_iter().filter(is_held).collect();
            Ok((UserId::new(id), FoundCaller { username, email: Email::from_row(email), roles }))
        };
        let users: Result<_, Error> = users.into_iter().map(user).collect();
        let database_id = database_id.ok_or_else(database_identity::missing)?;
        Ok(Self { users: users?, kids, database_id })
    }
}

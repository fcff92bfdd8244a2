//! Who is calling: the tables `users`, `users_to_roles` and `signing_keys`, by a token's claims.

use std::collections::HashMap;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::batcher::Batcher;
use super::database::Database;
use super::error::Error;
use super::sql::Sql;
use crate::clock::NumericDate;
use crate::email::Email;
use crate::jwt::Kid;
use crate::role::Role;
use crate::user_id::UserId;
use crate::username::Username;

/// The users, each with all roles, and the keys that are accepted: a withdrawn one opens nothing
/// from that moment. No join, since PostgreSQL takes longer to plan one than to look up the roles
/// of a hundred users.
pub(super) const FIND: Sql = Sql::new(
    "SELECT u.id, u.username, u.email, \
            ARRAY(SELECT (SELECT name FROM roles WHERE id = role_id) \
                  FROM users_to_roles WHERE user_id = u.id) AS roles, \
            ARRAY(SELECT kid FROM signing_keys \
                  WHERE accepted_until IS NULL OR accepted_until > to_timestamp($2)) AS kids \
     FROM users AS u WHERE u.id = ANY($1)",
);

/// Whom a token names, by which key, and when that is asked.
#[derive(Debug, Clone)]
struct Claim {
    id: UserId,
    kid: Kid,
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
        Self { database, batcher: Batcher::default() }
    }

    /// Who calls, if the user is there and the key `kid` accepted at `now`. One round trip, which
    /// callers at the same time share.
    pub async fn find(
        &self,
        id: UserId,
        kid: &Kid,
        now: NumericDate,
    ) -> Result<Option<FoundCaller>, Error> {
        let claim = Claim { id, kid: kid.clone(), at: now };
        self.batcher.answer(claim, |claims| self.find_all(claims)).await
    }

    async fn find_all(&self, claims: Vec<Claim>) -> Result<Vec<Option<FoundCaller>>, Error> {
        let ids: Vec<_> = claims.iter().map(|claim| claim.id.get()).collect();
        let now = claims.iter().map(|claim| claim.at.to_timestamp()).fold(0.0, f64::max);
        let parameters = [(&ids as _, Type::INT4_ARRAY), (&now as _, Type::FLOAT8)];
        let rows = self.database.rows(&FIND, &parameters).await?;
        let users: Result<HashMap<_, _>, _> = rows.iter().map(read).collect();
        let users = users?;
        let kids: Vec<&str> = rows.first().map_or(Ok(Vec::new()), |row| row.try_get("kids"))?;
        let found = |claim: Claim| {
            let is_accepted = kids.contains(&claim.kid.as_str());
            users.get(&claim.id).filter(|_| is_accepted).cloned()
        };
        Ok(claims.into_iter().map(found).collect())
    }
}

/// A row of a user with the names of the roles.
pub(super) fn read(row: &Row) -> Result<(UserId, FoundCaller), Error> {
    let username = Username::parse(row.try_get("username")?)
        .map_err(|_| Error::Failed("a username with a NUL".into()))?;
    let names: Vec<Option<&str>> = row.try_get("roles")?;
    let email = Email::from_row(row.try_get("email")?);
    let roles = Role::ALL.into_iter().filter(|role| names.contains(&Some(role.name()))).collect();
    Ok((UserId::new(row.try_get("id")?), FoundCaller { username, email, roles }))
}

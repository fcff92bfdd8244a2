//! Who is calling: the tables `users`, `users_to_roles` and `signing_keys`, by a token's claims.

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

/// The callers, each by the key that signed the token: a withdrawn key opens nothing from that
/// moment.
pub(super) const FIND: Sql = Sql::new(
    "SELECT asked.place, u.username, u.email, \
            ARRAY(SELECT r.name FROM users_to_roles AS ur JOIN roles AS r ON r.id = ur.role_id \
                  WHERE ur.user_id = u.id ORDER BY r.id) AS roles \
     FROM unnest($1::int4[], $2::text[], $3::float8[]) WITH ORDINALITY \
          AS asked (user_id, kid, at, place) \
     JOIN users AS u ON u.id = asked.user_id \
     JOIN signing_keys AS k ON k.kid = asked.kid \
      AND (k.accepted_until IS NULL OR k.accepted_until > to_timestamp(asked.at))",
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
        let kids: Vec<_> = claims.iter().map(|claim| claim.kid.as_str()).collect();
        let times: Vec<_> = claims.iter().map(|claim| claim.at.to_timestamp()).collect();
        let parameters = [
            (&ids as _, Type::INT4_ARRAY),
            (&kids as _, Type::TEXT_ARRAY),
            (&times as _, Type::FLOAT8_ARRAY),
        ];
        let mut found = vec![None; claims.len()];
        for row in self.database.rows(&FIND, &parameters).await? {
            let place: i64 = row.try_get("place")?;
            let place = usize::try_from(place - 1).ok().and_then(|place| found.get_mut(place));
            *place.ok_or_else(|| Error::Failed("a caller whom nobody asked for".into()))? =
                Some(read(&row)?);
        }
        Ok(found)
    }
}

fn read(row: &Row) -> Result<FoundCaller, Error> {
    let username = Username::parse(row.try_get("username")?)
        .map_err(|_| Error::Failed("a username with a NUL".into()))?;
    let names: Vec<&str> = row.try_get("roles")?;
    Ok(FoundCaller {
        username,
        email: Email::from_row(row.try_get("email")?),
        roles: names.into_iter().filter_map(Role::named).collect(),
    })
}

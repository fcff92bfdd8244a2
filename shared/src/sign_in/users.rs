//! Finds users by name, and replaces their hashes.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::database_id::DatabaseId;
use crate::db::{self, Database, database_identity, users};
use crate::jwt::Kid;
use crate::password::{HashedBy, PasswordHash, StoredPassword};
use crate::role::Role;
use crate::secret::Secret;
use crate::user_id::UserId;
use crate::username::Username;

/// The database's answer to a sign-in.
#[derive(Debug)]
pub struct FoundCredentials {
    /// The user, if there is one.
    pub user: Option<SigninUser>,
    /// The published keys, the signing one first.
    pub published: Vec<Kid>,
    /// The database that the token is for.
    pub database_id: DatabaseId,
}

/// The user with the name of a sign-in.
#[derive(Debug)]
pub struct SigninUser {
    /// `users.id`.
    pub id: UserId,
    /// The stored password.
    pub password: StoredPassword,
    /// `users.session_epoch`, which a session may only start in.
    pub session_epoch: i32,
    /// Whether an operator has disabled the user.
    pub is_disabled: bool,
    /// The user's roles.
    pub roles: Vec<Role>,
}

/// Finds users by name, and replaces their hashes.
#[derive(Debug, Clone)]
pub struct Users(Database);

impl Users {
    /// The users of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Finds the user by name, and the signing keys. An exact match, which an adopted name needs, has
    /// precedence over the normalized name that a sign-up stores. If the two differ, both are always
    /// queried, so that the time reveals nothing.
    pub async fn find_credentials(
        &self,
        username: &Username,
    ) -> Result<FoundCredentials, db::Error> {
        let found = self.find(username.as_str()).await?;
        let normalized = username.normalized();
        if normalized == username.as_str() {
            return Ok(found);
        }
        let other = self.find(&normalized).await?;
        Ok(if found.user.is_some() { found } else { other })
    }

    async fn find(&self, username: &str) -> Result<FoundCredentials, db::Error> {
        let parameters = [(&username as _, Type::TEXT)];
        let row = self.0.row(&users::FIND_CREDENTIALS, &parameters).await?;
        let row = row.ok_or_else(|| db::Error::Failed("a sign-in without a row".into()))?;
        let kids: Vec<String> = row.try_get("kids")?;
        let id: Option<i32> = row.try_get("id")?;
        let database_id: Option<String> = row.try_get("database_id")?;
        Ok(FoundCredentials {
            user: id.map(|id| signin_user(id, &row)).transpose()?,
            published: kids.into_iter().map(Kid::new).collect(),
            database_id: DatabaseId::new(database_id.ok_or_else(database_identity::missing)?),
        })
    }

    /// Replaces the hash `old`, unless it has changed meanwhile.
    pub async fn replace_password(
        &self,
        id: UserId,
        old: &Secret<String>,
        new: &PasswordHash,
    ) -> Result<(), db::Error> {
        let new = new.to_text();
        let parameters = [
            (&id.get() as _, Type::INT4),
            (old.expose() as _, Type::TEXT),
            (new.expose() as _, Type::TEXT),
        ];
        self.0.rows(&users::REPLACE_PASSWORD, &parameters).await.map(drop)
    }
}

fn signin_user(id: i32, row: &Row) -> Result<SigninUser, db::Error> {
    let hash: Option<String> = row.try_get("password")?;
    let hashed_by = HashedBy::named(row.try_get("hashed_by")?)
        .ok_or_else(|| db::Error::Failed("an unknown word in users.hashed_by".into()))?;
    let password = StoredPassword { hash: hash.map(Secret::new), hashed_by };
    let roles: Vec<String> = row.try_get("roles")?;
    Ok(SigninUser {
        id: UserId::new(id),
        password,
        session_epoch: row.try_get("session_epoch")?,
        is_disabled: row.try_get("is_disabled")?,
        roles: Role::of_user(roles),
    })
}

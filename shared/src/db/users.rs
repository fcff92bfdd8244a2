//! The table `users`.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::database::Database;
use super::database_identity;
use super::error::Error;
use super::sql::Sql;
use crate::database_id::DatabaseId;
use crate::email::NewEmail;
use crate::jwt::Kid;
use crate::password::{HashedBy, PasswordHash, StoredPassword};
use crate::role::Role;
use crate::secret::Secret;
use crate::user_id::UserId;
use crate::username::{NewUsername, Username};

/// A row even where nobody has that name, so that the keys and the database's identity come along. The newest key that signs
/// comes first; one that waits for its promotion is published too.
pub(super) const FIND_FOR_SIGNIN: Sql = Sql::new(
    "SELECT u.id, u.password, u.hashed_by, k.kids, \
            (SELECT id::text FROM database_identity) AS database_id \
     FROM (SELECT ARRAY(SELECT kid FROM signing_keys WHERE accepted_until IS NULL \
                        ORDER BY signs_from DESC NULLS LAST) AS kids) AS k \
     LEFT JOIN users AS u ON u.username = $1",
);

/// Makes a user with the first role, or says who is in the way. Sent again after a lost
/// connection it finds its own row by the hash, whose salt is nobody else's. A name that is taken
/// draws no number from the serial.
pub(super) const INSERT: Sql = Sql::new(
    "WITH taken AS ( \
         SELECT id, username = $1 AS by_username, username = $1 AND password = $3 AS by_us \
         FROM users WHERE username = $1 OR email = $2 \
     ), created AS ( \
         INSERT INTO users (username, email, password, hashed_by) \
         SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM taken) \
         ON CONFLICT DO NOTHING RETURNING id \
     ), granted AS ( \
         INSERT INTO users_to_roles (user_id, role_id) \
         SELECT created.id, roles.id FROM created, roles WHERE roles.name = $5 \
     ) \
     SELECT COALESCE((SELECT id FROM created), (SELECT id FROM taken WHERE by_us)) AS id, \
            EXISTS (SELECT FROM taken WHERE by_username) AS username_taken, \
            EXISTS (SELECT FROM taken) AS taken",
);

/// Replaces a hash unless somebody else did so first.
pub(super) const REPLACE_PASSWORD: Sql =
    Sql::new("UPDATE users SET password = $3 WHERE id = $1 AND password = $2 RETURNING id");

/// How an insert ended: an outcome, not a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insert {
    /// There is a new user.
    Created(UserId),
    /// Somebody has the name.
    UsernameTaken,
    /// Somebody has the address.
    EmailTaken,
}

/// What a sign-in needs.
#[derive(Debug)]
pub struct FoundForSignin {
    /// The user, if there is one.
    pub user: Option<SigninUser>,
    /// The keys that others verify with now, the one to sign with first.
    pub published: Vec<Kid>,
    /// The database that a token is for.
    pub database_id: DatabaseId,
}

/// A user who may be signing in.
#[derive(Debug)]
pub struct SigninUser {
    /// `users.id`.
    pub id: UserId,
    /// What is stored of the password.
    pub password: StoredPassword,
}

/// The users.
#[derive(Debug, Clone)]
pub struct Users(Database);

impl Users {
    /// The users of that database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// The user of that name, by the unique index on `username`, and the keys to sign with. An
    /// adopted name is found byte for byte, before one in the form that a sign-up stores. Both are
    /// looked for wherever they differ, so that the time is the same.
    pub async fn find_for_signin(&self, username: &Username) -> Result<FoundForSignin, Error> {
        let found = self.find(username.as_str()).await?;
        let normalized = username.normalized();
        if normalized == username.as_str() {
            return Ok(found);
        }
        let other = self.find(&normalized).await?;
        Ok(if found.user.is_some() { found } else { other })
    }

    async fn find(&self, username: &str) -> Result<FoundForSignin, Error> {
        let parameters = [(&username as _, Type::TEXT)];
        let row = self.0.row(&FIND_FOR_SIGNIN, &parameters).await?;
        let row = row.ok_or_else(|| Error::Failed("a sign-in without a row".into()))?;
        let kids: Vec<String> = row.try_get("kids")?;
        let id: Option<i32> = row.try_get("id")?;
        let database_id: Option<String> = row.try_get("database_id")?;
        Ok(FoundForSignin {
            user: id.map(|id| signin_user(id, &row)).transpose()?,
            published: kids.into_iter().map(Kid::new).collect(),
            database_id: DatabaseId::new(database_id.ok_or_else(database_identity::missing)?),
        })
    }

    /// Makes a user with [`Role::User`].
    pub async fn insert(
        &self,
        username: &NewUsername,
        email: &NewEmail,
        password: &PasswordHash,
    ) -> Result<Insert, Error> {
        let hash = password.to_text();
        let parameters = [
            (&username.as_str() as _, Type::TEXT),
            (&email.as_str() as _, Type::TEXT),
            (hash.expose() as _, Type::TEXT),
            (&HashedBy::Latchkey.name() as _, Type::TEXT),
            (&Role::User.name() as _, Type::TEXT),
        ];
        // Who loses a race sees the winner's row only in a second statement.
        for _ in 0..3 {
            let row = self.0.row(&INSERT, &parameters).await?;
            let row = row.ok_or_else(|| Error::Failed("an insert without a row".into()))?;
            let id: Option<i32> = row.try_get("id")?;
            match (id, row.try_get("username_taken")?, row.try_get("taken")?) {
                (Some(id), ..) => return Ok(Insert::Created(UserId::new(id))),
                (None, true, _) => return Ok(Insert::UsernameTaken),
                (None, false, true) => return Ok(Insert::EmailTaken),
                (None, false, false) => {}
            }
        }
        Err(Error::Conflict("a name that others take and give back".into()))
    }

    /// Stores a dearer hash in place of `old`; leaves one that has changed since.
    pub async fn replace_password(
        &self,
        id: UserId,
        old: &Secret<String>,
        new: &PasswordHash,
    ) -> Result<(), Error> {
        let new = new.to_text();
        let parameters = [
            (&id.get() as _, Type::INT4),
            (old.expose() as _, Type::TEXT),
            (new.expose() as _, Type::TEXT),
        ];
        self.0.rows(&REPLACE_PASSWORD, &parameters).await.map(drop)
    }
}

fn signin_user(id: i32, row: &Row) -> Result<SigninUser, Error> {
    let hash: Option<String> = row.try_get("password")?;
    let hashed_by = HashedBy::named(row.try_get("hashed_by")?)
        .ok_or_else(|| Error::Failed("an unknown word in users.hashed_by".into()))?;
    let password = StoredPassword { hash: hash.map(Secret::new), hashed_by };
    Ok(SigninUser { id: UserId::new(id), password })
}

//! Finds users by name, and replaces their hashes.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::client_proof::ProofSecret;
use crate::clock::NumericDate;
use crate::database_id::DatabaseId;
use crate::db::limits::{self, Columns};
use crate::db::{self, Database, database_identity, users};
use crate::jwt::Kid;
use crate::limits::{Charges, InProcess, Over, Refund};
use crate::log;
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
    /// What the database gives back if the password is right.
    pub refund: Refund,
    /// What this process gives back, if it has counted instead.
    pub refund_in_process: Refund,
    /// What client proofs are made with.
    pub proof_secret: Option<ProofSecret>,
    /// Whether the client has proven that it has signed in to this account before.
    pub is_known_client: bool,
}

/// The database's refusal of an attempt.
#[derive(Debug)]
pub struct Refused {
    /// The limit.
    pub over: Over,
    /// The user, for the log alone.
    pub user_id: Option<UserId>,
    /// What client proofs are made with.
    pub proof_secret: Option<ProofSecret>,
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
    /// Whether a verified address is required, and the user has none.
    pub lacks_verified_email: bool,
}

/// Finds users by name, and replaces their hashes.
#[derive(Debug, Clone)]
pub struct Users {
    database: Database,
    in_process: InProcess,
    requires_verified_email: bool,
}

impl Users {
    /// The users of this database.
    pub fn new(database: Database) -> Self {
        Self { database, in_process: InProcess::default(), requires_verified_email: false }
    }

    /// The same, where a user needs a verified address to sign in, if `is_required`.
    #[must_use]
    pub fn requiring_verified_email(self, is_required: bool) -> Self {
        Self { requires_verified_email: is_required, ..self }
    }

    /// Counts an attempt, and finds the user by name and the signing keys. The user of a refused attempt is
    /// known to the log alone.
    pub async fn find_credentials(
        &self,
        username: &Username,
        charges: &Charges,
        now: NumericDate,
    ) -> Result<Result<FoundCredentials, Refused>, db::Error> {
        match self.try_credentials(username, charges, now).await {
            Err(error @ db::Error::ReadOnly(_)) => {
                if self.in_process.is_to_be_reported(now) {
                    log::notice(None, "limits_in_process", Some(&error.to_string()));
                }
                self.find_uncounted(username, charges, now).await
            }
            found => found,
        }
    }

    /// Counts in this process while the database takes no writes.
    async fn find_uncounted(
        &self,
        username: &Username,
        charges: &Charges,
        now: NumericDate,
    ) -> Result<Result<FoundCredentials, Refused>, db::Error> {
        let mut found = self.find(username.as_str()).await?;
        let normalized = username.normalized();
        if normalized != username.as_str() {
            let other = self.find(&normalized).await?;
            if found.user.is_none() {
                found = other;
            }
        }
        Ok(match self.in_process.count(charges, now) {
            Ok(refund_in_process) => Ok(FoundCredentials { refund_in_process, ..found }),
            Err(over) => Err(Refused {
                over,
                user_id: found.user.map(|user| user.id),
                proof_secret: found.proof_secret,
            }),
        })
    }

    async fn find(&self, username: &str) -> Result<FoundCredentials, db::Error> {
        let parameters =
            [(&username as _, Type::TEXT), (&self.requires_verified_email as _, Type::BOOL)];
        let row = self.database.only_row(&users::FIND_CREDENTIALS, &parameters).await?;
        found(&row, Refund::NONE)
    }

    async fn try_credentials(
        &self,
        username: &Username,
        charges: &Charges,
        now: NumericDate,
    ) -> Result<Result<FoundCredentials, Refused>, db::Error> {
        let columns = Columns::of(charges);
        let [keys, every, burst] = columns.parameters();
        let parameters = [
            (&username.as_str() as _, Type::TEXT),
            (&&*username.normalized() as _, Type::TEXT),
            keys,
            every,
            burst,
            (&now.to_timestamp() as _, Type::FLOAT8),
            (&self.requires_verified_email as _, Type::BOOL),
        ];
        let row = self.database.only_row(&users::TRY_CREDENTIALS, &parameters).await?;
        match limits::verdict(&row, charges)? {
            Ok(refund) => found(&row, refund).map(Ok),
            Err(over) => {
                let id: Option<i32> = row.try_get("id")?;
                let proof_secret = limits::proof_secret(&row)?;
                Ok(Err(Refused { over, user_id: id.map(UserId::new), proof_secret }))
            }
        }
    }

    /// Reads what client proofs are made with.
    pub async fn proof_secret(&self) -> Result<Option<ProofSecret>, db::Error> {
        limits::proof_secret(&self.database.only_row(&limits::PROOF_SECRET, &[]).await?)
    }

    /// Gives back what an attempt was charged in this process.
    pub fn give_back_in_process(&self, refund: &Refund, now: NumericDate) {
        self.in_process.give_back(refund, now);
    }

    /// Gives back what an attempt was charged, best effort. The start of a session does that itself.
    pub async fn give_back(&self, refund: &Refund, now: NumericDate) {
        limits::give_back(&self.database, refund, now).await;
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
        self.database.rows(&users::REPLACE_PASSWORD, &parameters).await.map(drop)
    }
}

fn found(row: &Row, refund: Refund) -> Result<FoundCredentials, db::Error> {
    let id: Option<i32> = row.try_get("id")?;
    let kids: Vec<String> = row.try_get("kids")?;
    let database_id: Option<String> = row.try_get("database_id")?;
    Ok(FoundCredentials {
        user: id.map(|id| signin_user(id, row)).transpose()?,
        published: kids.into_iter().map(Kid::new).collect(),
        database_id: DatabaseId::new(database_id.ok_or_else(database_identity::missing)?),
        refund,
        refund_in_process: Refund::NONE,
        proof_secret: limits::proof_secret(row)?,
        is_known_client: false,
    })
}

fn signin_user(id: i32, row: &Row) -> Result<SigninUser, db::Error> {
    let hash: Option<String> = row.try_get("password")?;
    let hashed_by = HashedBy::named(row.try_get("hashed_by")?)
        .ok_or_else(|| db::Error::Failed("an unknown word in users.hashed_by".into()))?;
    let password = StoredPassword { hash: hash.map(Secret::new), hashed_by };
    let roles: Vec<String> = row.try_get("roles")?;
    let has_verified_email: Option<bool> = row.try_get("has_verified_email")?;
    Ok(SigninUser {
        id: UserId::new(id),
        password,
        session_epoch: row.try_get("session_epoch")?,
        is_disabled: row.try_get("is_disabled")?,
        roles: Role::of_user(roles),
        lacks_verified_email: has_verified_email == Some(false),
    })
}

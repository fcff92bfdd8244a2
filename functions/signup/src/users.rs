//! The table `users`, as a sign-up changes it.

use shared::client_proof::ProofSecret;
use shared::db::limits::proof_secret;
use shared::db::users::INSERT;
use shared::db::{Database, Error};
use shared::password::PasswordHash;
use shared::{Languages, NewEmail, NewUsername, NumericDate, UserId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

/// The outcome of an insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insert {
    /// The user was created.
    Created(UserId),
    /// Another user has this name.
    UsernameTaken,
    /// Another user has this address, compared without the case of its domain.
    EmailTaken,
    /// A check or trigger of the team's refuses the row: the columns that it reads, as far as known.
    Refused(Vec<String>),
}

/// Where new users are stored.
#[derive(Debug)]
pub struct Users(Database);

impl Users {
    /// The users of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Inserts a user with the role `ROLE_USER`, and reads what client proofs are made with. The user is
    /// asked in these languages to verify the address, if mail is on.
    pub async fn insert(
        &self,
        username: &NewUsername,
        email: &NewEmail,
        password: &PasswordHash,
        languages: Option<&Languages>,
        now: NumericDate,
    ) -> Result<(Insert, Option<ProofSecret>), Error> {
        let (hash, languages) = (password.to_text(), languages.map(Languages::as_str));
        let parameters = [
            (&username.as_str() as _, Type::TEXT),
            (&username.as_sent() as _, Type::TEXT),
            (&email.as_str() as _, Type::TEXT),
            (hash.expose() as _, Type::TEXT),
            (&languages as _, Type::TEXT),
            (&now.to_timestamp() as _, Type::FLOAT8),
        ];
        let row = self.0.row(&INSERT, &parameters).await?;
        let row = row.ok_or_else(|| Error::Failed("a sign-up without a row".into()))?;
        Ok((outcome(&row)?, proof_secret(&row)?))
    }
}

fn outcome(row: &Row) -> Result<Insert, Error> {
    let id: Option<i32> = row.try_get("id")?;
    if let Some(columns) = row.try_get("refused")? {
        return Ok(Insert::Refused(columns));
    }
    Ok(match (id, row.try_get("username_taken")?) {
        (Some(id), _) => Insert::Created(UserId::new(id)),
        (None, true) => Insert::UsernameTaken,
        (None, false) => Insert::EmailTaken,
    })
}

//! The table `users`, as a sign-up changes it.

use shared::client_proof::ProofSecret;
use shared::db::limits::proof_secret;
use shared::db::notice::{self, Notice};
use shared::db::users::INSERT;
use shared::db::{Database, Error};
use shared::password::PasswordHash;
use shared::{NewEmail, NewUsername, NumericDate, UserId};
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

    /// Inserts a user with the role `ROLE_USER`, and reads what client proofs are made with. By the notice,
    /// the user is asked to verify the address; it is `None` if mail is off.
    pub async fn insert(
        &self,
        username: &NewUsername,
        email: &NewEmail,
        password: &PasswordHash,
        notice: Option<&Notice<'_>>,
        now: NumericDate,
    ) -> Result<(Insert, Option<ProofSecret>), Error> {
        let (hash, notice) = (password.to_text(), notice::Columns::of(notice));
        let [languages, keys, every, burst] = notice.parameters();
        let parameters = [
            (&username.as_str() as _, Type::TEXT),
            (&username.as_sent() as _, Type::TEXT),
            (&email.as_str() as _, Type::TEXT),
            (hash.expose() as _, Type::TEXT),
            languages,
            keys,
            every,
            burst,
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

//! Uses the secrets of mails, once each.

use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
use super::limits::{Columns, proof_secret, refusal};
use super::mails::{RESET, TRY_RESET, VERIFY};
pub use super::mark::Mark;
use super::sql::Parameter;
use crate::client_proof::ProofSecret;
use crate::clock::NumericDate;
use crate::languages::Languages;
use crate::limits::{Charges, Over};
use crate::one_time_key::Hashed;
use crate::secret::Secret;
use crate::user_id::UserId;

/// The user of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretsUser {
    /// `users.id`.
    pub id: UserId,
    /// The username, which in an adopted database may break today's rules.
    pub username: String,
    /// The e-mail address, likewise.
    pub email: String,
}

/// A password that was set.
#[derive(Debug)]
pub struct Reset {
    /// The user.
    pub user_id: UserId,
    /// The secret of client proofs, if there is one.
    pub proof_secret: Option<ProofSecret>,
}

/// What became of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// The address is this user's, and verified.
    Verified(SecretsUser),
    /// Another user has the address by now. The secret stays good.
    Taken,
    /// No such secret, or one that is used, over or void.
    Invalid,
}

/// The secrets of mails.
#[derive(Debug, Clone)]
pub struct OneTimeSecrets(Database);

impl OneTimeSecrets {
    /// The secrets of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Counts an attempt, and finds the user whose password a secret may reset.
    pub async fn try_reset(
        &self,
        secret: &Hashed,
        charges: &Charges,
        now: NumericDate,
    ) -> Result<Result<Option<SecretsUser>, Over>, Error> {
        let (columns, parts) = (Columns::of(charges), Parts::of(secret));
        let [link, code, address] = parts.parameters();
        let [keys, every, burst] = columns.parameters();
        let now = (&now.to_timestamp() as _, Type::FLOAT8);
        let parameters = [link, code, address, keys, every, burst, now];
        let row = self.0.only_row(&TRY_RESET, &parameters).await?;
        match refusal(&row, charges)? {
            Some(over) => Ok(Err(over)),
            None => user(&row).map(Ok),
        }
    }

    /// Sets the password, verifies the mailbox, and ends every session and every other secret of the user.
    /// `None` if another request has used the secret first.
    pub async fn reset(
        &self,
        secret: &Hashed,
        password: &Secret<String>,
        languages: &Languages,
        mark: &Mark,
        now: NumericDate,
    ) -> Result<Option<Reset>, Error> {
        let parts = Parts::of(secret);
        let [link, code, address] = parts.parameters();
        let parameters = [
            link,
            code,
            address,
            (password.expose() as _, Type::TEXT),
            (&languages.as_str() as _, Type::TEXT),
            (&mark.as_slice() as _, Type::BYTEA),
            (&now.to_timestamp() as _, Type::FLOAT8),
        ];
        let row = self.0.only_row(&RESET, &parameters).await?;
        let Some(id) = row.try_get("user_id")? else { return Ok(None) };
        Ok(Some(Reset { user_id: UserId::new(id), proof_secret: proof_secret(&row)? }))
    }

    /// Counts an attempt, and proves the mailbox of a secret.
    pub async fn verify(
        &self,
        secret: &Hashed,
        charges: &Charges,
        languages: &Languages,
        mark: &Mark,
        now: NumericDate,
    ) -> Result<Result<Verification, Over>, Error> {
        let (columns, parts) = (Columns::of(charges), Parts::of(secret));
        let [link, code, address] = parts.parameters();
        let [keys, every, burst] = columns.parameters();
        let parameters = [
            link,
            code,
            address,
            keys,
            every,
            burst,
            (&languages.as_str() as _, Type::TEXT),
            (&mark.as_slice() as _, Type::BYTEA),
            (&now.to_timestamp() as _, Type::FLOAT8),
        ];
        let row = self.0.only_row(&VERIFY, &parameters).await?;
        if let Some(over) = refusal(&row, charges)? {
            return Ok(Err(over));
        }
        if row.try_get("taken")? {
            return Ok(Ok(Verification::Taken));
        }
        Ok(Ok(user(&row)?.map_or(Verification::Invalid, Verification::Verified)))
    }
}

fn user(row: &tokio_postgres::Row) -> Result<Option<SecretsUser>, Error> {
    let Some(id) = row.try_get("user_id")? else { return Ok(None) };
    let (username, email) = (row.try_get("username")?, row.try_get("email")?);
    Ok(Some(SecretsUser { id: UserId::new(id), username, email }))
}

/// A secret as the statements take it.
struct Parts<'a> {
    link: Option<&'a [u8]>,
    code: Option<&'a [u8]>,
    address: &'a str,
}

impl<'a> Parts<'a> {
    fn of(secret: &'a Hashed) -> Self {
        match secret {
            Hashed::Link(hash) => Self { link: Some(hash), code: None, address: "" },
            Hashed::Code(hash, email) => {
                Self { link: None, code: Some(hash), address: email.as_str() }
            }
        }
    }

    fn parameters(&self) -> [Parameter<'_>; 3] {
        [(&self.link, Type::BYTEA), (&self.code, Type::BYTEA), (&self.address, Type::TEXT)]
    }
}

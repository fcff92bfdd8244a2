//! The password and the account of the caller: each statement checks the caller's token itself,
//! whatever policy the gateway has kept.

use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
use super::limits::{self, Columns, refusal, verdict};
use super::mails::ASK_CHANGE;
use super::notice::{self, Notice};
use super::own_sessions::{Bearer, Key};
use super::users::{CHANGE_PASSWORD, DELETE_ACCOUNT, TRY_OWN_CREDENTIALS};
use crate::clock::NumericDate;
use crate::email::NewEmail;
use crate::languages::Languages;
use crate::limits::{Charges, Over, Refund};
use crate::password::{HashedBy, PasswordHash, StoredPassword};
use crate::secret::Secret;

/// What the caller's password is verified against, and what a new one must not be made of.
#[derive(Debug)]
pub struct OwnCredentials {
    /// The stored password.
    pub password: StoredPassword,
    /// The username, which in an adopted database may break today's rules.
    pub username: String,
    /// The e-mail address, likewise.
    pub email: String,
    /// What is given back if the password is right.
    pub refund: Refund,
}

/// The outcome of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// The token signs nobody in by now.
    SignedOut,
    /// The stored password isn't the one that was verified.
    PasswordChanged,
    /// A constraint or a trigger of the team's own needs the user.
    InUse,
}

/// A change to another address.
#[derive(Debug)]
pub struct EmailChange<'a> {
    /// The new address.
    pub address: &'a NewEmail,
    /// The languages of the caller.
    pub languages: &'a Languages,
    /// What the request is charged to.
    pub charges: &'a Charges,
}

/// Changes passwords and deletes accounts, and asks for changes of addresses.
#[derive(Debug, Clone)]
pub struct Accounts(Database);

impl Accounts {
    /// The accounts of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Counts an attempt, and returns the caller's stored password and names; `None` if the token signs
    /// nobody in.
    pub async fn find(
        &self,
        caller: &Bearer,
        charges: &Charges,
        now: NumericDate,
    ) -> Result<Option<Result<OwnCredentials, Over>>, Error> {
        let (key, columns) = (Key::of(caller), Columns::of(charges));
        let [user_id, session, digest] = key.parameters();
        let [keys, every, burst] = columns.parameters();
        let now = (&now.to_timestamp() as _, Type::FLOAT8);
        let parameters = [user_id, session, digest, now, keys, every, burst];
        let Some(row) = self.0.row(&TRY_OWN_CREDENTIALS, &parameters).await? else {
            return Ok(None);
        };
        let refund = match verdict(&row, charges)? {
            Ok(refund) => refund,
            Err(over) => return Ok(Some(Err(over))),
        };
        let hash: Option<String> = row.try_get("password")?;
        let hashed_by = HashedBy::named(row.try_get("hashed_by")?)
            .ok_or_else(|| Error::Failed("an unknown word in users.hashed_by".into()))?;
        Ok(Some(Ok(OwnCredentials {
            password: StoredPassword { hash: hash.map(Secret::new), hashed_by },
            username: row.try_get("username")?,
            email: row.try_get("email")?,
            refund,
        })))
    }

    /// Gives back what an attempt was charged, best effort. A change that is done does that itself.
    pub async fn give_back(&self, refund: &Refund, now: NumericDate) {
        limits::give_back(&self.0, refund, now).await;
    }

    /// Replaces the hash `old`, ends all sessions but the caller's own, each token without one and every
    /// one-time secret, and gives back what the attempt was charged. The notice is `None` if mail is off.
    pub async fn change_password(
        &self,
        caller: &Bearer,
        old: &Secret<String>,
        new: &PasswordHash,
        refund: &Refund,
        notice: Option<&Notice<'_>>,
        now: NumericDate,
    ) -> Result<Outcome, Error> {
        let notice = notice::Columns::of(notice);
        let [languages, notice_keys, notice_every, notice_burst] = notice.parameters();
        let (key, new, refund) = (Key::of(caller), new.to_text(), Columns::of_refund(refund));
        let [user_id, session, digest] = key.parameters();
        let [keys, every, charged_until] = refund.refunded();
        let parameters = [
            user_id,
            session,
            digest,
            (old.expose() as _, Type::TEXT),
            (new.expose() as _, Type::TEXT),
            (&now.to_timestamp() as _, Type::FLOAT8),
            keys,
            every,
            charged_until,
            languages,
            notice_keys,
            notice_every,
            notice_burst,
        ];
        let row = self.0.only_row(&CHANGE_PASSWORD, &parameters).await?;
        outcome(row.try_get("outcome")?)
    }

    /// Counts a request, asks for the mails of a change to another address, by the caller, whose stored hash
    /// is `verified`, and gives back what the guess of the password was charged.
    pub async fn ask_email_change(
        &self,
        caller: &Bearer,
        verified: &Secret<String>,
        request: &EmailChange<'_>,
        refund: &Refund,
        now: NumericDate,
    ) -> Result<Result<Outcome, Over>, Error> {
        let EmailChange { address, languages, charges } = request;
        let (key, columns, refund) =
            (Key::of(caller), Columns::of(charges), Columns::of_refund(refund));
        let [user_id, session, digest] = key.parameters();
        let [keys, every, burst] = columns.parameters();
        let [back, back_every, back_until] = refund.refunded();
        let parameters = [
            user_id,
            session,
            digest,
            (verified.expose() as _, Type::TEXT),
            (&address.as_str() as _, Type::TEXT),
            (&languages.as_str() as _, Type::TEXT),
            keys,
            every,
            burst,
            (&now.to_timestamp() as _, Type::FLOAT8),
            back,
            back_every,
            back_until,
        ];
        let row = self.0.only_row(&ASK_CHANGE, &parameters).await?;
        match refusal(&row, charges)? {
            Some(over) => Ok(Err(over)),
            None => outcome(row.try_get("outcome")?).map(Ok),
        }
    }

    /// Deletes the caller, whose stored hash is `verified`, with the roles and the sessions.
    pub async fn delete(
        &self,
        caller: &Bearer,
        verified: &Secret<String>,
        now: NumericDate,
    ) -> Result<Outcome, Error> {
        let key = Key::of(caller);
        let [user_id, session, digest] = key.parameters();
        let parameters = [
            user_id,
            session,
            digest,
            (verified.expose() as _, Type::TEXT),
            (&now.to_timestamp() as _, Type::FLOAT8),
        ];
        let row = self.0.only_row(&DELETE_ACCOUNT, &parameters).await?;
        outcome(row.try_get("outcome")?)
    }
}

fn outcome(word: &str) -> Result<Outcome, Error> {
    match word {
        "changed" | "deleted" | "asked" => Ok(Outcome::Done),
        "signed_out" => Ok(Outcome::SignedOut),
        "conflict" => Ok(Outcome::PasswordChanged),
        "in_use" => Ok(Outcome::InUse),
        _ => Err(Error::Failed("a change of no known outcome".into())),
    }
}

//! The sessions of the caller: each statement checks the caller's token itself, whatever policy the
//! gateway has kept.

use serde::Deserialize;
use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
use super::sessions::only;
use super::sign_ins::{END_ALL, LIST, REVOKE};
use super::sql::{Parameter, Sql};
use crate::clock::NumericDate;
use crate::session_id::SessionId;
use crate::token_key::TokenKey;
use crate::user_id::UserId;

/// A token whose signature is good.
#[derive(Debug, Clone, Copy)]
pub struct Bearer {
    /// Its `sub`.
    pub user_id: UserId,
    /// What ends it.
    pub key: TokenKey,
}

/// A page of sessions, the most recently used first.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Listed {
    /// At most a hundred.
    pub sessions: Vec<ListedSession>,
    /// How many more there are.
    pub more: u32,
}

/// A session in the user's list. The times are seconds since the epoch.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct ListedSession {
    /// Its id.
    pub id: String,
    /// `access`, `token` or `cookie`.
    pub kind: String,
    /// The client, as it named itself.
    pub client_id: String,
    /// The time of the sign-in.
    pub created_at: NumericDate,
    /// The last use, right to 15 minutes.
    pub used_at: NumericDate,
    /// The end, whatever the use.
    pub expires_at: NumericDate,
    /// The time at which an old refresh token was presented, which ended the session.
    pub ended_at: Option<NumericDate>,
    /// The text of the client's.
    pub user_agent: Option<String>,
    /// The client's network.
    pub ip_prefix: Option<String>,
}

/// Lists and ends the caller's sessions. Each answer is `None` if the token signs nobody in.
#[derive(Debug, Clone)]
pub struct OwnSessions(Database);

impl OwnSessions {
    /// The sessions of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// The caller's sessions, including those ended because an old refresh token was reused.
    pub async fn list(&self, caller: &Bearer, now: NumericDate) -> Result<Option<Listed>, Error> {
        let row = only(self.ask(&LIST, caller, now, None).await?)?;
        let text: Option<&str> = row.try_get(0)?;
        let read = |text| serde_json::from_str(text);
        text.map(read).transpose().map_err(|_| Error::Failed("a list of no known form".into()))
    }

    /// Ends one of the caller's sessions. Returns how many ended: none if it isn't the caller's.
    pub async fn revoke(
        &self,
        caller: &Bearer,
        revoked: SessionId,
        now: NumericDate,
    ) -> Result<Option<i32>, Error> {
        let revoked = (revoked.as_uuid() as _, Type::UUID);
        Ok(only(self.ask(&REVOKE, caller, now, Some(revoked)).await?)?.try_get(0)?)
    }

    /// Ends all sessions of the caller, and all tokens without one. Returns how many sessions ended.
    pub async fn end_all(&self, caller: &Bearer, now: NumericDate) -> Result<Option<i32>, Error> {
        let keeps_own = (&false as _, Type::BOOL);
        Ok(only(self.ask(&END_ALL, caller, now, Some(keeps_own)).await?)?.try_get(0)?)
    }

    /// The same, but the caller's own session goes on.
    pub async fn end_others(
        &self,
        caller: &Bearer,
        now: NumericDate,
    ) -> Result<Option<i32>, Error> {
        let keeps_own = (&true as _, Type::BOOL);
        Ok(only(self.ask(&END_ALL, caller, now, Some(keeps_own)).await?)?.try_get(0)?)
    }

    async fn ask(
        &self,
        sql: &Sql,
        caller: &Bearer,
        now: NumericDate,
        last: Option<Parameter<'_>>,
    ) -> Result<Option<tokio_postgres::Row>, Error> {
        let session = caller.key.session().map(|session| *session.as_uuid());
        let digest = caller.key.digest().map(<[u8; 32]>::as_slice);
        let (user_id, now) = (caller.user_id.get(), now.to_timestamp());
        let mut parameters: Vec<Parameter<'_>> = vec![
            (&user_id, Type::INT4),
            (&session, Type::UUID),
            (&digest, Type::BYTEA),
            (&now, Type::FLOAT8),
        ];
        parameters.extend(last);
        self.0.row(sql, &parameters).await
    }
}

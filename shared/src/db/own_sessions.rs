//! The sessions of the caller: each statement checks the caller's token itself, whatever policy the
//! gateway has kept.

use serde::Deserialize;
use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
pub use super::mark::Mark;
use super::sign_ins::{END_ALL, END_OWN_TOKEN, LIST, REVOKE};
use super::sql::{Parameter, Sql};
use crate::caller::Caller;
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

impl Bearer {
    /// The caller's token. Fails with [`Error::Unavailable`](crate::Error) while API Gateway keeps a
    /// policy of the last release's authorizer, which doesn't identify it.
    pub fn of(caller: &Caller) -> Result<Self, crate::Error> {
        let key = caller.token_key.ok_or_else(|| crate::Error::Unavailable(OLD_POLICY.into()))?;
        Ok(Self { user_id: caller.id, key })
    }
}

/// Why a token can't be checked.
const OLD_POLICY: &str = "a policy of the last release, until AUTHORIZER_CACHE_SECONDS are over";

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
    /// The time of the sign-in.
    pub created_at: NumericDate,
    /// The last use, accurate to 15 minutes.
    pub used_at: NumericDate,
    /// The end, whatever the use.
    pub expires_at: NumericDate,
    /// The time at which an old refresh token was presented, which ended the session.
    pub ended_at: Option<NumericDate>,
    /// The client's `User-Agent`.
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
        let row = self.ask(&LIST, caller, now, []).await?;
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
        mark: &Mark,
    ) -> Result<Option<i32>, Error> {
        let revoked = (revoked.as_uuid() as _, Type::UUID);
        self.end(&REVOKE, caller, now, mark, revoked).await
    }

    /// Ends all sessions of the caller, and all tokens without one. Returns how many sessions ended.
    pub async fn end_all(
        &self,
        caller: &Bearer,
        now: NumericDate,
        mark: &Mark,
    ) -> Result<Option<i32>, Error> {
        self.end(&END_ALL, caller, now, mark, (&false, Type::BOOL)).await
    }

    /// The same, but the caller's own session goes on.
    pub async fn end_others(
        &self,
        caller: &Bearer,
        now: NumericDate,
        mark: &Mark,
    ) -> Result<Option<i32>, Error> {
        self.end(&END_ALL, caller, now, mark, (&true, Type::BOOL)).await
    }

    /// Ends the caller's own session, or the token until its `expires_at` if it has none. Returns 1.
    pub async fn end_own(
        &self,
        caller: &Bearer,
        expires_at: NumericDate,
        now: NumericDate,
        mark: &Mark,
    ) -> Result<Option<i32>, Error> {
        let digest = match &caller.key {
            TokenKey::Session(session) => return self.revoke(caller, *session, now, mark).await,
            TokenKey::Digest(digest) => digest,
        };
        let parameters = [
            (&caller.user_id.get() as _, Type::INT4),
            (&&digest[..] as _, Type::BYTEA),
            (&expires_at.to_timestamp() as _, Type::FLOAT8),
            (&now.to_timestamp() as _, Type::FLOAT8),
            (&mark.as_slice() as _, Type::BYTEA),
        ];
        Ok(self.0.only_row(&END_OWN_TOKEN, &parameters).await?.try_get(0)?)
    }

    async fn end(
        &self,
        sql: &Sql,
        caller: &Bearer,
        now: NumericDate,
        mark: &Mark,
        what: Parameter<'_>,
    ) -> Result<Option<i32>, Error> {
        let mark = (&mark.as_slice() as _, Type::BYTEA);
        Ok(self.ask(sql, caller, now, [mark, what]).await?.try_get(0)?)
    }

    async fn ask<'a, const N: usize>(
        &'a self,
        sql: &'a Sql,
        caller: &'a Bearer,
        now: NumericDate,
        more: [Parameter<'a>; N],
    ) -> Result<tokio_postgres::Row, Error> {
        let (key, now) = (Key::of(caller), now.to_timestamp());
        let mut parameters = Vec::from(key.parameters());
        parameters.push((&now, Type::FLOAT8));
        parameters.extend(more);
        self.0.only_row(sql, &parameters).await
    }
}

/// What a statement takes of a token.
pub(super) struct Key<'a> {
    user_id: i32,
    session: Option<uuid::Uuid>,
    digest: Option<&'a [u8]>,
}

impl<'a> Key<'a> {
    pub(super) fn of(caller: &'a Bearer) -> Self {
        Self {
            user_id: caller.user_id.get(),
            session: caller.key.session().map(|session| *session.as_uuid()),
            digest: caller.key.digest().map(<[u8; 32]>::as_slice),
        }
    }

    pub(super) fn parameters(&self) -> [Parameter<'_>; 3] {
        [(&self.user_id, Type::INT4), (&self.session, Type::UUID), (&self.digest, Type::BYTEA)]
    }
}

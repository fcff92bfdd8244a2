//! Signs out, by tokens alone.

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::database::{Database, no_row};
use super::error::Error;
use super::sign_ins::SIGN_OUT;
use crate::clock::NumericDate;
use crate::database_id::DatabaseId;
use crate::jwt::Kid;
use crate::refresh_token::RefreshToken;
use crate::session_id::SessionId;
use crate::token_key::TokenKey;
use crate::user_id::UserId;

/// What a sign-out needs of an access token, which may have expired.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The key that signed it.
    pub kid: Kid,
    /// Its user.
    pub user_id: UserId,
    /// By what it can be ended.
    pub key: TokenKey,
    /// Its database.
    pub database_id: DatabaseId,
    /// Its end.
    pub expires_at: NumericDate,
}

/// What a client signs out with.
#[derive(Debug, Default)]
pub struct SignOut {
    /// An access token whose signature is good.
    pub access: Option<AccessToken>,
    /// Refresh tokens of any age.
    pub refresh: [Option<RefreshToken>; 2],
}

/// How a sign-out ended.
#[derive(Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// Whether the key of the access token is accepted, and the token one of this database. Otherwise
    /// it has ended nothing.
    pub is_accepted: bool,
    /// What has ended, and wasn't over before.
    pub ended: Vec<Ended>,
}

/// A session that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its user.
    pub user_id: UserId,
    /// Its id; `None` for a token without a session.
    pub session: Option<SessionId>,
}

/// Signs out.
#[derive(Debug, Clone)]
pub struct SignOuts(Database);

impl SignOuts {
    /// The sessions of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Ends everything that the client names.
    pub async fn sign_out(&self, named: &SignOut, now: NumericDate) -> Result<SignedOut, Error> {
        let token = named.access.as_ref();
        let key = token.map(|token| token.key);
        let session = key.and_then(|key| key.session()).map(|session| *session.as_uuid());
        let digest = key.as_ref().and_then(|key| key.digest()).map(<[u8; 32]>::as_slice);
        let [(id, hash), (also_id, also_hash)] = named.refresh.each_ref().map(|token| {
            let token = token.as_ref();
            let id = token.map(|token| *token.session().as_uuid());
            (id, token.map(|token| token.family_hash().to_vec()))
        });
        let parameters = [
            (&token.map(|token| token.user_id.get()) as _, Type::INT4),
            (&session as _, Type::UUID),
            (&digest as _, Type::BYTEA),
            (&token.map(|token| token.kid.as_str()) as _, Type::TEXT),
            (&token.map(|token| token.database_id.as_str()) as _, Type::TEXT),
            (&token.map(|token| token.expires_at.to_timestamp()) as _, Type::FLOAT8),
            (&id as _, Type::UUID),
            (&hash as _, Type::BYTEA),
            (&also_id as _, Type::UUID),
            (&also_hash as _, Type::BYTEA),
            (&now.to_timestamp() as _, Type::FLOAT8),
        ];
        let rows = self.0.rows(&SIGN_OUT, &parameters).await?;
        let (first, ended) = rows.split_first().ok_or_else(no_row)?;
        let read = |row: &Row| {
            let session: Option<Uuid> = row.try_get("ended_session_id")?;
            Ok(Ended {
                user_id: UserId::new(row.try_get("ended_user_id")?),
                session: session.and_then(SessionId::from_uuid),
            })
        };
        let ended = ended.iter().map(read).collect::<Result<_, Error>>()?;
        Ok(SignedOut { is_accepted: first.try_get("is_accepted")?, ended })
    }
}

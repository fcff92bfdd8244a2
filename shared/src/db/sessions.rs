//! Starts and renews sessions.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::database::Database;
use super::database_identity;
use super::error::Error;
use super::limits::Columns;
use super::notice::{self, Notice};
use super::sign_ins::{REFRESH, START};
use crate::client_id::ClientId;
use crate::clock::NumericDate;
use crate::database_id::DatabaseId;
use crate::device::Device;
use crate::jwt::Kid;
use crate::limits::Refund;
use crate::refresh_token::{RefreshToken, Salt};
use crate::role::Role;
use crate::session_id::SessionId;
use crate::user_id::UserId;

/// What the client gets at a sign-in.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'a> {
    /// An access token alone.
    Access(SessionId),
    /// An access token and this refresh token.
    Token(&'a RefreshToken),
    /// The same, with the refresh token in a cookie.
    Cookie(&'a RefreshToken),
}

impl<'a> Kind<'a> {
    /// The session that it is for.
    pub const fn session(&self) -> SessionId {
        match self {
            Self::Access(session) => *session,
            Self::Token(token) | Self::Cookie(token) => token.session(),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Access(_) => "access",
            Self::Token(_) => "token",
            Self::Cookie(_) => "cookie",
        }
    }

    const fn token(&self) -> Option<&'a RefreshToken> {
        match self {
            Self::Access(_) => None,
            Self::Token(token) | Self::Cookie(token) => Some(token),
        }
    }
}

/// A session to start.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// The user whose password was verified.
    pub user_id: UserId,
    /// `users.session_epoch`, read together with the hash.
    pub session_epoch: i32,
    /// What the client gets.
    pub kind: Kind<'a>,
    /// The client.
    pub client_id: &'a ClientId,
    /// The time of the sign-in.
    pub now: NumericDate,
    /// The end, whatever the use.
    pub expires_at: NumericDate,
    /// The seconds without use after which it ends.
    pub idle_seconds: i32,
    /// The client's device.
    pub device: &'a Device,
    /// What is given back of the attempt's charge.
    pub refund: &'a Refund,
    /// The notice of a new client, to a user whose address is verified; `None` for a client that has signed
    /// in before.
    pub notice: Option<Notice<'a>>,
}

/// How the presentation of a refresh token ended.
#[derive(Debug)]
pub enum Refresh {
    /// The session goes on.
    Renewed(Renewed),
    /// An old token of the session: it was stolen, and this has ended the session of this user.
    Reused(UserId),
    /// It opens no session, and nothing was written.
    Refused,
}

/// What became of a refresh token that was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its successor is current from now on.
    Rotated,
    /// It stays current, since it has just become so. A client that stores it again may overwrite its
    /// successor, so a cookie isn't set again.
    Kept,
    /// It is the previous one, and gets the same successor again.
    Replayed,
}

impl Outcome {
    /// The word for the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rotated => "rotated",
            Self::Kept => "kept",
            Self::Replayed => "replayed",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Rotated, Self::Kept, Self::Replayed].into_iter().find(|it| it.name() == name)
    }
}

/// A session that goes on.
#[derive(Debug)]
pub struct Renewed {
    /// What became of the token.
    pub outcome: Outcome,
    /// The token to hand out: the same for each presentation of one token.
    pub token: RefreshToken,
    /// The number of rotations.
    pub generation: i32,
    /// Its user.
    pub user_id: UserId,
    /// Its client.
    pub client_id: ClientId,
    /// Its end.
    pub expires_at: NumericDate,
    /// The user's roles.
    pub roles: Vec<Role>,
    /// The published keys, the signing one first.
    pub published: Vec<Kid>,
    /// The database that an access token is for.
    pub database_id: DatabaseId,
}

/// Starts and renews sessions.
#[derive(Debug, Clone)]
pub struct Sessions(Database);

impl Sessions {
    /// The sessions of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Starts a session. False if the user is disabled, or all their sessions have ended meanwhile.
    pub async fn start(&self, start: &Start<'_>) -> Result<bool, Error> {
        let Start { kind, device, .. } = start;
        let session = kind.session();
        let family = kind.token().map(|token| token.family_hash().to_vec());
        let current = kind.token().map(|token| token.rotating_hash().to_vec());
        let refund = Columns::of_refund(start.refund);
        let [keys, every, charged_until] = refund.refunded();
        let notice = notice::Columns::of(start.notice.as_ref());
        let [languages, notice_keys, notice_every, notice_burst] = notice.parameters();
        let parameters = [
            (session.as_uuid() as _, Type::UUID),
            (&start.user_id.get() as _, Type::INT4),
            (&start.session_epoch as _, Type::INT4),
            (&kind.name() as _, Type::TEXT),
            (&start.client_id.as_str() as _, Type::TEXT),
            (&family as _, Type::BYTEA),
            (&current as _, Type::BYTEA),
            (&start.now.to_timestamp() as _, Type::FLOAT8),
            (&start.expires_at.to_timestamp() as _, Type::FLOAT8),
            (&start.idle_seconds as _, Type::INT4),
            (&device.user_agent as _, Type::TEXT),
            (&device.ip_prefix as _, Type::TEXT),
            keys,
            every,
            charged_until,
            languages,
            notice_keys,
            notice_every,
            notice_burst,
        ];
        Ok(self.0.only_row(&START, &parameters).await?.try_get("has_started")?)
    }

    /// Exchanges a refresh token. Within `leeway_seconds` of a rotation there is no other, and the
    /// previous token is answered too. `salt` is new.
    pub async fn refresh(
        &self,
        presented: &RefreshToken,
        salt: &Salt,
        now: NumericDate,
        leeway_seconds: u32,
        device: &Device,
    ) -> Result<Refresh, Error> {
        let (session, family) = (presented.session(), presented.family_hash());
        let (current, next) =
            (presented.rotating_hash(), presented.successor(salt).rotating_hash());
        let parameters = [
            (session.as_uuid() as _, Type::UUID),
            (&&family[..] as _, Type::BYTEA),
            (&&current[..] as _, Type::BYTEA),
            (&&next[..] as _, Type::BYTEA),
            (&salt.as_slice() as _, Type::BYTEA),
            (&now.to_timestamp() as _, Type::FLOAT8),
            (&f64::from(leeway_seconds) as _, Type::FLOAT8),
            (&device.user_agent as _, Type::TEXT),
            (&device.ip_prefix as _, Type::TEXT),
        ];
        let row = self.0.only_row(&REFRESH, &parameters).await?;
        match row.try_get("outcome")? {
            None => Ok(Refresh::Refused),
            Some("reused") => Ok(Refresh::Reused(UserId::new(row.try_get("user_id")?))),
            Some(outcome) => Ok(Refresh::Renewed(renewed(presented, outcome, &row)?)),
        }
    }
}

fn renewed(presented: &RefreshToken, outcome: &str, row: &Row) -> Result<Renewed, Error> {
    let broken = |what: &str| Error::Failed(format!("a session with a broken {what}"));
    let outcome = Outcome::named(outcome).ok_or_else(|| broken("outcome"))?;
    let token = match outcome {
        Outcome::Kept => presented.clone(),
        Outcome::Rotated | Outcome::Replayed => {
            let salt = Salt::from_slice(row.try_get("salt")?).ok_or_else(|| broken("salt"))?;
            presented.successor(&salt)
        }
    };
    let kids: Vec<String> = row.try_get("kids")?;
    let roles: Vec<String> = row.try_get("roles")?;
    let database_id: Option<String> = row.try_get("database_id")?;
    Ok(Renewed {
        outcome,
        token,
        generation: row.try_get("generation")?,
        user_id: UserId::new(row.try_get("user_id")?),
        client_id: ClientId::parse(row.try_get("client_id")?).ok_or_else(|| broken("client"))?,
        expires_at: NumericDate::from_seconds(row.try_get("expires_at")?),
        roles: Role::of_user(roles),
        published: kids.into_iter().map(Kid::new).collect(),
        database_id: DatabaseId::new(database_id.ok_or_else(database_identity::missing)?),
    })
}

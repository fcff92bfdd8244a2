//! The session of a sign-in.

use super::attempt::Wants;
use super::lifetimes::Lifetimes;
use super::signed_in::Renewable;
use super::users::SigninUser;
use crate::client_id::ClientId;
use crate::clock::NumericDate;
use crate::db;
use crate::db::notice::Notice;
use crate::db::sessions::{Kind, Sessions, Start};
use crate::device::Device;
use crate::error::Error;
use crate::jwt::TokenSession;
use crate::languages::Languages;
use crate::limits::{Refund, notices};
use crate::log;
use crate::random::Random;
use crate::refresh_token::RefreshToken;
use crate::session_id::SessionId;

/// A session that is to start.
pub(super) struct NewSession {
    pub(super) id: SessionId,
    wants: Wants,
    pub(super) renewable: Option<Renewable>,
    expires_at: NumericDate,
    idle_seconds: u32,
}

/// The client of a session.
pub(super) struct Client<'a> {
    pub(super) id: &'a ClientId,
    pub(super) device: &'a Device,
    /// The languages of the notice to the user, if there is to be one.
    pub(super) languages: Option<&'a Languages>,
}

/// The seconds for which a session goes on at least after the end of an access token, so that a client
/// that refreshes only then isn't too late.
const MARGIN: u32 = 900;

impl NewSession {
    /// A session, and access tokens that live for so many seconds.
    pub(super) fn new(
        wants: Wants,
        life_seconds: u32,
        lifetimes: Lifetimes,
        now: NumericDate,
        random: &Random,
    ) -> Self {
        let id = SessionId::new(now, random);
        if wants == Wants::Access {
            return Self {
                id,
                wants,
                renewable: None,
                expires_at: now.plus(life_seconds),
                idle_seconds: life_seconds,
            };
        }
        let Lifetimes { seconds, idle_seconds } = lifetimes;
        let idle_seconds = idle_seconds.max(life_seconds.saturating_add(MARGIN));
        let token = RefreshToken::first(id, random);
        let expires_at = now.plus(seconds);
        let renewable = Some(Renewable { token, issued_at: now, expires_at });
        Self { id, wants, renewable, expires_at, idle_seconds }
    }

    /// Starts it. False if the user is disabled, or all their sessions have ended meanwhile.
    pub(super) async fn start(
        &self,
        sessions: &Sessions,
        user: &SigninUser,
        client: &Client<'_>,
        refund: &Refund,
        now: NumericDate,
    ) -> Result<bool, db::Error> {
        let kind = match &self.renewable {
            None => Kind::Access(self.id),
            Some(renewable) if self.wants == Wants::Cookie => Kind::Cookie(&renewable.token),
            Some(renewable) => Kind::Token(&renewable.token),
        };
        let Client { id: client_id, device, languages } = *client;
        let charges = notices::new_client(user.id);
        let start = Start {
            user_id: user.id,
            session_epoch: user.session_epoch,
            kind,
            client_id,
            now,
            expires_at: self.expires_at,
            idle_seconds: i32::try_from(self.idle_seconds).unwrap_or(i32::MAX),
            device,
            refund,
            notice: languages.map(|languages| Notice { languages, charges: &charges }),
        };
        sessions.start(&start).await
    }

    pub(super) const fn of_token(&self) -> TokenSession {
        TokenSession { id: self.id, generation: 0, expires_at: self.expires_at }
    }
}

/// Lets a user in without a session while the database takes no writes, if the client wants an access
/// token alone. Such a token is valid while the user's epoch is 0. Fails otherwise.
pub(super) fn unrecorded(error: db::Error, user: &SigninUser, wants: Wants) -> Result<(), Error> {
    let takes_no_writes = matches!(error, db::Error::ReadOnly(_));
    if !(takes_no_writes && wants == Wants::Access && user.session_epoch == 0) {
        return Err(error.into());
    }
    log::notice(Some(user.id), "session_not_recorded", Some(&error.to_string()));
    Ok(())
}

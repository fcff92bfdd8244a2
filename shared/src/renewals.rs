//! Exchanges a refresh token for an access token, for `refresh` and `token`.

use lambda_http::http::{HeaderName, HeaderValue, header};

use crate::clock::{Clock, NumericDate};
use crate::db::sessions::{Outcome, Refresh, Sessions};
use crate::device::Device;
use crate::environment::Environment;
use crate::error::{Answer, Error, Failure, SecurityEvent};
use crate::jwt::{AccessToken, Grant, Signer, TokenSession};
use crate::random::Random;
use crate::refresh_token::{RefreshToken, Salt};
use crate::session_id::SessionId;
use crate::user_id::UserId;

/// Renews sessions.
#[derive(Debug)]
pub struct Renewals {
    sessions: Sessions,
    signer: Signer,
    leeway_seconds: u32,
    clock: Clock,
    random: Random,
}

/// A session that goes on.
#[derive(Debug)]
pub struct Renewal {
    /// Its user.
    pub user_id: UserId,
    /// The new access token.
    pub access_token: AccessToken,
    /// The refresh token to hand out.
    pub refresh_token: RefreshToken,
    /// What became of the one that was presented.
    pub outcome: Outcome,
    /// The time of the renewal.
    pub now: NumericDate,
    /// The end of the session.
    pub expires_at: NumericDate,
}

impl Renewal {
    /// The event for the log.
    pub fn event(&self) -> SecurityEvent {
        SecurityEvent {
            session_id: Some(self.refresh_token.session()),
            outcome: Some(self.outcome.name()),
            ..SecurityEvent::of("session_renewed", Some(self.user_id))
        }
    }
}

/// A refresh token that opens no session. Only the log has more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InvalidSession {
    /// The session that it has ended, being an old token of it, and its user.
    pub reused: Option<(SessionId, UserId)>,
}

/// Every cause has the same answer.
impl Failure for InvalidSession {
    fn answer(&self) -> Answer {
        Answer(401, "invalid_session", "Could not validate credentials")
    }

    /// No access token was sent, so the challenge has no error code (RFC 6750 §3.1).
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
    }

    fn event(&self) -> Option<SecurityEvent> {
        let (session_id, user_id) = self.reused?;
        let session_id = Some(session_id);
        Some(SecurityEvent { session_id, ..SecurityEvent::of("session_reused", Some(user_id)) })
    }
}

impl Renewals {
    /// Renews sessions with these parts. For `leeway_seconds` after a rotation, the new token isn't
    /// rotated, and the previous one is answered too.
    pub const fn new(
        sessions: Sessions,
        signer: Signer,
        leeway_seconds: u32,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self { sessions, signer, leeway_seconds, clock, random }
    }

    /// Reads `REFRESH_LEEWAY_SECONDS`.
    pub fn leeway_seconds(env: &mut Environment) -> u32 {
        env.number("REFRESH_LEEWAY_SECONDS", 60, 0..=300)
    }

    /// Renews the session of a refresh token, in one query.
    pub async fn renew(
        &self,
        presented: &RefreshToken,
        device: &Device,
    ) -> Result<Result<Renewal, InvalidSession>, Error> {
        let (now, salt) = (self.clock.now(), Salt::new(&self.random));
        let refreshed =
            self.sessions.refresh(presented, &salt, now, self.leeway_seconds, device).await?;
        let renewed = match refreshed {
            Refresh::Renewed(renewed) => renewed,
            Refresh::Reused(user_id) => {
                let reused = Some((presented.session(), user_id));
                return Ok(Err(InvalidSession { reused }));
            }
            Refresh::Refused => return Ok(Err(InvalidSession::default())),
        };
        let session = TokenSession {
            id: presented.session(),
            generation: renewed.generation,
            expires_at: renewed.expires_at,
        };
        let grant = Grant {
            user_id: renewed.user_id,
            roles: renewed.roles,
            client_id: &renewed.client_id,
            session: Some(session),
            published: &renewed.published,
            database_id: renewed.database_id,
        };
        Ok(Ok(Renewal {
            user_id: renewed.user_id,
            access_token: self.signer.access_token(grant).await?,
            refresh_token: renewed.token,
            outcome: renewed.outcome,
            now,
            expires_at: renewed.expires_at,
        }))
    }
}

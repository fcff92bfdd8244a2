//! A successful sign-in.

use crate::clock::NumericDate;
use crate::error::SecurityEvent;
use crate::jwt::AccessToken;
use crate::refresh_token::RefreshToken;
use crate::secret::Secret;
use crate::session_id::SessionId;
use crate::user_id::UserId;

/// The user and the tokens of a successful sign-in.
#[derive(Debug)]
pub struct SignedIn {
    /// The user.
    pub user_id: UserId,
    /// The session; `None` if the database takes no writes.
    pub session_id: Option<SessionId>,
    /// The access token.
    pub access_token: AccessToken,
    /// What renews the session, if the client wants that.
    pub renewable: Option<Renewable>,
    /// The client's proofs that it has signed in, for its next time.
    pub proofs: Option<Secret<String>>,
}

/// What renews a session.
#[derive(Debug)]
pub struct Renewable {
    /// The refresh token.
    pub token: RefreshToken,
    /// The start of the session.
    pub issued_at: NumericDate,
    /// The end of the session, whatever the use.
    pub expires_at: NumericDate,
}

/// The event of a successful sign-in in the log.
const SIGNED_IN: &str = "authn_login_success";

impl SignedIn {
    /// Its event in the log.
    pub fn event(&self) -> SecurityEvent {
        let event = SecurityEvent::of(SIGNED_IN, Some(self.user_id));
        SecurityEvent { session_id: self.session_id, ..event }
    }
}

impl Renewable {
    /// The seconds until the end of the session.
    pub const fn expires_in(&self) -> i64 {
        self.expires_at.seconds() - self.issued_at.seconds()
    }
}

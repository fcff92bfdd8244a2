//! The refusal of a sign-in.

use lambda_http::http::{HeaderName, HeaderValue, header};

use crate::error::{Answer, Failure, SecurityEvent};
use crate::password::RefusalReason;
use crate::user_id::UserId;

/// Why a sign-in was refused. Only the log has the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub reason: RefusalReason,
    /// The account with this name, if there is one.
    pub user_id: Option<UserId>,
}

/// Every reason has the same answer.
impl Failure for Refusal {
    fn answer(&self) -> Answer {
        Answer(401, "wrong_credentials", "Incorrect username or password")
    }

    fn cause(&self) -> Option<&str> {
        Some(self.reason.name())
    }

    /// No token was sent, so the challenge has no error code (RFC 6750 §3.1).
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
    }

    fn event(&self) -> Option<SecurityEvent> {
        let Self { reason, user_id } = *self;
        let hash_scheme = reason.hash_scheme();
        Some(SecurityEvent { hash_scheme, ..SecurityEvent::of("authn_login_fail", user_id) })
    }
}

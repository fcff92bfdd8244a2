//! The refusal of a sign-in.

use lambda_http::http::{HeaderName, HeaderValue, header};

use crate::error::{Answer, Failure, SecurityEvent};
use crate::password::RefusalReason;
use crate::user_id::UserId;

/// Why a sign-in was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Every reason has the same answer.
    WrongCredentials {
        /// The reason, which only the log has.
        reason: RefusalReason,
        /// The account with this name, if there is one.
        user_id: Option<UserId>,
    },
    /// The password of this user is right, but the address isn't verified.
    EmailNotVerified(UserId),
}

impl Failure for Refusal {
    fn answer(&self) -> Answer {
        match self {
            Self::WrongCredentials { .. } => {
                Answer(401, "wrong_credentials", "Incorrect username or password")
            }
            Self::EmailNotVerified(_) => Answer(403, "email_not_verified", "Email not verified"),
        }
    }

    fn cause(&self) -> Option<&str> {
        match self {
            Self::WrongCredentials { reason, .. } => Some(reason.name()),
            Self::EmailNotVerified(_) => Some("email_not_verified"),
        }
    }

    /// No token was sent, so the challenge has no error code (RFC 6750 §3.1).
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::WrongCredentials { .. } => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::EmailNotVerified(_) => None,
        }
    }

    fn event(&self) -> Option<SecurityEvent> {
        let (user_id, hash_scheme) = match *self {
            Self::WrongCredentials { reason, user_id } => (user_id, reason.hash_scheme()),
            Self::EmailNotVerified(user_id) => (Some(user_id), None),
        };
        Some(SecurityEvent { hash_scheme, ..SecurityEvent::of("authn_login_fail", user_id) })
    }
}

//! Why there is no token, as OAuth answers (RFC 6749 §5.2).

use shared::error::Failure as _;
use shared::http::{FormError, OAuthError, Reply, uncached};
use shared::renewals::InvalidSession;
use shared::{Error, TokenEndpoint, sign_in};

/// Why there is no token.
#[derive(Debug)]
pub enum Refusal {
    /// The form can't be read, or lacks a parameter.
    Form(FormError),
    /// `client_id` isn't 1 to 255 printable ASCII characters (RFC 6749 appendix A.1).
    ClientId,
    /// The grant type isn't one that this endpoint takes.
    UnsupportedGrantType(TokenEndpoint),
    /// The sign-in is refused.
    SignIn(sign_in::Refusal),
    /// The refresh token opens no session.
    InvalidSession(InvalidSession),
    /// An error that isn't OAuth's.
    Other(Error),
}

impl From<FormError> for Refusal {
    fn from(error: FormError) -> Self {
        Self::Form(error)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<sign_in::Refusal> for Refusal {
    fn from(refusal: sign_in::Refusal) -> Self {
        Self::SignIn(refusal)
    }
}

impl From<InvalidSession> for Refusal {
    fn from(invalid: InvalidSession) -> Self {
        Self::InvalidSession(invalid)
    }
}

impl Refusal {
    /// OAuth's JSON; fails with an error that isn't OAuth's. A sign-in has the status of `signin`: wrong
    /// credentials get 401, as from the legacy app.
    pub fn into_reply(self) -> Result<Reply, Error> {
        let error = match self {
            Self::Form(error) => error.into(),
            Self::ClientId => OAuthError::new(
                "invalid_request",
                "client_id must be 1 to 255 printable ASCII characters",
            ),
            Self::UnsupportedGrantType(endpoint) => OAuthError::new(
                "unsupported_grant_type",
                format!("grant_type must be {}", endpoint.grant_types().join(" or ")),
            ),
            Self::SignIn(refusal) => {
                let body = OAuthError::new("invalid_grant", refusal.answer().2);
                return Ok(uncached(Reply::json(&body).about(&refusal)));
            }
            Self::InvalidSession(invalid) => {
                let error = OAuthError::new("invalid_grant", invalid.answer().2).into_reply();
                return Ok(match invalid.event() {
                    Some(event) => error.logging(event),
                    None => error,
                });
            }
            Self::Other(error) => return Err(error),
        };
        Ok(error.into_reply())
    }
}

//! Why there is no token, as OAuth answers (RFC 6749 §5.2).

use shared::http::{FormError, OAuthError, Reply, uncached};
use shared::{Error, sign_in};

/// Why there is no token.
#[derive(Debug)]
pub enum Refusal {
    /// The form can't be read, or lacks a parameter.
    Form(FormError),
    /// `client_id` isn't 1 to 255 printable ASCII characters (RFC 6749 appendix A.1).
    ClientId,
    /// The grant type isn't `password`.
    UnsupportedGrantType,
    /// The user's name or password is wrong.
    WrongCredentials(sign_in::Refusal),
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
        Self::WrongCredentials(refusal)
    }
}

impl Refusal {
    /// OAuth's JSON; fails with an error that isn't OAuth's. Wrong credentials get 401, as from the
    /// legacy app.
    pub fn into_reply(self) -> Result<Reply, Error> {
        let error = match self {
            Self::Form(error) => error.into(),
            Self::ClientId => OAuthError::new(
                "invalid_request",
                "client_id must be 1 to 255 printable ASCII characters",
            ),
            Self::UnsupportedGrantType => {
                OAuthError::new("unsupported_grant_type", "grant_type must be password")
            }
            Self::WrongCredentials(refusal) => {
                let body = OAuthError::new("invalid_grant", "Incorrect username or password");
                return Ok(uncached(Reply::json(&body).about(&refusal)));
            }
            Self::Other(error) => return Err(error),
        };
        Ok(error.into_reply())
    }
}

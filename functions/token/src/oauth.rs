//! OAuth's errors (RFC 6749 §5.2).

use serde::Serialize;
use shared::http::{HeaderValue, Reply, header};
use shared::{Error, sign_in};
use utoipa::ToSchema;

/// Why there is no token.
#[derive(Debug)]
pub enum Refusal {
    /// The body isn't a form.
    NotAForm,
    /// The body is multipart and its type has no boundary (RFC 2046 §5.1.1).
    NoBoundary,
    /// The body is multipart and its parts can't be read, or one has no name.
    Parts,
    /// A parameter is a file.
    File,
    /// `username` is missing.
    NoUsername,
    /// `password` is missing.
    NoPassword,
    /// A parameter is repeated (RFC 6749 §3.2).
    Repeated,
    /// `client_id` isn't 1 to 255 printable ASCII characters (RFC 6749 appendix A.1).
    ClientId,
    /// A parameter isn't UTF-8, or contains NUL.
    Text,
    /// The grant type isn't `password`.
    UnsupportedGrantType,
    /// The user's name or password is wrong.
    WrongCredentials(sign_in::Refusal),
    /// An error that isn't OAuth's.
    Other(Error),
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

/// An error as OAuth answers with it (RFC 6749 §5.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthError {
    /// The stable name of the error.
    #[schema(examples("invalid_grant"))]
    error: &'static str,
    /// The error in words.
    #[schema(examples("Incorrect username or password"))]
    error_description: &'static str,
}

impl Refusal {
    /// OAuth's JSON; fails with an error that isn't OAuth's. Wrong credentials get 401, as from the
    /// legacy app.
    pub fn into_reply(self) -> Result<Reply, Error> {
        let (error, error_description) = match self {
            Self::NotAForm => (
                "invalid_request",
                "The body must be application/x-www-form-urlencoded or multipart/form-data",
            ),
            Self::NoBoundary => {
                ("invalid_request", "The Content-Type multipart/form-data must have a boundary")
            }
            Self::Parts => (
                "invalid_request",
                "The multipart body must have parts with a name each, divided by its boundary",
            ),
            Self::File => ("invalid_request", "A parameter must be text, not a file"),
            Self::NoUsername => ("invalid_request", "username is required"),
            Self::NoPassword => ("invalid_request", "password is required"),
            Self::Repeated => ("invalid_request", "A parameter must not be repeated"),
            Self::ClientId => {
                ("invalid_request", "client_id must be 1 to 255 printable ASCII characters")
            }
            Self::Text => ("invalid_request", "A parameter must be UTF-8 without NUL"),
            Self::UnsupportedGrantType => ("unsupported_grant_type", "grant_type must be password"),
            Self::WrongCredentials(refusal) => {
                let body = OAuthError {
                    error: "invalid_grant",
                    error_description: "Incorrect username or password",
                };
                return Ok(uncached(Reply::json(&body).about(&refusal)));
            }
            Self::Other(error) => return Err(error),
        };
        let reply = Reply::json(&OAuthError { error, error_description });
        Ok(uncached(reply.with_status(400).with_error(error)))
    }
}

/// Adds `Pragma: no-cache` to the `Cache-Control: no-store` of every answer (RFC 6749 §5.1).
pub(crate) fn uncached(reply: Reply) -> Reply {
    reply.with_header(header::PRAGMA, HeaderValue::from_static("no-cache"))
}

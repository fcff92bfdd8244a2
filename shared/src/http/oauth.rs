//! OAuth's errors (RFC 6749 §5.2), also those of revocation and introspection.

use std::borrow::Cow;

use lambda_http::http::{HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::reply::Reply;

/// An error as OAuth answers with it (RFC 6749 §5.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthError {
    /// The stable name of the error.
    #[schema(examples("invalid_grant"))]
    error: &'static str,
    /// The error in words.
    #[schema(examples("Incorrect username or password"))]
    error_description: Cow<'static, str>,
}

impl OAuthError {
    /// An error with this name and these words, none of which the caller sent.
    pub fn new(error: &'static str, words: impl Into<Cow<'static, str>>) -> Self {
        Self { error, error_description: words.into() }
    }

    /// A 400 with this error.
    pub fn into_reply(self) -> Reply {
        uncached(Reply::json(&self).with_status(400).with_error(self.error))
    }
}

/// Adds `Pragma: no-cache` to the `Cache-Control: no-store` of every answer (RFC 6749 §5.1).
pub fn uncached(reply: Reply) -> Reply {
    reply.with_header(header::PRAGMA, HeaderValue::from_static("no-cache"))
}

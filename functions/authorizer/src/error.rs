//! The authorizer's errors.

use shared::db;
use shared::verifier::InvalidToken;

/// Why there is no policy.
#[derive(Debug)]
pub enum Error {
    /// No valid token. API Gateway answers 401 to exactly this word.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
    Unauthorized,
    /// A token of the legacy app that isn't accepted, with the reason for the log. The answer is the
    /// same word.
    #[cfg(feature = "legacy")]
    LegacyToken(&'static str),
    /// The token couldn't be checked, with the cause for the log. API Gateway takes every other word
    /// as an `AUTHORIZER_FAILURE`.
    Failed(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_failure() { "Service Unavailable" } else { "Unauthorized" })
    }
}

impl From<Error> for lambda_runtime::Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.to_string(), error_message: error.to_string() }
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<InvalidToken> for Error {
    fn from(_: InvalidToken) -> Self {
        Self::Unauthorized
    }
}

impl Error {
    pub(crate) const fn code(&self) -> &'static str {
        if self.is_failure() { "unavailable" } else { "invalid_token" }
    }

    pub(crate) const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

//! `ERROR_FORMAT`: the default form of an error.

use crate::environment::Environment;

/// The form of an error if `Accept` doesn't decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFormat {
    /// Text if the client accepts it, as in the legacy app.
    Text,
    /// Problem details (RFC 9457), unless the client asks for text by name.
    Json,
}

impl ErrorFormat {
    /// Reads `ERROR_FORMAT`.
    pub fn from_env(env: &mut Environment) -> Self {
        env.parsed("ERROR_FORMAT", Self::Text, "must be text or json", |text| match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        })
    }
}

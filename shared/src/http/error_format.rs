//! `ERROR_FORMAT`: the form of an error whose client leaves it open.

use crate::environment::Environment;

/// What an error is where `Accept` doesn't decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFormat {
    /// As the app has it: text wherever the client takes text.
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

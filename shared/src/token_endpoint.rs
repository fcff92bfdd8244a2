//! The setting `TOKEN_ENDPOINT`.

use crate::environment::Environment;

/// What OAuth's token endpoint grants tokens for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEndpoint {
    /// A password or a refresh token.
    On,
    /// A refresh token alone.
    Refresh,
    /// Nothing: there is no such route.
    Off,
}

impl TokenEndpoint {
    /// Reads `TOKEN_ENDPOINT`.
    pub fn from_env(env: &mut Environment) -> Self {
        let rule = "must be on, refresh or off";
        env.parsed("TOKEN_ENDPOINT", Self::On, rule, |text| match text {
            "on" => Some(Self::On),
            "refresh" => Some(Self::Refresh),
            "off" => Some(Self::Off),
            _ => None,
        })
    }

    /// The values of `grant_type` that it takes (RFC 8414 §2).
    pub const fn grant_types(self) -> &'static [&'static str] {
        match self {
            Self::On => &["password", "refresh_token"],
            Self::Refresh => &["refresh_token"],
            Self::Off => &[],
        }
    }
}

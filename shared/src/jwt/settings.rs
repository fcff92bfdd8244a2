//! The settings of tokens.

use super::issuer::Issuer;
use crate::environment::Environment;

/// The longest lifetime of a token: 30 days, that of the legacy app's.
pub const MAX_ACCESS_TOKEN_SECONDS: u32 = 2_592_000;

/// How long caches of HTTP may keep the public keys, in seconds.
pub const PUBLIC_KEYS_MAX_AGE_SECONDS: u32 = 300;

/// The issuer and the audience of tokens.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `iss`.
    pub issuer: Issuer,
    /// `aud`.
    pub audience: String,
}

impl Settings {
    /// Reads `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub fn from_env(env: &mut Environment) -> Self {
        Self { issuer: Issuer::from_env(env), audience: env.text_or("TOKEN_AUDIENCE", "latchkey") }
    }

    /// Reads `ACCESS_TOKEN_SECONDS`: the lifetime of a token.
    pub fn access_token_seconds(env: &mut Environment) -> u32 {
        env.number("ACCESS_TOKEN_SECONDS", 3600, 1..=MAX_ACCESS_TOKEN_SECONDS)
    }
}

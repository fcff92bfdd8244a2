//! What tokens say of us.

use crate::environment::Environment;

/// The longest life that a token can be given: 30 days, as long as the app's.
pub const MAX_ACCESS_TOKEN_SECONDS: u32 = 2_592_000;

/// How long another service may keep the public keys that it has read, in seconds. A new key must
/// have been published for as long before it signs.
pub const PUBLIC_KEYS_MAX_AGE_SECONDS: u32 = 300;

/// Who issues tokens, and for whom.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
}

impl Settings {
    /// Reads `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub fn from_env(env: &mut Environment) -> Self {
        Self {
            issuer: env.text_or("TOKEN_ISSUER", "latchkey"),
            audience: env.text_or("TOKEN_AUDIENCE", "latchkey"),
        }
    }

    /// Reads `ACCESS_TOKEN_SECONDS`: how long a token lives.
    pub fn access_token_seconds(env: &mut Environment) -> u32 {
        env.number("ACCESS_TOKEN_SECONDS", 3600, 1..=MAX_ACCESS_TOKEN_SECONDS)
    }
}

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

/// What a token says about its user, beside who they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TokenClaims {
    /// Nothing.
    #[default]
    None,
    /// Their roles, for services that can't ask the authorizer.
    Roles,
}

impl Settings {
    /// Reads `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub fn from_env(env: &mut Environment) -> Self {
        Self { issuer: Issuer::from_env(env), audience: env.text_or("TOKEN_AUDIENCE", "latchkey") }
    }

    /// Reads `TOKEN_CLAIMS`.
    pub fn token_claims(env: &mut Environment) -> TokenClaims {
        env.parsed("TOKEN_CLAIMS", TokenClaims::None, "must be none or roles", |text| match text {
            "none" => Some(TokenClaims::None),
            "roles" => Some(TokenClaims::Roles),
            _ => None,
        })
    }

    /// Reads `ACCESS_TOKEN_SECONDS`: the lifetime of a token.
    pub fn access_token_seconds(env: &mut Environment) -> u32 {
        env.number("ACCESS_TOKEN_SECONDS", 3600, 1..=MAX_ACCESS_TOKEN_SECONDS)
    }
}

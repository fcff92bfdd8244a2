//! Accepts the legacy app's tokens until a day that the operator sets, so that the move to Latchkey
//! signs nobody out.
//!
//! These tokens have a username and an expiry, and are signed with the legacy app's secret. They
//! can't be confused with ours: a token's form decides its kind, and each kind has its own key and
//! algorithm (RFC 8725 §3.1).

mod refusal;
mod rfc_3339;
mod secret;
mod secret_source;
mod settings;
mod token;

use shared::secrets_manager::SecretsManager;
use shared::{NumericDate, TokenKey, Username};

pub use refusal::Refusal;
use secret_source::SecretSource;
pub use settings::Settings;
pub use token::LegacyToken;

/// Verifies the legacy app's tokens.
#[derive(Debug)]
pub struct LegacyTokens {
    secret: SecretSource,
    until: NumericDate,
}

/// The claims of a valid token.
#[derive(Debug)]
pub struct ValidToken {
    /// The username. It identifies an account only if that existed at the adoption.
    pub username: Username,
    /// The earlier of the token's expiry and `LEGACY_TOKENS_UNTIL`.
    pub expires_at: NumericDate,
    /// By what it can be ended.
    pub key: TokenKey,
}

/// The error of a verification.
#[derive(Debug)]
pub enum Error {
    /// The token isn't valid.
    Refused(Refusal),
    /// The secret is out of reach or unusable: the cause, for the log.
    Unavailable(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl LegacyTokens {
    /// Uses these settings.
    pub fn new(settings: Settings, secrets: SecretsManager) -> Self {
        Self { secret: SecretSource::new(settings.secret, secrets), until: settings.until }
    }

    /// Verifies a token at `now`.
    pub async fn verify(
        &self,
        token: &LegacyToken<'_>,
        now: NumericDate,
    ) -> Result<ValidToken, Error> {
        if now >= self.until {
            return Err(Refusal::AfterCutoff.into());
        }
        let secret = self.secret.read(now).await.map_err(Error::Unavailable)?;
        let claims = token.claims(&secret, now)?;
        let username = Username::parse(claims.sub).map_err(|_| Refusal::UnknownUser)?;
        Ok(ValidToken { username, expires_at: claims.exp.min(self.until), key: token.key() })
    }
}

//! The app's own tokens, until a day that the operator sets: nobody is signed out when Latchkey
//! takes the app's place.
//!
//! They name a user and their end, and are signed with a secret that the app knows. Nothing of
//! them is ever taken for a token of ours, nor the other way round: the form says which it is, and
//! each form has a key and an algorithm of its own (RFC 8725 §3.1).

mod rfc_3339;
mod secret;
mod secret_source;
mod settings;
mod token;

use shared::secrets_manager::SecretsManager;
use shared::{NumericDate, Username};

use secret_source::SecretSource;
pub use settings::Settings;
pub use token::LegacyToken;

/// Verifies the legacy app's tokens.
#[derive(Debug)]
pub struct LegacyTokens {
    secret: SecretSource,
    until: NumericDate,
}

/// What a valid token proves.
#[derive(Debug)]
pub struct ValidToken {
    /// The user's name. It is the name of an account only if that existed at the adoption.
    pub username: Username,
    /// From when on it is no longer valid: its own end or the operator's day, whichever is first.
    pub expires_at: NumericDate,
}

/// Why a token isn't accepted.
#[derive(Debug)]
pub enum Error {
    /// It isn't valid.
    Refused(Refusal),
    /// The secret is out of reach or unusable: the cause, for the log.
    Unavailable(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Why a token of the app's form is not accepted. The caller hears what everybody hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The day has come.
    AfterCutoff,
    /// Another secret has signed it, or nobody.
    WrongSignature,
    /// It lacks a claim that the app's have, or has one that the app refuses.
    WrongClaims,
    /// Its own end has come.
    Expired,
    /// Its beginning is to come.
    NotYetValid,
    /// Nobody of that name was there at the adoption and still is.
    UnknownUser,
}

impl Refusal {
    /// Its stable name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AfterCutoff => "after_cutoff",
            Self::WrongSignature => "wrong_signature",
            Self::WrongClaims => "wrong_claims",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::UnknownUser => "unknown_user",
        }
    }
}

impl LegacyTokens {
    /// Verifies by these settings.
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
        Ok(ValidToken { username, expires_at: claims.exp.min(self.until) })
    }
}

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

use shared::db::{AdoptedCallers, Database, FoundCaller};
use shared::secrets_manager::SecretsManager;
use shared::{Caller, NumericDate, Username};

use crate::Error;
use secret_source::SecretSource;
pub use settings::Settings;
pub(crate) use token::LegacyToken;

/// Accepts the app's tokens.
#[derive(Debug)]
pub(crate) struct LegacyTokens {
    secret: SecretSource,
    until: NumericDate,
    callers: AdoptedCallers,
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
    pub(crate) const fn name(self) -> &'static str {
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
    /// Accepts them for users of that database.
    pub(crate) fn new(settings: Settings, secrets: SecretsManager, database: Database) -> Self {
        let secret = SecretSource::new(settings.secret, secrets);
        Self { secret, until: settings.until, callers: AdoptedCallers::new(database) }
    }

    /// Who calls by that token, until it or the day ends: an answer that is kept outlives neither.
    pub(crate) async fn caller(
        &self,
        token: &LegacyToken<'_>,
        now: NumericDate,
    ) -> Result<Caller, Error> {
        if now >= self.until {
            return Err(Refusal::AfterCutoff.into());
        }
        let secret = self.secret.read(now).await.map_err(Error::Failed)?;
        let claims = token.claims(&secret, now)?;
        let username = Username::parse(claims.sub).map_err(|_| Refusal::UnknownUser)?;
        let (id, found) = self.callers.find(&username).await?.ok_or(Refusal::UnknownUser)?;
        let FoundCaller { username, email, roles } = found;
        Ok(Caller { id, username, email, roles, expires_at: claims.exp.min(self.until) })
    }
}

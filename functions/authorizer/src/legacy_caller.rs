//! Callers by tokens of the legacy app.

use legacy::tokens::{self, LegacyToken, LegacyTokens, Refusal, Settings, ValidToken};
use shared::secrets_manager::SecretsManager;
use shared::verifier::FoundCaller;
use shared::{Caller, NumericDate};

use crate::adopted_callers::AdoptedCallers;
use crate::error::Error;

/// Verifies such tokens and finds their users.
#[derive(Debug)]
pub(crate) struct Legacy {
    tokens: LegacyTokens,
    callers: AdoptedCallers,
}

impl Legacy {
    pub(crate) fn new(
        settings: Settings,
        secrets: SecretsManager,
        callers: AdoptedCallers,
    ) -> Self {
        Self { tokens: LegacyTokens::new(settings, secrets), callers }
    }

    /// The caller, with an `expires_at` so that a cached policy outlives neither the token nor
    /// `LEGACY_TOKENS_UNTIL`.
    pub(crate) async fn caller(
        &self,
        token: &LegacyToken<'_>,
        now: NumericDate,
    ) -> Result<Caller, Error> {
        let ValidToken { username, expires_at, key } = self.tokens.verify(token, now).await?;
        let found = self.callers.find(&username, &key, now).await??;
        let (id, FoundCaller { username, email, roles }) = found;
        Ok(Caller { id, username, email, roles, expires_at, token_key: Some(key) })
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::LegacyToken(refusal.name())
    }
}

impl From<tokens::Error> for Error {
    fn from(error: tokens::Error) -> Self {
        match error {
            tokens::Error::Refused(refusal) => refusal.into(),
            tokens::Error::Unavailable(cause) => Self::Failed(cause),
        }
    }
}

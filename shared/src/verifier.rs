//! Verifies our tokens, and finds the callers that they name.

mod callers;
mod signed_tokens;
mod unverified_token;
mod valid_token;
#[cfg(test)]
mod vectors;
mod verifying_key;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::signed_tokens::SignedTokens;
use self::verifying_key::VerifyingKey;
use crate::clock::{Clock, NumericDate};
use crate::db::{self, SigningKeys};
use crate::jwt::{Issuer, Kid, Settings};

pub use callers::{Callers, Found, FoundCaller};
pub use unverified_token::UnverifiedToken;
pub use valid_token::{InvalidToken, ValidToken};

/// The minimum interval between two reads of the public keys, so that tokens with forged key ids
/// cost one query in this time.
const REREAD_SECONDS: u32 = 5;

/// Verifies tokens with the public keys in the database.
#[derive(Debug)]
pub struct Verifier {
    settings: Settings,
    previous_issuer: Option<Issuer>,
    signing_keys: SigningKeys,
    clock: Clock,
    keys: Mutex<Keys>,
    signed: SignedTokens,
}

/// The public keys of the last read.
#[derive(Default)]
struct Keys {
    by_kid: HashMap<Kid, VerifyingKey>,
    read_at: Option<NumericDate>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_kid.keys()).finish()
    }
}

impl Verifier {
    /// Verifies with the keys in `signing_keys`.
    pub fn new(settings: Settings, signing_keys: SigningKeys, clock: Clock) -> Self {
        let (keys, signed) = Default::default();
        Self { settings, previous_issuer: None, signing_keys, clock, keys, signed }
    }

    /// Accepts the tokens of this issuer too.
    #[must_use]
    pub fn with_previous_issuer(self, previous_issuer: Option<Issuer>) -> Self {
        Self { previous_issuer, ..self }
    }

    /// Verifies issuer, audience, client, times and the form of the key's id, then the signature.
    /// Queries the database only if all but the signature is valid and the key is unknown.
    ///
    /// A function compares the token's database with its own, and asks whether the key has been
    /// withdrawn since.
    pub async fn verify(
        &self,
        token: &UnverifiedToken<'_>,
    ) -> Result<Result<ValidToken, InvalidToken>, db::Error> {
        let now = self.clock.now();
        let valid = self.valid(token, now).filter(|valid| now < valid.expires_at);
        self.signed(token, valid, now).await
    }

    /// Verifies all but that `exp` isn't over, for a user who signs out late.
    pub async fn verify_expired_too(
        &self,
        token: &UnverifiedToken<'_>,
    ) -> Result<Result<ValidToken, InvalidToken>, db::Error> {
        let now = self.clock.now();
        self.signed(token, self.valid(token, now), now).await
    }

    /// The claims, if all of them but `exp` are valid.
    fn valid(&self, token: &UnverifiedToken<'_>, now: NumericDate) -> Option<ValidToken> {
        ValidToken::of_claims(token, &self.settings, self.previous_issuer.as_ref(), now)
    }

    /// The claims, if there are any and the token is signed.
    async fn signed(
        &self,
        token: &UnverifiedToken<'_>,
        valid: Option<ValidToken>,
        now: NumericDate,
    ) -> Result<Result<ValidToken, InvalidToken>, db::Error> {
        let Some(valid) = valid else {
            return Ok(Err(InvalidToken));
        };
        if !token.has_thumbprint() {
            return Ok(Err(InvalidToken));
        }
        let mut key = self.key(&token.kid);
        if key.is_none() {
            self.reread(now).await?;
            key = self.key(&token.kid);
        }
        let is_signed = key.is_some_and(|key| self.signed.include(token, &key));
        Ok(is_signed.then_some(valid).ok_or(InvalidToken))
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, kid: &Kid) -> Option<VerifyingKey> {
        self.keys().by_kid.get(kid).cloned()
    }

    /// Reads the keys, unless the last read is less than [`REREAD_SECONDS`] ago. A failed read
    /// doesn't count.
    async fn reread(&self, now: NumericDate) -> Result<(), db::Error> {
        let read_at = self.keys().read_at;
        if read_at.is_some_and(|read_at| now < read_at.plus(REREAD_SECONDS)) {
            return Ok(());
        }
        let keys = self.signing_keys.list_accepted(now).await?.into_iter();
        let by_kid = keys.filter_map(|(kid, key)| Some((kid, VerifyingKey::of(&key)?))).collect();
        *self.keys() = Keys { by_kid, read_at: Some(now) };
        self.signed.clear();
        Ok(())
    }
}

//! Telling our tokens from all others.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jsonwebtoken::DecodingKey;

use super::claims::Claims;
use super::public_key::Kid;
use super::settings::Settings;
use super::signed_tokens::SignedTokens;
use super::unverified::UnverifiedToken;
use crate::client_id::ClientId;
use crate::clock::{Clock, NumericDate};
use crate::database_id::DatabaseId;
use crate::db::{self, SigningKeys};
use crate::user_id::UserId;

/// How far ahead of ours the clock of the function that issued a token may be. Its expiry knows
/// no such grace.
const CLOCK_SKEW_SECONDS: u32 = 5;

/// How long a container believes its copy of the public keys when a token names another: forged
/// identifiers cost the database one query in this time, however many there are.
const REREAD_SECONDS: u32 = 5;

/// Verifies tokens with the public keys of the database. It can't sign any.
#[derive(Debug)]
pub struct Verifier {
    settings: Settings,
    signing_keys: SigningKeys,
    clock: Clock,
    keys: Mutex<Keys>,
    signed: SignedTokens,
}

/// The public keys as they were last read.
#[derive(Default)]
struct Keys {
    by_kid: HashMap<Kid, DecodingKey>,
    read_at: Option<NumericDate>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_kid.keys()).finish()
    }
}

/// The token isn't one of ours, or isn't valid now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidToken;

/// What a valid token proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidToken {
    /// Whose it is.
    pub user_id: UserId,
    /// From when on it is no longer valid.
    pub expires_at: NumericDate,
    /// The database that it was issued over: [`crate::db::Callers::find`] compares it with its own.
    pub database_id: DatabaseId,
}

impl ValidToken {
    /// What a token proves if its signature is good; `None` if its claims aren't ours, or aren't
    /// valid at `now`.
    pub(super) fn of_claims(
        token: &UnverifiedToken<'_>,
        settings: &Settings,
        now: NumericDate,
    ) -> Option<Self> {
        let claims: Claims = token.jws.payload()?;
        let user_id = UserId::parse(&claims.sub)?;
        let is_ours = claims.iss == settings.issuer
            && claims.aud.includes(&settings.audience)
            && ClientId::parse(&claims.client_id).is_some()
            && !claims.jti.is_empty();
        let is_valid_now = now < claims.exp
            && claims.nbf.is_none_or(|nbf| nbf <= now)
            && claims.iat <= now.plus(CLOCK_SKEW_SECONDS);
        let Claims { exp: expires_at, database_id, .. } = claims;
        (is_ours && is_valid_now).then_some(Self { user_id, expires_at, database_id })
    }
}

impl Verifier {
    /// Verifies with the keys that `signing_keys` lists.
    pub fn new(settings: Settings, signing_keys: SigningKeys, clock: Clock) -> Self {
        let (keys, signed) = Default::default();
        Self { settings, signing_keys, clock, keys, signed }
    }

    /// Verifies issuer, audience, client, times and the form of the key's id, then the signature.
    /// The database is asked only where a token passes for ours in all but its signature and names
    /// a key that we haven't read.
    ///
    /// A key that was withdrawn since it was read is the business of the query that follows
    /// ([`crate::db::Callers::find`]).
    pub async fn verify(
        &self,
        token: &UnverifiedToken<'_>,
    ) -> Result<Result<ValidToken, InvalidToken>, db::Error> {
        let now = self.clock.now();
        let Some(valid) = ValidToken::of_claims(token, &self.settings, now) else {
            return Ok(Err(InvalidToken));
        };
        if !token.kid.is_thumbprint() {
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

    fn key(&self, kid: &Kid) -> Option<DecodingKey> {
        self.keys().by_kid.get(kid).cloned()
    }

    /// Reads the keys, unless that was done a moment ago. A failure isn't remembered.
    async fn reread(&self, now: NumericDate) -> Result<(), db::Error> {
        let read_at = self.keys().read_at;
        if read_at.is_some_and(|read_at| now < read_at.plus(REREAD_SECONDS)) {
            return Ok(());
        }
        let keys = self.signing_keys.list_accepted(now).await?.into_iter();
        let by_kid = keys.filter_map(|(kid, key)| Some((kid, key.decoding_key()?))).collect();
        *self.keys() = Keys { by_kid, read_at: Some(now) };
        self.signed.clear();
        Ok(())
    }
}

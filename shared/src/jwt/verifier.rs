//! Telling our tokens from all others.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jsonwebtoken::{Algorithm, DecodingKey};

use super::claims::{CLIENT_ID, Claims};
use super::public_key::Kid;
use super::settings::Settings;
use super::unverified::UnverifiedToken;
use crate::clock::{Clock, NumericDate};
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
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    keys: HashMap<Kid, DecodingKey>,
    read_at: Option<NumericDate>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("read_at", &self.read_at).finish_non_exhaustive()
    }
}

/// The token isn't one of ours, or isn't valid now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidToken;

impl Verifier {
    /// Verifies with the keys that `signing_keys` lists.
    pub fn new(settings: Settings, signing_keys: SigningKeys, clock: Clock) -> Self {
        Self { settings, signing_keys, clock, cache: Mutex::default() }
    }

    /// Reads the public keys ahead of the first token, as far as the database can be reached.
    pub async fn warm_up(&self) -> Result<(), db::Error> {
        self.reread(self.clock.now()).await
    }

    /// Verifies signature, form, issuer, audience, client and times.
    ///
    /// A key that was withdrawn since it was read is the business of the query that follows
    /// ([`crate::db::Users::find_for_authorization`]).
    pub async fn verify(
        &self,
        token: &UnverifiedToken<'_>,
    ) -> Result<Result<(UserId, Claims), InvalidToken>, db::Error> {
        let now = self.clock.now();
        if self.is_stale_for(&token.kid, now) {
            self.reread(now).await?;
        }
        Ok(self.check(token, now).ok_or(InvalidToken))
    }

    fn is_stale_for(&self, kid: &Kid, now: NumericDate) -> bool {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let old = cache.read_at.is_none_or(|read_at| now >= read_at.plus(REREAD_SECONDS));
        old && !cache.keys.contains_key(kid)
    }

    async fn reread(&self, now: NumericDate) -> Result<(), db::Error> {
        let keys = self.signing_keys.list_accepted(now).await?;
        let keys = keys.into_iter().filter_map(|(kid, key)| Some((kid, key.decoding_key()?)));
        let fresh = Cache { keys: keys.collect(), read_at: Some(now) };
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    fn check(&self, token: &UnverifiedToken<'_>, now: NumericDate) -> Option<(UserId, Claims)> {
        let key = {
            let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.keys.get(&token.kid)?.clone()
        };
        let message = token.message.as_bytes();
        // The algorithm is the key's, whatever the header says.
        jsonwebtoken::crypto::verify(token.signature, message, &key, Algorithm::ES256)
            .ok()
            .filter(|valid| *valid)?;
        let claims: Claims = serde_json::from_str(&token.payload).ok()?;
        let user_id = UserId::parse(&claims.sub)?;
        let is_ours = claims.iss == self.settings.issuer
            && claims.aud.includes(&self.settings.audience)
            && claims.client_id == CLIENT_ID
            && !claims.jti.is_empty();
        let is_valid_now = now < claims.exp
            && claims.nbf.is_none_or(|nbf| nbf <= now)
            && claims.iat <= now.plus(CLOCK_SKEW_SECONDS);
        (is_ours && is_valid_now).then_some((user_id, claims))
    }
}

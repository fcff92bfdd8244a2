//! A cache of tokens with a verified signature.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use lru::LruCache;

use super::unverified_token::UnverifiedToken;
use super::verifying_key::VerifyingKey;

/// The most entries of the cache, of some 100 bytes each. It evicts the least recently used.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// Remembers the SHA-256 of tokens whose signature is verified, which is most of a verification's
/// work. A valid signature stays valid; the claims and the caller are checked for each request.
pub(super) struct SignedTokens(Mutex<LruCache<[u8; 32], ()>>);

impl Default for SignedTokens {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl std::fmt::Debug for SignedTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SignedTokens").finish_non_exhaustive()
    }
}

impl SignedTokens {
    /// Whether `key` has signed the token. The token's header names the key.
    pub(super) fn include(&self, token: &UnverifiedToken<'_>, key: &VerifyingKey) -> bool {
        let digest = digest(token);
        if self.with(|remembered| remembered.get(&digest).is_some()) {
            return true;
        }
        let is_signed = token.is_signed_with(key);
        if is_signed {
            self.with(|remembered| remembered.put(digest, ()));
        }
        is_signed
    }

    /// Empties the cache, because the keys have been read again.
    pub(super) fn clear(&self) {
        self.with(LruCache::clear);
    }

    fn with<T>(&self, work: impl FnOnce(&mut LruCache<[u8; 32], ()>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The digest of the token as sent. The dot between message and signature makes the digest's input
/// different for each token.
fn digest(token: &UnverifiedToken<'_>) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in [token.jws.message, ".", token.jws.signature] {
        context.update(part.as_bytes());
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::{Grant, KeySource, Settings, Signer, SigningKey};
    use crate::{ClientId, Clock, DatabaseId, NumericDate, Random, Secret, UserId};

    fn secret(digit: &str) -> Secret<String> {
        Secret::new(digit.repeat(64))
    }

    fn key(digit: &str) -> SigningKey {
        SigningKey::parse(&secret(digit)).unwrap()
    }

    fn public(digit: &str) -> VerifyingKey {
        VerifyingKey::of(key(digit).public_key()).unwrap()
    }

    /// A token of that user, signed with the key of that digit.
    async fn token(digit: &str, user_id: i32) -> String {
        let settings = Settings { issuer: "i".parse().unwrap(), audience: "a".into() };
        let clock = Clock::fixed(NumericDate::from_seconds(1_000));
        let source = KeySource::Value(secret(digit));
        let signer = Signer::new(settings, 60, source, clock, Random::counted(1));
        let (published, database) = ([key(digit).kid().clone()], DatabaseId::new("d".into()));
        let grant = Grant {
            user_id: UserId::new(user_id),
            roles: Vec::new(),
            client_id: &ClientId::default(),
            session: None,
            published: &published,
            database_id: database,
        };
        signer.access_token(grant).await.unwrap().token.expose().clone()
    }

    #[tokio::test]
    async fn a_good_signature_is_verified_once() {
        let (tokens, ours, other) = (SignedTokens::default(), public("1"), public("2"));
        let token = token("1", 7).await;
        let token = UnverifiedToken::parse(&token).unwrap();
        assert!(!tokens.include(&token, &other), "a bad one isn't remembered");
        assert!(tokens.include(&token, &ours));
        // Another key shows that the cached entry is used: no caller passes one.
        assert!(tokens.include(&token, &other));
        tokens.clear();
        assert!(!tokens.include(&token, &other));
    }

    #[tokio::test]
    async fn a_token_is_not_taken_for_another() {
        let (tokens, ours) = (SignedTokens::default(), public("1"));
        let (good, next) = (token("1", 7).await, token("1", 8).await);
        assert!(tokens.include(&UnverifiedToken::parse(&good).unwrap(), &ours));
        let (signed, _) = good.rsplit_once('.').unwrap();
        let (next_signed, next_signature) = next.rsplit_once('.').unwrap();
        for forged in [
            format!("{signed}.{next_signature}"),
            format!("{next_signed}.{}", good.rsplit_once('.').unwrap().1),
        ] {
            let forged = UnverifiedToken::parse(&forged).unwrap();
            assert!(!tokens.include(&forged, &ours));
        }
    }

    #[test]
    fn a_hundred_thousand_tokens_grow_nothing() {
        let tokens = SignedTokens::default();
        for number in 0..100_000_u32 {
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&number.to_le_bytes());
            tokens.with(|remembered| remembered.put(digest, ()));
        }
        assert_eq!(tokens.with(|remembered| remembered.len()), CAPACITY.get());
    }
}

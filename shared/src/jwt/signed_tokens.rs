//! A cache of tokens with a verified signature.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use jsonwebtoken::DecodingKey;
use lru::LruCache;

use super::unverified::UnverifiedToken;

/// The most entries of the cache, of some 100 bytes each. It evicts the least recently used.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// Caches verified tokens by their SHA-256: the signature is most of the work of a verification and
/// stays valid. What changes with time, the claims and the caller, isn't cached.
pub struct SignedTokens(Mutex<LruCache<[u8; 32], ()>>);

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
    /// Whether `key`, which the token's header names, has signed it.
    pub fn include(&self, token: &UnverifiedToken<'_>, key: &DecodingKey) -> bool {
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
    pub fn clear(&self) {
        self.with(LruCache::clear);
    }

    fn with<T>(&self, work: impl FnOnce(&mut LruCache<[u8; 32], ()>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The digest of the token as sent. The dot separates message and signature, so no two tokens have
/// the same text.
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
    use jsonwebtoken::{Algorithm, Header};

    use super::*;
    use crate::jwt::SigningKey;
    use crate::secret::Secret;

    fn key(digit: &str) -> SigningKey {
        SigningKey::parse(&Secret::new(digit.repeat(64))).unwrap()
    }

    fn public(key: &SigningKey) -> DecodingKey {
        key.public_key().decoding_key().unwrap()
    }

    fn token(key: &SigningKey, subject: &str) -> String {
        let mut header = Header::new(Algorithm::ES256);
        (header.typ, header.kid) = (Some("at+jwt".into()), Some("k".into()));
        jsonwebtoken::encode(&header, &[subject], key.encoding_key()).unwrap()
    }

    #[test]
    fn a_good_signature_is_verified_once() {
        let (tokens, ours, other) = (SignedTokens::default(), key("1"), key("2"));
        let token = token(&ours, "7");
        let token = UnverifiedToken::parse(&token).unwrap();
        assert!(!tokens.include(&token, &public(&other)), "a bad one isn't remembered");
        assert!(tokens.include(&token, &public(&ours)));
        // Another key shows that the cached entry is used: no caller passes one.
        assert!(tokens.include(&token, &public(&other)));
        tokens.clear();
        assert!(!tokens.include(&token, &public(&other)));
    }

    #[test]
    fn a_token_is_not_taken_for_another() {
        let (tokens, ours) = (SignedTokens::default(), key("1"));
        let (good, next) = (token(&ours, "7"), token(&ours, "8"));
        assert!(tokens.include(&UnverifiedToken::parse(&good).unwrap(), &public(&ours)));
        let (signed, _) = good.rsplit_once('.').unwrap();
        let (next_signed, next_signature) = next.rsplit_once('.').unwrap();
        for forged in [
            format!("{signed}.{next_signature}"),
            format!("{next_signed}.{}", good.rsplit_once('.').unwrap().1),
        ] {
            let forged = UnverifiedToken::parse(&forged).unwrap();
            assert!(!tokens.include(&forged, &public(&ours)));
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

//! A public key that verifies signatures.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;

use crate::jwt::{Algorithm, F4, Jws, MODULUS_BYTES, PublicKey};

/// A public key with the one algorithm that it verifies: a token can't choose another (RFC 8725
/// §3.1).
#[derive(Clone)]
pub(super) struct VerifyingKey {
    key: DecodingKey,
    algorithm: Algorithm,
}

impl VerifyingKey {
    /// The key of a JWK; `None` if it is neither a P-256 key nor an RSA key of our form.
    pub(super) fn of(key: &PublicKey) -> Option<Self> {
        let algorithm = key.algorithm();
        let key = match key {
            PublicKey::Ec { crv, x, y } => {
                (crv == "P-256").then(|| DecodingKey::from_ec_components(x, y).ok())?
            }
            PublicKey::Rsa { n, e } => {
                let modulus = URL_SAFE_NO_PAD.decode(n).ok()?;
                let is_ours = MODULUS_BYTES.contains(&modulus.len()) && e == F4;
                is_ours.then(|| DecodingKey::from_rsa_components(n, e).ok())?
            }
        };
        Some(Self { key: key?, algorithm })
    }

    /// Its algorithm.
    pub(super) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether it has signed the token. The header has no effect.
    pub(super) fn has_signed(&self, token: &Jws<'_>) -> bool {
        token.is_signed_with(&self.key, self.algorithm.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(jwk: &str) -> Option<VerifyingKey> {
        VerifyingKey::of(&serde_json::from_str(jwk).unwrap())
    }

    #[test]
    fn only_a_p256_key_verifies_es256() {
        let ec = |crv: &str| key(&format!(r#"{{"kty":"EC","crv":"{crv}","x":"AA","y":"AA"}}"#));
        assert_eq!(ec("P-256").map(|key| key.algorithm()), Some(Algorithm::Es256));
        assert!(ec("P-384").is_none());
    }

    #[test]
    fn only_an_rsa_key_of_our_form_verifies_rs256() {
        let rsa = |bytes: usize, e: &str| {
            let n = URL_SAFE_NO_PAD.encode(vec![0xc5; bytes]);
            key(&format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#))
        };
        for bytes in [256, 384, 512] {
            assert_eq!(rsa(bytes, "AQAB").map(|key| key.algorithm()), Some(Algorithm::Rs256));
        }
        for (bytes, e) in [(128, "AQAB"), (255, "AQAB"), (513, "AQAB"), (384, "Aw"), (384, "AQ")] {
            assert!(rsa(bytes, e).is_none(), "{bytes} {e}");
        }
    }
}

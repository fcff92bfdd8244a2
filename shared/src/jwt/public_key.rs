//! The public half of a signing key.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A key's identifier: its RFC 7638 thumbprint, SHA-256 in base64url.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kid(String);

impl Kid {
    /// The identifier in a row or a header.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has the form of a thumbprint, as the ids of all our keys do.
    pub fn is_thumbprint(&self) -> bool {
        URL_SAFE_NO_PAD.decode(&self.0).is_ok_and(|bytes| bytes.len() == SHA256.output_len())
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A P-256 public key as a JWK (RFC 7517, RFC 7518 §6.2). The members are in RFC 7638's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicKey {
    /// The elliptic curve.
    #[schema(examples("P-256"))]
    crv: String,
    /// The key type.
    #[schema(examples("EC"))]
    kty: String,
    /// The point's x coordinate in base64url.
    x: String,
    /// The point's y coordinate in base64url.
    y: String,
}

impl PublicKey {
    /// The key from an uncompressed point: the byte 4, x, y.
    pub(super) fn from_point(point: &[u8]) -> Option<Self> {
        let [4, coordinates @ ..] = point else { return None };
        let (x, y) = coordinates.split_at_checked(32)?;
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Some(Self { crv: "P-256".into(), kty: "EC".into(), x: encode(x), y: encode(y) })
    }

    /// Its RFC 7638 thumbprint.
    pub fn kid(&self) -> Kid {
        let Self { crv, kty, x, y } = self;
        let members = format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#);
        Kid(URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes())))
    }

    /// The key for `jsonwebtoken`; `None` if it isn't a P-256 key.
    pub fn decoding_key(&self) -> Option<DecodingKey> {
        let is_p256 = self.kty == "EC" && self.crv == "P-256";
        is_p256.then(|| DecodingKey::from_ec_components(&self.x, &self.y).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kid_is_the_thumbprint_of_rfc_7638() {
        // The public key of RFC 7515 appendix A.3; another implementation computed its thumbprint.
        let key = PublicKey {
            crv: "P-256".into(),
            kty: "EC".into(),
            x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".into(),
            y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0".into(),
        };
        assert_eq!(key.kid().as_str(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
        assert!(key.kid().is_thumbprint());
        for other in ["", "x", "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-", &"=".repeat(43)] {
            assert!(!Kid::new(other.into()).is_thumbprint(), "{other}");
        }
    }

    #[test]
    fn only_a_p256_key_verifies() {
        let key = |crv: &str| {
            let text = format!(r#"{{"kty":"EC","crv":"{crv}","x":"AA","y":"AA"}}"#);
            serde_json::from_str::<PublicKey>(&text).unwrap()
        };
        assert!(key("P-256").decoding_key().is_some());
        assert!(key("P-384").decoding_key().is_none());
    }
}

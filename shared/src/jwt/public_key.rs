//! The public half of a signing key, as a JWK.

use std::fmt;
use std::ops::RangeInclusive;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::algorithm::Algorithm;

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
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The exponent 65537 in base64url, which every RSA key of ours has.
pub const F4: &str = "AQAB";

/// The length of an RSA key's modulus in bytes: 2048 bits, the least that RFC 7518 §3.3 allows, to
/// 4096 bits.
pub const MODULUS_BYTES: RangeInclusive<usize> = 256..=512;

/// A public key as a JWK (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kty")]
pub enum PublicKey {
    /// A P-256 key (RFC 7518 §6.2).
    #[serde(rename = "EC")]
    #[schema(title = "EcPublicKey")]
    Ec {
        /// The elliptic curve.
        #[schema(examples("P-256"))]
        crv: String,
        /// The point's x coordinate in base64url.
        x: String,
        /// The point's y coordinate in base64url.
        y: String,
    },
    /// An RSA key (RFC 7518 §6.3).
    #[serde(rename = "RSA")]
    #[schema(title = "RsaPublicKey")]
    Rsa {
        /// The modulus in base64url.
        n: String,
        /// The exponent in base64url.
        #[schema(examples("AQAB"))]
        e: String,
    },
}

impl PublicKey {
    /// The P-256 key of an uncompressed point: the byte 4, x, y.
    pub(super) fn from_point(point: &[u8]) -> Option<Self> {
        let [4, coordinates @ ..] = point else { return None };
        let (x, y) = coordinates.split_at_checked(32)?;
        Some(Self::Ec { crv: "P-256".into(), x: encode(x), y: encode(y) })
    }

    /// The RSA key of a DER-encoded `RSAPublicKey` (RFC 8017 appendix A.1.1); `None` if its modulus
    /// isn't of [`MODULUS_BYTES`] or its exponent isn't 65537.
    pub(super) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        // A sequence of two integers. The first begins with 0, since its next bit is set.
        let [0x30, 0x82, _, _, 0x02, 0x82, high, low, 0, integers @ ..] = der else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(1)?;
        let (modulus, exponent) = integers.split_at_checked(length)?;
        let is_ours = MODULUS_BYTES.contains(&length) && exponent == [2, 3, 1, 0, 1];
        is_ours.then(|| Self::Rsa { n: encode(modulus), e: F4.into() })
    }

    /// The algorithm of its signatures.
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ec { .. } => Algorithm::Es256,
            Self::Rsa { .. } => Algorithm::Rs256,
        }
    }

    /// Its RFC 7638 thumbprint.
    pub fn kid(&self) -> Kid {
        let members = match self {
            Self::Ec { crv, x, y } => {
                format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        };
        Kid(encode(digest(&SHA256, members.as_bytes()).as_ref()))
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kid_of_a_p256_key_is_the_thumbprint_of_rfc_7638() {
        // The public key of RFC 7515 appendix A.3; another implementation computed its thumbprint.
        let key = PublicKey::Ec {
            crv: "P-256".into(),
            x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".into(),
            y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0".into(),
        };
        assert_eq!(key.kid().as_str(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    }

    #[test]
    fn the_kid_of_an_rsa_key_is_the_thumbprint_of_rfc_7638() {
        // RFC 7638 §3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = PublicKey::Rsa { n: n.into(), e: "AQAB".into() };
        assert_eq!(key.kid().as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn an_rsa_key_has_a_modulus_of_our_length_and_the_exponent_65537() {
        let der = |length: usize, exponent: &[u8]| {
            let [high, low] = u16::try_from(length + 1).unwrap().to_be_bytes();
            let head = [0x30, 0x82, 0, 0, 0x02, 0x82, high, low, 0];
            [
                &head[..],
                &vec![0xc5; length],
                &[0x02, u8::try_from(exponent.len()).unwrap()],
                exponent,
            ]
            .concat()
        };
        let f4 = [1, 0, 1];
        for length in [256, 384, 512] {
            assert!(PublicKey::from_pkcs1(&der(length, &f4)).is_some(), "{length}");
        }
        for (length, exponent) in
            [(255, &f4[..]), (513, &f4), (384, &[3]), (384, &[1, 0, 3]), (384, &[1, 0, 1, 1])]
        {
            assert!(PublicKey::from_pkcs1(&der(length, exponent)).is_none(), "{length}");
        }
    }

    #[test]
    fn a_jwk_of_another_kind_is_none_of_ours() {
        for jwk in [
            r#"{"kty":"oct","k":"AA"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#,
            r#"{"kty":"ec","crv":"P-256","x":"AA","y":"AA"}"#,
            r#"{"crv":"P-256","x":"AA","y":"AA"}"#,
            r#"{"kty":"RSA","e":"AQAB"}"#,
        ] {
            assert!(serde_json::from_str::<PublicKey>(jwk).is_err(), "{jwk}");
        }
    }
}

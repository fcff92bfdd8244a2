//! A compact JWS writer, independent of the service's code.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The private scalar for the runner that the suite starts.
pub(crate) const KNOWN_KEY: &str =
    "5d1c7e0a94b2f36881e0d95a4c37fb126ea8d40c93b75f21680eac1d7b49f532";

/// A P-256 key.
pub(crate) struct Key(SigningKey);

impl Key {
    /// The started runner's signing key.
    pub(crate) fn known() -> Self {
        Self::from_hex(KNOWN_KEY).expect("a key")
    }

    /// A key that no service knows.
    pub(crate) fn stranger() -> Self {
        Self::from_hex(&"3b".repeat(32)).expect("a key")
    }

    /// The private scalar, 64 hexadecimal digits.
    pub(crate) fn from_hex(digits: &str) -> Option<Self> {
        let scalar: Option<Vec<u8>> =
            (0..32).map(|i| u8::from_str_radix(digits.get(2 * i..2 * i + 2)?, 16).ok()).collect();
        Some(Self(SigningKey::from_slice(&scalar?).ok()?))
    }

    /// The ES256 signature of `signed`: r and s, 64 bytes.
    pub(crate) fn signature(&self, signed: &str) -> Vec<u8> {
        let signature: Signature = self.0.sign(signed.as_bytes());
        signature.to_bytes().to_vec()
    }

    /// The uncompressed public point: 04, x, y.
    pub(crate) fn point(&self) -> Vec<u8> {
        self.0.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// The public key as a JWK, with only the members of a thumbprint.
    pub(crate) fn jwk(&self) -> Value {
        let point = self.point();
        json!({ "crv": "P-256", "kty": "EC", "x": encode(&point[1..33]), "y": encode(&point[33..]) })
    }

    /// The thumbprint (RFC 7638), which is the key id.
    pub(crate) fn kid(&self) -> String {
        // serde_json sorts the members by name, as the thumbprint requires.
        encode(Sha256::digest(self.jwk().to_string()))
    }

    /// The public key as DER-encoded SPKI.
    pub(crate) fn spki(&self) -> Vec<u8> {
        const PREFIX: [u8; 26] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        [&PREFIX[..], &self.point()].concat()
    }
}

/// Encodes base64url without padding.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes a segment.
pub(crate) fn decode(segment: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(segment).expect("base64url")
}

/// Decodes a segment's JSON object.
pub(crate) fn members(segment: &str) -> Map<String, Value> {
    serde_json::from_slice(&decode(segment)).expect("a JSON object")
}

/// HMAC-SHA-256, for HS256.
pub(crate) fn hmac(secret: &[u8], signed: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length");
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A token of any two JSON texts, signed with ES256.
pub(crate) fn signed(header: &str, payload: &str, key: &Key) -> String {
    let signed = format!("{}.{}", encode(header), encode(payload));
    let signature = encode(key.signature(&signed));
    format!("{signed}.{signature}")
}

/// A token's parts.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The header's members.
    pub(crate) header: Map<String, Value>,
    /// The claims.
    pub(crate) claims: Map<String, Value>,
}

impl Draft {
    /// Splits a token.
    pub(crate) fn of(token: &str) -> Self {
        let segments: Vec<_> = token.split('.').collect();
        assert_eq!(segments.len(), 3, "a compact JWS");
        Self { header: members(segments[0]), claims: members(segments[1]) }
    }

    /// Sets a member of the header.
    pub(crate) fn header(&self, name: &str, value: impl Into<Value>) -> Self {
        let mut draft = self.clone();
        draft.header.insert(name.to_owned(), value.into());
        draft
    }

    /// Removes a member of the header.
    pub(crate) fn no_header(&self, name: &str) -> Self {
        let mut draft = self.clone();
        draft.header.remove(name);
        draft
    }

    /// Sets a claim.
    pub(crate) fn claim(&self, name: &str, value: impl Into<Value>) -> Self {
        let mut draft = self.clone();
        draft.claims.insert(name.to_owned(), value.into());
        draft
    }

    /// Removes a claim.
    pub(crate) fn no_claim(&self, name: &str) -> Self {
        let mut draft = self.clone();
        draft.claims.remove(name);
        draft
    }

    /// A numeric claim.
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.claims[name].as_i64().expect("a number")
    }

    /// A text claim.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.claims[name].as_str().expect("text")
    }

    /// The header's JSON.
    pub(crate) fn header_json(&self) -> String {
        Value::from(self.header.clone()).to_string()
    }

    /// The claims' JSON.
    pub(crate) fn claims_json(&self) -> String {
        Value::from(self.claims.clone()).to_string()
    }

    /// The signed text.
    pub(crate) fn signed_part(&self) -> String {
        format!("{}.{}", encode(self.header_json()), encode(self.claims_json()))
    }

    /// The token, signed with ES256 whatever its header's `alg`.
    pub(crate) fn sign(&self, key: &Key) -> String {
        signed(&self.header_json(), &self.claims_json(), key)
    }

    /// The token with these bytes as its signature.
    pub(crate) fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.signed_part(), encode(signature))
    }
}

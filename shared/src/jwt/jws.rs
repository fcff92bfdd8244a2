//! A token split into its segments.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::de::DeserializeOwned;

/// A compact JWS (RFC 7515 §3.1) whose form and signature haven't been checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Jws<'a> {
    /// The signed text: header and payload as sent.
    pub message: &'a str,
    /// The signature in canonical base64url.
    pub signature: &'a str,
    /// The signature's length in bytes.
    pub signature_length: usize,
    /// The header, JSON or not.
    pub header: String,
    /// The payload, JSON or not.
    pub payload: String,
}

impl<'a> Jws<'a> {
    /// Splits a token; `None` if it isn't a JWS in canonical encoding.
    pub fn parse(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        // The decoder refuses padding, line breaks and trailing bits: a token has one encoding.
        let decode = |segment: &str| URL_SAFE_NO_PAD.decode(segment).ok();
        // RFC 7519 §7.2 requires UTF-8, which serde_json doesn't check in what it ignores.
        let text = |segment: &str| String::from_utf8(decode(segment)?).ok();
        Some(Self {
            message,
            signature,
            signature_length: decode(signature)?.len(),
            header: text(header)?,
            payload: text(payload)?,
        })
    }

    /// The header, if it is a JSON object of type `T`.
    pub fn header<T: DeserializeOwned>(&self) -> Option<T> {
        json_object(&self.header)
    }

    /// The payload, if it is a JSON object of type `T`.
    pub fn payload<T: DeserializeOwned>(&self) -> Option<T> {
        json_object(&self.payload)
    }

    /// Whether the key has signed it by this algorithm, which must be the key's own. The header's
    /// `alg` has no effect.
    pub fn is_signed_with(&self, key: &DecodingKey, algorithm: Algorithm) -> bool {
        let message = self.message.as_bytes();
        jsonwebtoken::crypto::verify(self.signature, message, key, algorithm)
            .is_ok_and(|valid| valid)
    }
}

/// Reads a JSON object. Serde alone would also accept an array, its elements as the members.
fn json_object<T: DeserializeOwned>(text: &str) -> Option<T> {
    let is_object = text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{');
    is_object.then(|| serde_json::from_str(text).ok())?
}

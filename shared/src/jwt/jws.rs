//! A token taken apart.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::de::DeserializeOwned;

/// A compact JWS (RFC 7515 §3.1) that nothing has been proven of, neither whose form it has nor
/// who signed it.
#[derive(Debug, PartialEq, Eq)]
pub struct Jws<'a> {
    /// What was signed: header and payload as sent.
    pub(super) message: &'a str,
    /// The signature in base64url, known to be canonical.
    pub(super) signature: &'a str,
    /// In bytes.
    pub(super) signature_length: usize,
    /// The header, JSON or not.
    pub(super) header: String,
    /// The payload, JSON or not.
    pub(super) payload: String,
}

impl<'a> Jws<'a> {
    /// Takes a token apart; `None` if it isn't one in its one spelling.
    pub fn parse(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        // The decoder refuses padding, line breaks and trailing bits: a token has one spelling.
        let decode = |segment: &str| URL_SAFE_NO_PAD.decode(segment).ok();
        // RFC 7519 §7.2 wants UTF-8; serde_json lets anything pass in what it ignores.
        let text = |segment: &str| String::from_utf8(decode(segment)?).ok();
        Some(Self {
            message,
            signature,
            signature_length: decode(signature)?.len(),
            header: text(header)?,
            payload: text(payload)?,
        })
    }

    /// How many bytes its signature has.
    pub const fn signature_length(&self) -> usize {
        self.signature_length
    }

    /// Its header, if that is a JSON object of this kind.
    pub fn header<T: DeserializeOwned>(&self) -> Option<T> {
        json_object(&self.header)
    }

    /// Its payload, if that is a JSON object of this kind.
    pub fn payload<T: DeserializeOwned>(&self) -> Option<T> {
        json_object(&self.payload)
    }

    /// Whether its signature is one of that key's by that algorithm, which has to be the key's own,
    /// whatever the header says.
    pub fn is_signed_with(&self, key: &DecodingKey, algorithm: Algorithm) -> bool {
        let message = self.message.as_bytes();
        jsonwebtoken::crypto::verify(self.signature, message, key, algorithm)
            .is_ok_and(|valid| valid)
    }
}

/// Reads a JSON object. Serde alone would take the elements of an array for the members.
fn json_object<T: DeserializeOwned>(text: &str) -> Option<T> {
    let is_object = text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{');
    is_object.then(|| serde_json::from_str(text).ok())?
}

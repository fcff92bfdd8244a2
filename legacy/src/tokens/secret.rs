//! The secret that signs the legacy app's tokens.

use aws_lc_rs::digest::{SHA256, digest};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};
use shared::Secret;

/// SHA-256 of the tutorial's published secret, with which every reader can sign a token of any user.
const PRINTED: [u8; 32] = [
    0x57, 0x0d, 0xad, 0x43, 0xde, 0x1a, 0xf4, 0xc9, 0x25, 0xf9, 0x2c, 0x16, 0xa6, 0x8a, 0x50, 0x93,
    0x6d, 0xa4, 0x2b, 0x7d, 0xd6, 0xfd, 0xeb, 0x24, 0x85, 0x05, 0x07, 0xa1, 0x19, 0x9a, 0xac, 0x89,
];

/// The fewest bytes of a key for HS256 (RFC 7518 §3.2).
const LEAST_BYTES: usize = 32;

/// The legacy app's `SECRET_KEY`, which verifies HS256 tokens.
#[derive(Debug, Clone)]
pub(super) struct LegacySecret {
    key: DecodingKey,
}

/// Why a text isn't accepted as the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadSecret {
    /// It is empty: anyone can sign with it.
    Empty,
    /// It is the tutorial's published secret, and the operator has not acknowledged that.
    Printed,
    /// It has fewer bytes than RFC 7518 §3.2 requires, and the operator has not acknowledged that.
    Short,
    /// The acknowledgement is another secret.
    OtherForgeable,
    /// It is a JSON object, as Secrets Manager's console creates one.
    Json,
}

impl LegacySecret {
    /// Uses the bytes of the text unchanged, as the legacy app does. `forgeable` repeats the secret to
    /// acknowledge that anyone can forge tokens with it.
    pub(super) fn parse(
        text: &Secret<String>,
        forgeable: Option<&Secret<String>>,
    ) -> Result<Self, BadSecret> {
        let bytes = text.expose().as_bytes();
        if bytes.is_empty() {
            return Err(BadSecret::Empty);
        }
        if forgeable.is_some_and(|forgeable| forgeable != text) {
            return Err(BadSecret::OtherForgeable);
        }
        if forgeable.is_none() && digest(&SHA256, bytes).as_ref() == PRINTED {
            return Err(BadSecret::Printed);
        }
        if serde_json::from_slice::<Map<String, Value>>(bytes).is_ok() {
            return Err(BadSecret::Json);
        }
        if forgeable.is_none() && bytes.len() < LEAST_BYTES {
            return Err(BadSecret::Short);
        }
        Ok(Self { key: DecodingKey::from_secret(bytes) })
    }

    /// The HS256 key.
    pub(super) const fn key(&self) -> &DecodingKey {
        &self.key
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The tutorial's secret, in parts so that the sources don't contain it.
    pub(in crate::tokens) fn printed() -> Secret<String> {
        let parts =
            ["09d25e094faa6ca2", "556c818166b7a956", "3b93f7099f6f0f4c", "aa6cf63b88e8d3e7"];
        Secret::new(parts.concat())
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn parse(text: &str, forgeable: Option<&str>) -> Result<LegacySecret, BadSecret> {
        LegacySecret::parse(&secret(text), forgeable.map(secret).as_ref())
    }

    #[test]
    fn the_printed_secret_needs_an_acknowledgement() {
        let printed = printed();
        let parse = |forgeable| LegacySecret::parse(&printed, forgeable).err();
        assert_eq!(parse(None), Some(BadSecret::Printed));
        assert_eq!(parse(Some(&printed)), None);
        assert_eq!(parse(Some(&secret("yes"))), Some(BadSecret::OtherForgeable));
        // A similar secret is another one.
        for other in [printed.expose().to_uppercase(), format!("{} ", printed.expose())] {
            assert_eq!(LegacySecret::parse(&secret(&other), None).err(), None);
        }
    }

    #[test]
    fn an_acknowledgement_of_any_other_secret_must_equal_it() {
        let long = "a secret of thirty-two characters";
        assert!(parse(long, None).is_ok());
        assert!(parse(long, Some(long)).is_ok());
        assert_eq!(parse(long, Some("a secret ")).err(), Some(BadSecret::OtherForgeable));
    }

    #[test]
    fn an_empty_or_json_secret_is_refused() {
        assert_eq!(parse("", None).err(), Some(BadSecret::Empty));
        assert_eq!(parse("", Some("")).err(), Some(BadSecret::Empty));
        let of_the_console = r#"{"SECRET_KEY":"a secret of thirty-two characters"}"#;
        assert_eq!(parse(of_the_console, None).err(), Some(BadSecret::Json));
        assert!(parse("{a secret of thirty-two characters}", None).is_ok());
    }

    #[test]
    fn a_secret_under_32_bytes_needs_an_acknowledgement() {
        let short = "s".repeat(31);
        assert_eq!(parse(&short, None).err(), Some(BadSecret::Short));
        assert!(parse(&short, Some(&short)).is_ok());
        assert!(parse(&"s".repeat(32), None).is_ok());
        // Bytes, not characters.
        assert!(parse(&"é".repeat(16), None).is_ok());
    }

    #[test]
    fn debug_does_not_show_the_legacy_secret() {
        assert!(!format!("{:?}", parse("hunter2", Some("hunter2")).unwrap()).contains("hunter2"));
    }
}

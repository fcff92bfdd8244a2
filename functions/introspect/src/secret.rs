//! The secret that the services send.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use percent_encoding::percent_decode;
use shared::Secret;
use shared::secret_text::{self, BadText};

/// SHA-256 of a secret.
#[derive(Debug, Clone)]
pub(crate) struct IntrospectionSecret(Secret<[u8; 32]>);

impl IntrospectionSecret {
    pub(crate) fn parse(text: &Secret<String>) -> Result<Self, BadText> {
        let text = secret_text::checked(text)?;
        Ok(Self(Secret::new(sha_256(text.as_bytes()))))
    }

    /// Whether a password is this secret, as it is or form-encoded (RFC 6749 §2.3.1): clients do
    /// either. Digests are compared, in constant time, so that neither the length nor the beginning
    /// of the secret shows in the time.
    pub(crate) fn is(&self, password: &[u8]) -> bool {
        let is = |text: &[u8]| verify_slices_are_equal(&sha_256(text), self.0.expose()).is_ok();
        is(password) | is(&percent_decode(password).collect::<Vec<_>>())
    }
}

fn sha_256(text: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, text).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a:secret+of/thirty-two=characters%2B";

    fn parse(text: &str) -> Result<IntrospectionSecret, BadText> {
        IntrospectionSecret::parse(&Secret::new(text.to_owned()))
    }

    #[test]
    fn a_short_or_unprintable_or_json_secret_is_refused() {
        assert!(parse(&"s".repeat(31)).is_err());
        assert!(parse(&"s".repeat(32)).is_ok());
        let long = "s".repeat(40);
        for other in ["\n", " ", "\t", "\0", "\u{7f}", "\u{e9}"] {
            assert!(parse(&format!("{long}{other}")).is_err(), "{other:?}");
            assert!(parse(&format!("{other}{long}")).is_err(), "{other:?}");
        }
        let of_the_console = format!(r#"{{"secret":"{long}"}}"#);
        assert!(parse(&of_the_console).unwrap_err().contains("JSON object"));
        assert!(parse(&format!("{{{long}}}")).is_ok());
    }

    #[test]
    fn a_password_is_the_secret_as_it_is_or_form_encoded() {
        let secret = parse(SECRET).unwrap();
        let encoded = "a%3Asecret%2Bof%2Fthirty-two%3Dcharacters%252B";
        for password in [SECRET, encoded] {
            assert!(secret.is(password.as_bytes()), "{password}");
        }
        for other in [
            "",
            &SECRET[1..],
            &SECRET[..SECRET.len() - 1],
            &format!("{SECRET} "),
            &SECRET.to_uppercase(),
            &SECRET.replace("%2B", "+"),
            "a%253Asecret%252Bof%252Fthirty-two%253Dcharacters%25252B",
        ] {
            assert!(!secret.is(other.as_bytes()), "{other}");
        }
        assert!(!secret.is(b"\xff"));
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        assert_eq!(format!("{:?}", parse(SECRET).unwrap()), "IntrospectionSecret([redacted])");
    }
}

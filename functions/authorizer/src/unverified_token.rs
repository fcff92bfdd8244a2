//! A token whose signature and claims haven't been verified.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use shared::jwt::{Jws, Kid};

/// A compact JWS with a header of our tokens' form. Nothing in it may be trusted; its key id may be
/// looked up.
#[derive(Debug, PartialEq, Eq)]
pub struct UnverifiedToken<'a> {
    /// The key id in the header.
    pub kid: Kid,
    pub(crate) jws: Jws<'a>,
}

/// The header of our tokens. Any other member (`crit`, `jku`, `jwk`, `x5c`, …) and any repeated one
/// is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

impl<'a> UnverifiedToken<'a> {
    /// Splits a token; `None` if it hasn't our form.
    pub fn parse(token: &'a str) -> Option<Self> {
        let jws = Jws::parse(token)?;
        let header: Header = jws.header()?;
        let is_ours = header.alg == "ES256"
            && (header.typ == "at+jwt" || header.typ == "application/at+jwt")
            && jws.signature_length == 64;
        is_ours.then_some(Self { kid: Kid::new(header.kid), jws })
    }

    /// Whether the key has signed it by ES256. The header's `alg` has no effect.
    pub(crate) fn is_signed_with(&self, key: &DecodingKey) -> bool {
        self.jws.is_signed_with(key, Algorithm::ES256)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    fn token(header: &str) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}.{}", encode(header.as_bytes()), encode(b"{}"), encode(&[7; 64]))
    }

    const OURS: &str = r#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#;

    #[test]
    fn a_token_of_our_form_names_its_key() {
        assert_eq!(UnverifiedToken::parse(&token(OURS)).unwrap().kid.as_str(), "k");
        let long = OURS.replace("at+jwt", "application/at+jwt");
        assert!(UnverifiedToken::parse(&token(&long)).is_some());
    }

    #[test]
    fn another_header_is_refused() {
        for (from, to) in [
            ("ES256", "es256"),
            ("ES256", "none"),
            ("ES256", "HS256"),
            ("ES256", "ES384"),
            ("at+jwt", "JWT"),
            ("at+jwt", "AT+JWT"),
            (r#""typ":"at+jwt","#, ""),
            (r#","kid":"k""#, ""),
            (r#""k""#, "7"),
            (r#""k""#, "null"),
            ("}", r#","crit":["exp"]}"#),
            ("}", r#","jku":"http://x"}"#),
            ("}", r#","jwk":{}}"#),
            ("}", r#","x5c":[]}"#),
            ("}", r#","alg":"ES256"}"#),
            ("}", "}x"),
            ("{", "["),
        ] {
            let header = OURS.replacen(from, to, 1);
            assert_eq!(UnverifiedToken::parse(&token(&header)), None, "{header}");
        }
    }

    #[test]
    fn an_array_is_no_header() {
        assert_eq!(UnverifiedToken::parse(&token(r#"["ES256","at+jwt","k"]"#)), None);
        assert!(UnverifiedToken::parse(&token(&format!(" \n{OURS}"))).is_some());
    }

    #[test]
    fn a_segment_that_is_no_text_is_refused() {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let payload = encode(b"{\"a\":\"\xe9\"}");
        let token = format!("{}.{payload}.{}", encode(OURS.as_bytes()), encode(&[7; 64]));
        assert_eq!(UnverifiedToken::parse(&token), None);
    }

    #[test]
    fn a_token_has_one_encoding() {
        let token = token(OURS);
        let last_bits_set = format!("{}x", &token[..token.len() - 1]);
        for text in [
            format!("{token}="),
            format!("{token}."),
            format!(".{token}"),
            format!("{token} "),
            format!(" {token}"),
            token.replacen('.', "..", 1),
            token.replacen('.', "=.", 1),
            token[..token.len() - 1].to_owned(),
            last_bits_set,
            String::new(),
            "..".into(),
        ] {
            assert_eq!(UnverifiedToken::parse(&text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,100}") {
            let _ = UnverifiedToken::parse(&text);
        }

        #[test]
        fn no_header_panics(header in "\\PC{0,60}") {
            let token = token(&header);
            prop_assert_eq!(UnverifiedToken::parse(&token), None);
        }
    }
}

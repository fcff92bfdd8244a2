//! A token whose signature and claims haven't been verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::verifying_key::VerifyingKey;
use crate::jwt::{Algorithm, Jws, Kid, MODULUS_BYTES};

/// A compact JWS with a header of our tokens' form. Nothing in it may be trusted; its key id may be
/// looked up.
#[derive(Debug, PartialEq, Eq)]
pub struct UnverifiedToken<'a> {
    /// The key id in the header.
    pub kid: Kid,
    /// The algorithm in the header, with which no key but one of that kind verifies it.
    pub(super) algorithm: Algorithm,
    pub(super) jws: Jws<'a>,
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
        let algorithm = Algorithm::parse(&header.alg)?;
        let has_length = match algorithm {
            Algorithm::Es256 => jws.signature_length == 64,
            Algorithm::Rs256 => MODULUS_BYTES.contains(&jws.signature_length),
        };
        let is_ours = (header.typ == "at+jwt" || header.typ == "application/at+jwt") && has_length;
        is_ours.then_some(Self { kid: Kid::new(header.kid), algorithm, jws })
    }

    /// Whether its key id has the form of an RFC 7638 thumbprint by SHA-256, as those of our keys do.
    pub(super) fn has_thumbprint(&self) -> bool {
        URL_SAFE_NO_PAD.decode(self.kid.as_str()).is_ok_and(|bytes| bytes.len() == 32)
    }

    /// Whether the key has signed it by the key's own algorithm, which the header has to name.
    pub(super) fn is_signed_with(&self, key: &VerifyingKey) -> bool {
        self.algorithm == key.algorithm() && key.has_signed(&self.jws)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(header: &str) -> String {
        with_signature(header, 64)
    }

    fn with_signature(header: &str, length: usize) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}.{}", encode(header.as_bytes()), encode(b"{}"), encode(&vec![7; length]))
    }

    const OURS: &str = r#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#;

    #[test]
    fn a_token_of_our_form_names_its_key() {
        assert_eq!(UnverifiedToken::parse(&token(OURS)).unwrap().kid.as_str(), "k");
        let long = OURS.replace("at+jwt", "application/at+jwt");
        assert!(UnverifiedToken::parse(&token(&long)).is_some());
    }

    #[test]
    fn a_key_id_of_ours_is_a_thumbprint() {
        let has = |kid: &str| {
            let header = OURS.replace("\"k\"", &format!("\"{kid}\""));
            UnverifiedToken::parse(&token(&header)).unwrap().has_thumbprint()
        };
        assert!(has("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"));
        for other in ["", "x", "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-", &"=".repeat(43)] {
            assert!(!has(other), "{other}");
        }
    }

    #[test]
    fn a_signature_has_the_length_of_its_algorithm() {
        let rs256 = OURS.replace("ES256", "RS256");
        for (header, right, wrong) in [
            (OURS, &[64][..], &[0, 63, 65, 256, 384][..]),
            (&rs256, &[256, 384, 512], &[0, 64, 128, 255, 513]),
        ] {
            let parses =
                |length: &usize| UnverifiedToken::parse(&with_signature(header, *length)).is_some();
            assert!(right.iter().all(parses), "{header}");
            assert!(!wrong.iter().any(parses), "{header}");
        }
    }

    #[test]
    fn another_algorithm_is_refused_in_every_spelling() {
        for name in [
            "",
            "none",
            "None",
            "NONE",
            "nOnE",
            "HS256",
            "hs256",
            "HS384",
            "HS512",
            "ES256K",
            "ES384",
            "ES512",
            "EdDSA",
            "PS256",
            "PS384",
            "PS512",
            "RS1",
            "RS384",
            "RS512",
            "es256",
            "Es256",
            "rs256",
            "Rs256",
            "RS256 ",
            " RS256",
            "RS-256",
            "RSA256",
            "RSASSA-PKCS1-v1_5",
            "RS256\\u0000",
            "RS256,HS256",
            "ES256RS256",
        ] {
            for length in [0, 32, 64, 256, 384] {
                let header = OURS.replace("ES256", name);
                let token = with_signature(&header, length);
                assert_eq!(UnverifiedToken::parse(&token), None, "{header} {length}");
            }
        }
        // A JSON escape is another spelling of the same name.
        let escaped = OURS.replace("ES256", "\\u0052S256");
        assert!(UnverifiedToken::parse(&with_signature(&escaped, 384)).is_some());
    }

    #[test]
    fn another_header_is_refused() {
        for (from, to) in [
            (r#""ES256""#, r#"["ES256"]"#),
            (r#""ES256""#, "null"),
            (r#""alg":"ES256","#, ""),
            (r#""alg""#, r#""ALG""#),
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
            ("}", r#","alg":"RS256"}"#),
            ("}", r#","x5u":"https://x"}"#),
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

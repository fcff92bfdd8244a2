//! Which tokens have the legacy app's form and are valid.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use proptest::prelude::*;
use shared::Secret;

use super::*;

/// Tokens signed with this secret by python-jose 3.5.0 as the legacy app calls it, each with its name.
const SECRET: &str = "the secret of an app that has grown";
const GENUINE: [(&str, &str); 3] = [
    (
        "ada",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJleHAiOjE3OTgwOTkyMDB9\
         .YZUTkz0xDgJQ4EPz6O1dgmEJ-AZNY6lOD99sGjfGXvo",
    ),
    (
        "Zoë 🔑",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\
         .eyJzdWIiOiJab1x1MDBlYiBcdWQ4M2RcdWRkMTEiLCJleHAiOjE3OTgwOTkyMDB9\
         .uj83NqrpL_ORvBZTqZNbtyV6fO6WTSI8eeqlzQzqSBc",
    ),
    (
        "",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIiLCJleHAiOjE3OTgwOTkyMDB9\
         .BZImI3o5TIXtuEvpNIOup87GCpoazQFEmbtxsUa0t48",
    ),
];
const EXPIRES: i64 = 1_798_099_200;

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const CLAIMS: &str = r#"{"sub":"ada","exp":2000}"#;

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn signed_by(secret: &str, algorithm: Algorithm, header: &str, payload: &[u8]) -> String {
    let message = format!("{}.{}", encode(header), encode(payload));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn signed(header: &str, payload: &str) -> String {
    signed_by(SECRET, Algorithm::HS256, header, payload.as_bytes())
}

/// The result for a token at this time; `None` if it hasn't the legacy app's form.
fn judged(token: &str, at: i64) -> Option<Result<String, Refusal>> {
    let secret = LegacySecret::parse(&Secret::new(SECRET.to_owned()), None).unwrap();
    let token = LegacyToken::parse(token)?;
    let claims = token.claims(&secret, NumericDate::from_seconds(at));
    Some(claims.map(|claims| format!("{} until {}", claims.sub, claims.exp.seconds())))
}

fn of_claims(claims: &str) -> Result<String, Refusal> {
    judged(&signed(HEADER, claims), 1_000).unwrap()
}

#[test]
fn a_legacy_token_names_its_user_until_it_expires() {
    for (name, token) in GENUINE {
        let valid = Ok(format!("{name} until {EXPIRES}"));
        assert_eq!(judged(token, EXPIRES - 1), Some(valid), "{name}");
        // The legacy app would accept it for the rest of that second.
        assert_eq!(judged(token, EXPIRES), Some(Err(Refusal::Expired)), "{name}");
        for index in 0..token.len() {
            let other = if token.as_bytes()[index] == b'A' { "B" } else { "A" };
            let altered = format!("{}{other}{}", &token[..index], &token[index + 1..]);
            let judged = judged(&altered, 1_000);
            let is_refused = matches!(judged, None | Some(Err(Refusal::WrongSignature)));
            assert!(is_refused, "{name} altered at {index}: {judged:?}");
        }
    }
}

#[test]
fn the_members_of_its_header_may_have_any_order() {
    for header in [r#"{"typ":"JWT","alg":"HS256"}"#, " {\n\"typ\" : \"JWT\", \"alg\":\"HS256\"}"] {
        assert!(judged(&signed(header, CLAIMS), 1_000).unwrap().is_ok(), "{header}");
    }
}

#[test]
fn another_header_is_of_another_form() {
    for (from, to) in [
        ("HS256", "hs256"),
        ("HS256", "none"),
        ("HS256", ""),
        ("HS256", "HS384"),
        ("HS256", "HS512"),
        ("HS256", "ES256"),
        ("HS256", "RS256"),
        (r#""HS256""#, "null"),
        (r#""HS256""#, r#"["HS256"]"#),
        (r#""alg":"HS256","#, ""),
        ("JWT", "jwt"),
        ("JWT", "at+jwt"),
        ("JWT", "application/at+jwt"),
        ("JWT", ""),
        (r#""JWT""#, "null"),
        (r#","typ":"JWT""#, ""),
        ("}", r#","kid":"k"}"#),
        ("}", r#","kid":null}"#),
        ("}", r#","crit":["exp"]}"#),
        ("}", r#","cty":"JWT"}"#),
        ("}", r#","jku":"http://x"}"#),
        ("}", r#","jwk":{}}"#),
        ("}", r#","x5c":[]}"#),
        ("}", r#","alg":"HS256"}"#),
        ("}", r#","typ":"JWT"}"#),
        ("}", "}x"),
        ("{", "["),
    ] {
        let header = HEADER.replacen(from, to, 1);
        assert_eq!(judged(&signed(&header, CLAIMS), 1_000), None, "{header}");
    }
    let array = signed(r#"["HS256","JWT"]"#, CLAIMS);
    assert_eq!(judged(&array, 1_000), None, "an array");
}

#[test]
fn a_signature_by_another_algorithm_is_refused() {
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let name = format!("{algorithm:?}");
        for header in [HEADER, &HEADER.replace("HS256", &name)] {
            let token = signed_by(SECRET, algorithm, header, CLAIMS.as_bytes());
            assert_eq!(judged(&token, 1_000), None, "{header} by {name}");
        }
    }
    let (message, _) = GENUINE[0].1.rsplit_once('.').unwrap();
    let nothing_signed = format!("{message}.{}", encode([0; 32]));
    assert_eq!(judged(&nothing_signed, 1_000), Some(Err(Refusal::WrongSignature)));
}

#[test]
fn a_signature_by_another_secret_is_refused() {
    for secret in ["", " ", &SECRET[1..], &format!("{SECRET}\n"), &SECRET.to_uppercase()] {
        let token = signed_by(secret, Algorithm::HS256, HEADER, CLAIMS.as_bytes());
        assert_eq!(judged(&token, 1_000), Some(Err(Refusal::WrongSignature)), "{secret:?}");
    }
}

#[test]
fn a_token_has_one_spelling() {
    let token = GENUINE[0].1;
    let (message, signature) = token.rsplit_once('.').unwrap();
    // 32 bytes are 43 characters, the last of which has two unused bits.
    let spare_bits_set = format!("{message}.{}p", &signature[..42]);
    assert_eq!(&signature[42..], "o");
    for text in [
        spare_bits_set,
        format!("{token}="),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{message}."),
        message.to_owned(),
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        format!("{token}AA"),
        token.replacen('.', "=.", 1),
        token.replacen('.', "..", 1),
        token.replace('-', "+"),
        format!("{message}.{}", encode([7; 31])),
        format!("{message}.{}", encode([7; 33])),
        format!("{message}.{}", encode([7; 64])),
        String::new(),
        "..".into(),
    ] {
        assert_eq!(judged(&text, 1_000), None, "{text:?}");
    }
}

#[test]
fn a_payload_that_is_no_object_is_refused() {
    for payload in [
        r#"["ada",2000]"#,
        r#"["ada",2000,null,null,null]"#,
        r#"[{"sub":"ada","exp":2000}]"#,
        r#""ada""#,
        "null",
        "2000",
        "",
        "{",
        r#"{"sub":"ada","exp":2000}x"#,
        r#"{"sub":"ada","exp":2000}{"sub":"eve","exp":2000}"#,
    ] {
        assert_eq!(of_claims(payload), Err(Refusal::WrongClaims), "{payload}");
    }
    let no_text = b"{\"sub\":\"ada\",\"exp\":2000,\"a\":\"\xe9\"}";
    assert_eq!(judged(&signed_by(SECRET, Algorithm::HS256, HEADER, no_text), 1_000), None);
}

#[test]
fn a_payload_needs_one_name_and_one_expiry() {
    assert_eq!(of_claims(CLAIMS), Ok("ada until 2000".into()));
    for (from, to) in [
        (r#""sub":"ada","#, ""),
        (r#""ada""#, "7"),
        (r#""ada""#, "null"),
        (r#""ada""#, r#"["ada"]"#),
        (r#""ada""#, r#"{"a":"ada"}"#),
        (r#""ada""#, "true"),
        (r#""ada""#, r#""ada","sub":"eve""#),
        (r#""ada""#, r#""\ud800""#),
        (r#","exp":2000"#, ""),
        ("2000", "null"),
        ("2000", r#""2000""#),
        ("2000", "2000.0"),
        ("2000", "2e3"),
        ("2000", "true"),
        ("2000", "9223372036854775808"),
        ("2000", "1e400"),
        ("2000", "NaN"),
        ("2000", "2000,\"exp\":3000"),
        (r#""exp""#, r#""Exp""#),
    ] {
        let claims = CLAIMS.replacen(from, to, 1);
        assert_eq!(of_claims(&claims), Err(Refusal::WrongClaims), "{claims}");
    }
    let farthest = CLAIMS.replace("2000", "9223372036854775807");
    assert_eq!(of_claims(&farthest), Ok("ada until 9223372036854775807".into()));
    for past in ["1000", "999", "0", "-1", "-9223372036854775808"] {
        let claims = CLAIMS.replace("2000", past);
        assert_eq!(of_claims(&claims), Err(Refusal::Expired), "{past}");
    }
}

#[test]
fn other_claims_are_read_as_the_legacy_app_reads_them() {
    let with = |claim: &str| of_claims(&CLAIMS.replace('}', &format!(",{claim}}}")));
    for claim in [
        r#""nbf":1000"#,
        r#""nbf":-5"#,
        r#""iat":9999999999"#,
        r#""iss":"anyone""#,
        r#""jti":"j""#,
        r#""scopes":["me"]"#,
        r#""kid":"k""#,
        r#""a":{"aud":"nested"}"#,
    ] {
        assert!(with(claim).is_ok(), "{claim}");
    }
    assert_eq!(with(r#""nbf":1001"#), Err(Refusal::NotYetValid));
    for claim in [
        r#""nbf":null"#,
        r#""nbf":1.5"#,
        r#""nbf":"1""#,
        r#""nbf":1,"nbf":1"#,
        r#""aud":"latchkey-api""#,
        r#""aud":["latchkey-api"]"#,
        r#""aud":[]"#,
        r#""aud":"""#,
        r#""aud":null"#,
        r#""at_hash":"x""#,
        r#""at_hash":null"#,
    ] {
        assert_eq!(with(claim), Err(Refusal::WrongClaims), "{claim}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,100}") {
        prop_assert_eq!(judged(&text, 1_000), None);
    }

    #[test]
    fn no_header_panics_and_only_the_legacy_apps_has_the_legacy_form(header in "\\PC{0,60}") {
        prop_assert_eq!(judged(&signed(&header, CLAIMS), 1_000), None);
    }

    #[test]
    fn no_payload_panics(payload in prop::collection::vec(any::<u8>(), 0..60)) {
        let token = signed_by(SECRET, Algorithm::HS256, HEADER, &payload);
        prop_assert!(!matches!(judged(&token, 1_000), Some(Ok(_))));
    }

    #[test]
    fn any_name_comes_back(name in "\\PC{0,40}", exp in 1_001..=i64::MAX) {
        let claims = serde_json::json!({ "exp": exp, "sub": name });
        prop_assert_eq!(of_claims(&claims.to_string()), Ok(format!("{name} until {exp}")));
    }
}

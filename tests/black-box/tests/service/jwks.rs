//! `GET /.well-known/jwks.json`.

use p256::Sec1Point;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::jws::{Draft, decode};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        the_keys_are_public_keys_for_es256_or_rs256 also Emulator;
        the_key_that_signs_is_published also Pooler, Emulator needs OwnKey;
        a_token_verifies_with_the_published_key_alone also Pooler, Emulator, SamLocal;
        the_keys_may_be_kept_for_a_while also Emulator;
        the_keys_need_no_token also Emulator;
    ]
}

const JWKS: &str = "/.well-known/jwks.json";

fn published(target: &Target) -> Vec<Value> {
    let answer = target.http.get(JWKS).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.media_type().ends_with("json"), "{answer:?}");
    let body = answer.json();
    assert_eq!(body.as_object().expect("an object").len(), 1, "{body}");
    body["keys"].as_array().expect("a list").clone()
}

fn the_keys_are_public_keys_for_es256_or_rs256(target: &Target) {
    let keys = published(target);
    assert!(!keys.is_empty());
    for key in keys {
        let names: Vec<_> = key.as_object().expect("an object").keys().cloned().collect();
        let (alg, of_kind) = match key["kty"].as_str() {
            Some("EC") => ("ES256", &["crv", "x", "y"][..]),
            Some("RSA") => ("RS256", &["e", "n"][..]),
            _ => panic!("{key}"),
        };
        for name in &names {
            let public = ["alg", "key_ops", "kid", "kty", "use"];
            let is_public = public.iter().chain(of_kind).any(|it| it == name);
            assert!(is_public, "{name} is none of a public key's members");
        }
        assert!(of_kind.iter().all(|name| key[*name].is_string()), "{key}");
        assert!(alg == "RS256" || key["crv"] == "P-256", "{key}");
        assert_eq!((&key["alg"], &key["use"]), (&json!(alg), &json!("sig")));
        assert!(key["kid"].is_string());
    }
}

fn the_key_that_signs_is_published(target: &Target) {
    let own = target.key().jwk();
    let keys = published(target);
    let found = keys.iter().find(|key| key["kid"] == json!(target.key().kid()));
    let found = found.expect("the key by its thumbprint");
    assert_eq!((&found["x"], &found["y"]), (&own["x"], &own["y"]));
}

fn a_token_verifies_with_the_published_key_alone(target: &Target) {
    let token = &target.ada().token;
    let kid = &Draft::of(token).header["kid"];
    let keys = published(target);
    let key = keys.iter().find(|key| &key["kid"] == kid).expect("the token's key");
    let coordinate = |name: &str| decode(key[name].as_str().expect("a coordinate"));
    let point = [&[4][..], &coordinate("x"), &coordinate("y")].concat();
    let point = Sec1Point::from_bytes(point).expect("a point");
    let key = VerifyingKey::from_sec1_point(&point).expect("a key");
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    let signature = Signature::from_slice(&decode(signature)).expect("r and s");
    key.verify(signed.as_bytes(), &signature).expect("the signature fits");
}

fn the_keys_may_be_kept_for_a_while(target: &Target) {
    let answer = target.http.get(JWKS).send();
    let caching = answer.header("cache-control").expect("a caching header").to_owned();
    let age = caching.split(',').find_map(|part| part.trim().strip_prefix("max-age="));
    let age: u32 = age.expect("an age").parse().expect("seconds");
    assert!(age > 0, "{caching}");
    assert!(!caching.contains("no-store"), "{caching}");
}

fn the_keys_need_no_token(target: &Target) {
    assert_eq!(target.get_as("x", JWKS).status, 200);
}

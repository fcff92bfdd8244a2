//! Headers that the service never writes, signed with its own key.

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::jws::{Key, encode};
use crate::target::Target;
use crate::tokens::{Forgeries, draft};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_token_without_a_signature_is_refused also Emulator needs RefusedTokens;
        another_algorithm_is_refused also Emulator needs OwnKey RefusedTokens;
        another_type_is_refused needs OwnKey RefusedTokens;
        another_key_id_is_refused also Emulator needs OwnKey RefusedTokens;
        a_critical_extension_is_refused needs OwnKey RefusedTokens;
        a_header_that_brings_a_key_is_refused needs OwnKey RefusedTokens;
    ]
}

const NONE: [&str; 10] =
    ["none", "None", "NONE", "nOnE", "noNe", " none", "none ", "\u{ff4e}one", "null", ""];

fn a_token_without_a_signature_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    let signature = target.ada().token.rsplit('.').next().expect("a signature").to_owned();
    for none in NONE {
        for draft in [draft(target), draft(target).no_header("kid"), draft(target).no_header("typ")]
        {
            let signed = draft.header("alg", none).signed_part();
            forgeries.add(format!("{none:?}, an empty signature"), format!("{signed}."));
            forgeries.add(format!("{none:?}, no signature"), signed.clone());
            forgeries.add(format!("{none:?}, an old signature"), format!("{signed}.{signature}"));
            forgeries.add(format!("{none:?}, a short signature"), format!("{signed}.AA"));
        }
    }
    forgeries.are_refused(target);
}

const ALGORITHMS: [&str; 26] = [
    "es256",
    "Es256",
    "eS256",
    "ES256 ",
    " ES256",
    "ES-256",
    "ES256\0",
    "ES256K",
    "ES384",
    "ES512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS512",
    "HS256",
    "HS384",
    "HS512",
    "EdDSA",
    "Ed25519",
    "ECDSA",
    "SHA256",
    "ML-DSA-44",
    "A128KW",
    "dir",
    "\u{ff25}S256",
];

fn another_algorithm_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    for algorithm in ALGORITHMS {
        let draft = draft(target).header("alg", algorithm);
        forgeries.add(format!("{algorithm:?}"), draft.sign(target.key()));
        let keyless = draft.no_header("kid");
        forgeries.add(format!("{algorithm:?} without a key"), keyless.sign(target.key()));
        let random = draft.with_signature(&[0x5a; 256]);
        forgeries.add(format!("{algorithm:?}, 256 bytes"), random);
    }
    for odd in odd_values("ES256") {
        forgeries.add(format!("alg {odd}"), draft(target).header("alg", odd).sign(target.key()));
    }
    forgeries.add("no alg", draft(target).no_header("alg").sign(target.key()));
    forgeries.are_refused(target);
}

/// JSON values other than text.
fn odd_values(text: &str) -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1.5),
        json!([]),
        json!({}),
        json!([text]),
        json!([text, text]),
        json!({ "value": text }),
        json!(""),
    ]
}

fn another_type_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    for kind in [
        "JWT",
        "jwt",
        "id_token",
        "id+jwt",
        "logout+jwt",
        "dpop+jwt",
        "secevent+jwt",
        "at",
        "jwt+at",
        "application/jwt",
        "application/json",
        "text/at+jwt",
        "application/application/at+jwt",
        "at+jwt ",
        " at+jwt",
        "at+jwt;x=1",
        "JOSE",
        "JWE",
    ] {
        forgeries.add(format!("{kind:?}"), draft(target).header("typ", kind).sign(target.key()));
    }
    for odd in odd_values("at+jwt") {
        forgeries.add(format!("typ {odd}"), draft(target).header("typ", odd).sign(target.key()));
    }
    forgeries.add("no typ", draft(target).no_header("typ").sign(target.key()));
    forgeries.are_refused(target);
}

fn another_key_id_is_refused(target: &Target) {
    let kid = target.key().kid();
    let mut forgeries = Forgeries::default();
    for other in [
        Key::stranger().kid(),
        kid.to_lowercase(),
        kid.to_uppercase(),
        format!("{kid}="),
        format!("{kid} "),
        format!(" {kid}"),
        format!("{kid}\0"),
        kid[..kid.len() - 1].to_owned(),
        format!("{kid}{kid}"),
        "%".to_owned(),
        "_".repeat(kid.len()),
        "0".to_owned(),
        "default".to_owned(),
        "' OR '1'='1".to_owned(),
        format!("{kid}' --"),
        format!("{kid}'; DROP TABLE users; --"),
        "x' UNION SELECT public_jwk FROM signing_keys --".to_owned(),
        "../../../../dev/null".to_owned(),
        "/proc/self/environ".to_owned(),
        "http://127.0.0.1/key".to_owned(),
        "$(sleep 5)".to_owned(),
        "k".repeat(2000),
        "\u{1f511}".repeat(100),
        "\\u0000".to_owned(),
        "\n".to_owned(),
    ] {
        let token = draft(target).header("kid", other.clone()).sign(target.key());
        forgeries.add(format!("{other:?}"), token);
    }
    for odd in odd_values(&kid) {
        forgeries.add(format!("kid {odd}"), draft(target).header("kid", odd).sign(target.key()));
    }
    forgeries.add("no kid", draft(target).no_header("kid").sign(target.key()));
    forgeries.are_refused(target);
}

fn a_critical_extension_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    for critical in [
        json!(["exp"]),
        json!(["b64"]),
        json!(["alg"]),
        json!(["x-unknown"]),
        json!(["exp", "b64"]),
        json!([]),
        json!(""),
        json!("exp"),
        json!(1),
        json!({}),
        json!([1]),
        json!([null]),
        json!(null),
        json!(false),
        json!(["http://openid.net/specs/jwt/1.0"]),
    ] {
        let plain = draft(target).header("crit", critical.clone());
        forgeries.add(format!("crit {critical}"), plain.sign(target.key()));
        let named = plain.header("exp", 9_999_999_999_u64).header("x-unknown", true);
        forgeries.add(format!("crit {critical}, its members there"), named.sign(target.key()));
    }
    let unencoded = draft(target).header("b64", false).header("crit", json!(["b64"]));
    // RFC 7797: the claims are unencoded.
    let text = format!("{}.{}", encode(unencoded.header_json()), unencoded.claims_json());
    let signature = encode(target.key().signature(&text));
    forgeries.add("unencoded claims", format!("{text}.{signature}"));
    forgeries.are_refused(target);
}

fn a_header_that_brings_a_key_is_refused(target: &Target) {
    let own = target.key().jwk();
    let mut forgeries = Forgeries::default();
    for (name, value) in [
        ("jwk", own.clone()),
        ("jwk", json!({})),
        ("jwk", Key::stranger().jwk()),
        ("jku", json!("http://127.0.0.1:9/jwks.json")),
        ("jku", json!("https://localhost/.well-known/jwks.json")),
        ("jku", json!("file:///dev/stdin")),
        ("jku", json!("/.well-known/jwks.json")),
        ("x5c", json!(["MIIB"])),
        ("x5c", json!([])),
        ("x5u", json!("http://127.0.0.1:9/cert.pem")),
        ("x5t", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("x5t#S256", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("epk", own),
        ("enc", json!("A256GCM")),
    ] {
        let bringing = draft(target).header(name, value.clone());
        forgeries.add(format!("{name} {value}"), bringing.sign(target.key()));
        let keyless = bringing.no_header("kid");
        forgeries.add(format!("{name} {value}, no kid"), keyless.sign(target.key()));
        let foreign = bringing.sign(&Key::stranger());
        forgeries.add(format!("{name} {value}, a stranger's"), foreign);
    }
    forgeries.are_refused(target);
}

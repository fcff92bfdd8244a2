//! A token's contents: the header on the first line, then the payload. The target signs both with
//! the right key, which no input could do by itself.

#![no_main]

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fuzz::gate::{DATABASE_ID, Gate, KID, LEGACY_SECRET};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use stage::NOW;

/// An `ECPrivateKey` of RFC 5915 around [`stage::SIGNING_KEY`].
const BEFORE_SCALAR: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
const SCALAR: [u8; 32] = [0x11; 32];
const AFTER_SCALAR: [u8; 12] =
    [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

static GATE: LazyLock<Gate> = LazyLock::new(Gate::new);
static KEY: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let der = [&BEFORE_SCALAR[..], &SCALAR, &AFTER_SCALAR].concat();
    EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap()
});

/// The form of a token.
#[derive(Clone, Copy)]
enum Form {
    Own,
    Legacy,
}

fuzz_target!(|text: &str| {
    let Some((header, payload)) = text.split_once('\n') else { return };
    let form = if header.contains("HS256") { Form::Legacy } else { Form::Own };
    let is_taken = |header: &str, payload: &str| {
        let authorization = format!("Bearer {}", form.signed(header, payload));
        let event = json!({
            "methodArn": "a/b/c", "headers": { "Authorization": authorization },
            "stageVariables": { "LatchkeyRoutes": "accounts" },
        });
        GATE.ask(serde_json::from_value(event).unwrap()).is_some()
    };
    let was_taken = is_taken(header, payload);
    // Serde's reading of both, which accepts more: a repeated member, for example.
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    let (Some(header), Some(payload)) = (read(header), read(payload)) else { return };
    let is_good = form.is_good(&header, &payload);
    assert!(is_good || !was_taken, "{header} {payload}");
    assert_eq!(is_taken(&header.to_string(), &payload.to_string()), is_good, "{header} {payload}");
});

impl Form {
    fn signed(self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(payload));
        let signature = match self {
            Self::Own => encode(KEY.sign(&SystemRandom::new(), message.as_bytes()).unwrap()),
            Self::Legacy => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, LEGACY_SECRET.as_bytes());
                encode(hmac::sign(&key, message.as_bytes()))
            }
        };
        format!("{message}.{signature}")
    }

    /// Whether ada's token may have these claims.
    fn is_good(self, header: &Value, payload: &Value) -> bool {
        let now = NOW.seconds();
        let no_others = |names: &[&str]| {
            header.as_object().is_some_and(|it| it.keys().all(|name| names.contains(&&**name)))
        };
        let time = |name: &str| payload[name].as_i64();
        let is_current = time("exp").is_some_and(|exp| exp > now)
            && (payload.get("nbf").is_none() || time("nbf").is_some_and(|nbf| nbf <= now));
        let has =
            |name: &str| payload.as_object().is_some_and(|it: &Map<_, _>| it.contains_key(name));
        is_current
            && match self {
                Self::Own => {
                    no_others(&["alg", "typ", "kid"])
                        && header["alg"] == "ES256"
                        && (header["typ"] == "at+jwt" || header["typ"] == "application/at+jwt")
                        && header["kid"] == KID
                        && payload["iss"] == "latchkey"
                        && is_for_us(&payload["aud"])
                        && payload["sub"] == "1"
                        && is_client(&payload["client_id"])
                        && time("iat").is_some_and(|iat| iat <= now + 5)
                        && payload["jti"].as_str().is_some_and(|jti| !jti.is_empty())
                        && payload["database_id"] == DATABASE_ID
                }
                Self::Legacy => {
                    no_others(&["alg", "typ"])
                        && header["alg"] == "HS256"
                        && header["typ"] == "JWT"
                        && payload["sub"] == "ada"
                        && !has("aud")
                        && !has("at_hash")
                }
            }
    }
}

fn is_client(client: &Value) -> bool {
    client.as_str().is_some_and(|client| {
        (1..=255).contains(&client.len())
            && client.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    })
}

fn is_for_us(audience: &Value) -> bool {
    match audience {
        Value::String(name) => name == "latchkey",
        Value::Array(names) => {
            names.iter().all(Value::is_string) && names.iter().any(|name| name == "latchkey")
        }
        _ => false,
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

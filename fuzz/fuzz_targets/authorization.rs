//! The authorizer's event: only an issued token, in a single `Authorization` header, is accepted.

#![no_main]

use std::sync::LazyLock;

use fuzz::gate::Gate;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The signed parts of the corpora's tokens for ada: one of Latchkey, one of the legacy app.
const ISSUED: [&str; 2] = [
    "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ik9FdXJuYnpPR2JSYWQ0cU9EOWxOSzhWWU1RR3ZnNWNtTG5WS2V5ZEFxTDQifQ.eyJpc3MiOiJsYXRjaGtleSIsImF1ZCI6ImxhdGNoa2V5Iiwic3ViIjoiMSIsImNsaWVudF9pZCI6ImxhdGNoa2V5IiwiaWF0IjoxNzk1NTA3MjAwLCJleHAiOjE3OTU1MTA4MDAsImp0aSI6ImoifQ",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJleHAiOjE3OTU1MDkwMDB9",
];

static GATE: LazyLock<Gate> = LazyLock::new(Gate::new);

fuzz_target!(|event: &[u8]| {
    let Ok(request) = serde_json::from_slice(event) else { return };
    let Some(policy) = GATE.ask(request) else { return };
    // Serde's reading, which accepts less: only text, for example.
    let Ok(event) = serde_json::from_slice::<Value>(event) else { return };
    let values = authorization(&event);
    assert!(!values.is_empty() && values.iter().all(|value| *value == values[0]), "{event}");
    let (scheme, token) = values[0].split_at(7);
    assert!(scheme.eq_ignore_ascii_case("Bearer "), "{event}");
    let (message, _) = token.trim_start_matches(' ').rsplit_once('.').unwrap();
    assert!(ISSUED.contains(&message), "{event}");
    assert_eq!(
        (&policy["principalId"], &policy["context"]["username"]),
        (&"1".into(), &"ada".into())
    );
    let arn = event["methodArn"].as_str().unwrap();
    let stage: Vec<_> = arn.splitn(3, '/').take(2).collect();
    let opened = policy["policyDocument"]["Statement"][0]["Resource"].as_array().unwrap();
    assert!(opened.iter().all(|it| it.as_str().unwrap().starts_with(&stage.join("/"))));
});

/// Every value of every header of this name.
fn authorization(event: &Value) -> Vec<&str> {
    let of = |name: &str| event[name].as_object().into_iter().flatten();
    let multi = of("multiValueHeaders").flat_map(|(name, values)| {
        values.as_array().into_iter().flatten().map(move |value| (name, value))
    });
    multi
        .chain(of("headers"))
        .filter(|(name, _)| name.eq_ignore_ascii_case("Authorization"))
        .filter_map(|(_, value)| value.as_str())
        .collect()
}

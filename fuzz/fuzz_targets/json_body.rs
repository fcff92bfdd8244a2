//! A JSON body, sent to sign-up and to sign-in.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fuzz::{Answer, Fixture};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::value::RawValue;
use shared::http::Function;
use shared::{NewEmail, NewUsername};
use signin::Signin;
use signup::Signup;

struct Service {
    fixture: Fixture,
    signup: Function<Signup>,
    signin: Function<Signin>,
}

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let fixture = Fixture::after("");
    let (signup, signin) = (fixture.function(), fixture.function());
    Service { fixture, signup, signin }
});

fuzz_target!(|body: &[u8]| {
    let Service { fixture, signup, signin } = &*SERVICE;
    let json = "application/json";
    let signed_up = fixture.post(signup, "/api/auth/signup", json, body);
    let signed_in = fixture.post(signin, "/api/auth/signin", json, body);
    // Serde's reading: an unknown field may hold any JSON.
    let text = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let read = serde_json::from_slice::<BTreeMap<String, &RawValue>>(text).ok();
    match (signed_up.status, &read) {
        (200, Some(user)) => {
            let answered: Value = serde_json::from_str(&signed_up.body).unwrap();
            let sent = |name: &str| serde_json::from_str::<String>(user[name].get()).unwrap();
            let username = NewUsername::parse(sent("username")).unwrap();
            let email = NewEmail::parse(sent("email")).unwrap();
            assert_eq!(answered["username"], username.as_str());
            assert_eq!(answered["email"], email.as_str());
            assert_eq!(answered.as_object().map(serde_json::Map::len), Some(2));
            assert_eq!(signed_in.status, 200, "a new user can sign in: {}", signed_in.body);
        }
        (409, Some(_)) => signed_up.has_no_marker(),
        (422, _) => refused(&signed_up, body, read.is_some()),
        (status, _) => panic!("{status}: {}", signed_up.body),
    }
    match (signed_in.status, &read) {
        (200, Some(_)) => {}
        (401, Some(_)) => signed_in.has_no_marker(),
        (422, _) => refused(&signed_in, body, read.is_some()),
        (status, _) => panic!("{status}: {}", signed_in.body),
    }
});

/// Asserts that a 422 reports the rule and the location, and nothing of the body.
fn refused(answer: &Answer, body: &[u8], is_object: bool) {
    answer.has_no_marker();
    let answered: Value = serde_json::from_str(&answer.body).unwrap();
    let violations = answered["detail"].as_array().unwrap();
    assert!(!violations.is_empty() && (is_object || violations.len() == 1), "{answered}");
    for violation in violations {
        assert_eq!(violation["loc"][0], "body");
        assert_eq!(violation["loc"][1].is_string(), is_object, "{answered}");
        if let Some(offset) = violation["loc"][1].as_u64() {
            assert_eq!(violation["type"], "json_invalid");
            assert!(offset <= String::from_utf8_lossy(body).chars().count() as u64, "{answered}");
        }
    }
}

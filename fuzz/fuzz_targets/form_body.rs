//! A form, urlencoded or multipart: the `Content-Type` on the first line, then the body.

#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fuzz::{Answer, Fixture};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use shared::http::Function;
use signup::Signup;
use token::Token;

const ADA: &[u8] = br#"{"username":"ada","password":"correct horse","email":"ada@example.com"}"#;

static SERVICE: LazyLock<(Fixture, Function<Token>)> = LazyLock::new(|| {
    let fixture = Fixture::after("");
    let signup = fixture.function::<Signup>();
    let ada = fixture.post(&signup, "/api/auth/signup", "application/json", ADA);
    assert_eq!(ada.status, 200);
    let token = fixture.function();
    (fixture, token)
});

fuzz_target!(|input: &[u8]| {
    let (fixture, token) = &*SERVICE;
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let content_type = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let body = lines.next().unwrap_or_default();
    let answer = fixture.post(token, "/api/auth/token", &content_type, body);
    answer.has_no_marker();
    let answered: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answered["access_token"].is_string(), answer.status == 200);
    assert!(matches!(answer.status, 200 | 400 | 401), "{}: {answered}", answer.status);
    if content_type == "application/x-www-form-urlencoded" {
        agrees(&answer, &answered, body);
    }
});

/// Asserts that the answer agrees with the URL standard's parser.
fn agrees(answer: &Answer, answered: &Value, body: &[u8]) {
    let pairs: Vec<_> = form_urlencoded::parse(body).collect();
    let value = |name: &str| {
        let found = pairs.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| &**value).filter(|value| !value.is_empty())
    };
    let names: BTreeSet<_> = pairs.iter().map(|(name, _)| name).collect();
    let is_repeated = names.len() < pairs.len();
    let is_odd = |text: &str| text.contains(['\0', '\u{fffd}']);
    let credentials = (value("username"), value("password"));
    let is_password_grant = matches!(value("grant_type"), None | Some("password"));
    let is_refresh = value("grant_type") == Some("refresh_token");
    let expected = match (answer.status, answered["error_description"].as_str()) {
        (200, _) => credentials == (Some("ada"), Some("correct horse")) && is_password_grant,
        (401, _) => matches!(credentials, (Some(_), Some(_))) && is_password_grant,
        (_, Some("username is required")) => credentials.0.is_none(),
        (_, Some("password is required")) => credentials.1.is_none(),
        (_, Some("refresh_token is required")) => is_refresh && value("refresh_token").is_none(),
        (400, Some("Could not validate credentials")) => {
            is_refresh && value("refresh_token").is_some()
        }
        (_, Some("grant_type must be password or refresh_token")) => {
            !is_password_grant && !is_refresh
        }
        (_, Some("A parameter must not be repeated")) => is_repeated,
        (_, Some("A parameter must be UTF-8 without NUL")) => {
            pairs.iter().any(|(name, value)| is_odd(name) || is_odd(value))
        }
        _ => false,
    };
    assert!(expected, "{}: {answered}", answer.status);
    assert!(answer.status == 400 || !is_repeated, "{answered}");
}

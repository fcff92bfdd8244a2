//! Invalid sign-ups: the form of the legacy app's errors, and nothing echoed.

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::signup::SIGNUP;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_missing_field_is_named also Emulator;
        every_missing_field_is_named_in_order;
        null_is_no_string;
        another_type_is_no_string;
        missing_and_mistyped_fields_are_reported_together;
        malformed_json_is_reported_with_its_offset also Emulator;
        a_body_that_is_no_object_is_refused;
        an_empty_body_is_missing also Emulator;
        json_media_types_in_any_case_are_json also Emulator;
        other_media_types_are_no_json also Emulator;
        a_byte_order_mark_is_no_mistake also Emulator;
        whitespace_around_the_body_is_no_mistake;
        an_invalid_field_has_the_legacy_apps_words;
        nothing_that_was_sent_is_echoed also Emulator;
    ]
}

fn post(target: &Target, body: &str) -> Answer {
    target.http.post(SIGNUP, "application/json", body).send()
}

fn a_missing_field_is_named(target: &Target) {
    let whole = crate::person::Person::new("missing").json();
    for field in ["username", "email", "password"] {
        let mut body = whole.clone();
        body.as_object_mut().expect("an object").remove(field);
        let answer = post(target, &body.to_string());
        answer.is_invalid(&[("missing", json!(["body", field]))]);
    }
}

fn every_missing_field_is_named_in_order(target: &Target) {
    post(target, "{}").is_invalid(&[
        ("missing", json!(["body", "username"])),
        ("missing", json!(["body", "email"])),
        ("missing", json!(["body", "password"])),
    ]);
}

fn null_is_no_string(target: &Target) {
    post(target, r#"{"username":null,"email":null,"password":null}"#).is_invalid(&[
        ("string_type", json!(["body", "username"])),
        ("string_type", json!(["body", "email"])),
        ("string_type", json!(["body", "password"])),
    ]);
}

fn another_type_is_no_string(target: &Target) {
    for odd in ["1", "1.5", "true", "[]", "{}", "[\"x\"]", "{\"a\":1}", "-0", "1e3"] {
        let body = format!(r#"{{"username":{odd},"email":{odd},"password":{odd}}}"#);
        post(target, &body).is_invalid(&[
            ("string_type", json!(["body", "username"])),
            ("string_type", json!(["body", "email"])),
            ("string_type", json!(["body", "password"])),
        ]);
    }
}

fn missing_and_mistyped_fields_are_reported_together(target: &Target) {
    post(target, r#"{"username":1,"password":"long enough"}"#).is_invalid(&[
        ("string_type", json!(["body", "username"])),
        ("missing", json!(["body", "email"])),
    ]);
}

fn malformed_json_is_reported_with_its_offset(target: &Target) {
    for body in
        ["{", "{\"username\":\"a\"", "nope", "{}x", "{\"a\":1,}", "'a'", "{a:1}", "[1", "\""]
    {
        let answer = post(target, body);
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        let details = answer.details();
        assert_eq!(details.len(), 1, "{body}");
        assert_eq!(details[0].kind, "json_invalid", "{body}");
        let location = details[0].loc.as_array().expect("a location");
        assert_eq!(location.len(), 2, "{body}");
        assert_eq!(location[0], "body");
        let offset = location[1].as_u64().expect("an offset");
        assert!(offset <= body.len() as u64, "{body}: {offset}");
    }
}

fn a_body_that_is_no_object_is_refused(target: &Target) {
    for body in ["[]", "\"x\"", "3", "true", "null", "[{}]", "1.5"] {
        post(target, body).is_invalid(&[("model_attributes_type", json!(["body"]))]);
    }
}

fn an_empty_body_is_missing(target: &Target) {
    post(target, "").is_invalid(&[("missing", json!(["body"]))]);
}

const INCOMPLETE: &str = r#"{"username":"u","email":"u@mail.example"}"#;

fn json_media_types_in_any_case_are_json(target: &Target) {
    for media_type in [
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "Application/Json;charset=UTF-8",
        "application/vnd.latchkey+json",
        "application/problem+JSON; x=1",
    ] {
        let answer = target.http.post(SIGNUP, media_type, INCOMPLETE).send();
        answer.is_invalid(&[("missing", json!(["body", "password"]))]);
    }
}

fn other_media_types_are_no_json(target: &Target) {
    for media_type in [
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "application/xml",
        "application/octet-stream",
        "json",
    ] {
        let answer = target.http.post(SIGNUP, media_type, INCOMPLETE).send();
        answer.is_invalid(&[("model_attributes_type", json!(["body"]))]);
    }
}

fn a_byte_order_mark_is_no_mistake(target: &Target) {
    let answer = post(target, &format!("\u{feff}{INCOMPLETE}"));
    answer.is_invalid(&[("missing", json!(["body", "password"]))]);
}

fn whitespace_around_the_body_is_no_mistake(target: &Target) {
    let answer = post(target, &format!(" \r\n\t{INCOMPLETE}\n "));
    answer.is_invalid(&[("missing", json!(["body", "password"]))]);
}

fn an_invalid_field_has_the_legacy_apps_words(target: &Target) {
    for (body, words) in [
        ("{}", "Field required"),
        ("", "Field required"),
        (r#"{"username":1,"email":1,"password":1}"#, "Input should be a valid string"),
        ("[]", "Input should be a valid dictionary or object to extract fields from"),
        ("{", "JSON decode error"),
    ] {
        for detail in post(target, body).details() {
            assert_eq!(detail.msg, words, "{body}");
        }
    }
}

/// A word that no answer contains by itself.
const MARKER: &str = "Zebra77Quagga";

fn nothing_that_was_sent_is_echoed(target: &Target) {
    let field = |name: &str, value: Value| {
        let mut body =
            json!({ "username": "u", "email": "e@mail.example", "password": "long enough" });
        body[name] = value;
        body.to_string()
    };
    let long = format!("{MARKER}{}", "x".repeat(2000));
    let bodies = [
        format!(r#"{{"{MARKER}":1}}"#),
        format!(r#"{{"password":"{MARKER}"}}"#),
        format!(r#"{{"password":"{MARKER}","#),
        format!(r#"{{"password":"{MARKER}\ud800"}}"#),
        format!("\"{MARKER}\""),
        format!("[\"{MARKER}\"]"),
        MARKER.to_owned(),
        field("username", json!([MARKER])),
        field("username", json!({ MARKER: MARKER })),
        field("username", json!(long)),
        field("username", json!(format!("{MARKER}\0"))),
        field("email", json!(MARKER)),
        field("email", json!(format!("{MARKER}\0@mail.example"))),
        field("password", json!(long)),
        field("password", json!(format!("{MARKER}\0"))),
    ];
    for body in bodies {
        for media_type in ["application/json", "text/plain", MARKER] {
            for path in [SIGNUP, "/api/auth/signin", "/api/auth/token"] {
                let answer = target.http.post(path, media_type, body.clone()).send();
                answer.is_refused();
                assert!(!answer.text().contains(MARKER), "{path} {body:.60}: {}", answer.text());
                assert!(!format!("{:?}", answer.headers).contains(MARKER), "{path} {body:.60}");
            }
        }
    }
}

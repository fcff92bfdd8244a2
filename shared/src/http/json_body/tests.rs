use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::functions::SigninRoute;

fn request(content_type: Option<&str>, body: &[u8]) -> Request {
    let event = json!({ "resource": "/api/auth/signin", "httpMethod": "POST" });
    let mut event = serde_json::from_value(event).unwrap();
    let (_, mut request) = Request::of::<SigninRoute>(&mut event).unwrap();
    request.body = body.to_vec();
    if let Some(value) = content_type {
        request.headers.insert(CONTENT_TYPE, value.parse().unwrap());
    }
    request
}

fn refusal(content_type: Option<&str>, body: &[u8]) -> String {
    match JsonBody::read(&request(content_type, body)) {
        Err(Error::Unprocessable(violations)) => serde_json::to_string(&violations).unwrap(),
        _ => panic!("taken"),
    }
}

#[test]
fn json_has_a_json_content_type() {
    for value in ["application/json", "APPLICATION/JSON; charset=utf-8", "application/a+json"] {
        assert!(JsonBody::read(&request(Some(value), b"{}")).is_ok(), "{value}");
    }
    for value in [None, Some("text/plain"), Some("text/json"), Some("application/jsonl")] {
        assert!(refusal(value, b"{}").contains("model_attributes_type"), "{value:?}");
    }
}

#[test]
fn invalid_json_and_a_json_value_that_is_no_object_differ() {
    let json = Some("application/json");
    assert!(refusal(json, b"").starts_with(r#"[{"type":"missing","loc":["body"],"#));
    for body in [&b"[1]"[..], b"null", b"1", b"\"a\""] {
        assert!(refusal(json, body).contains("model_attributes_type"), "{body:?}");
    }
}

#[test]
fn the_offset_is_where_python_would_see_it() {
    let json = Some("application/json");
    for (body, offset) in [
        ("{\"a\":}", 5),
        ("{", 1),
        ("{\"a\"", 4),
        ("{\"a\":1", 6),
        ("{\"a\":1 \"b\"", 7),
        ("{\"a\":1}x", 7),
        ("  ", 2),
        ("{a:1}", 1),
        ("[1,]", 3),
        ("{\"é\":}", 5),
        ("{\n\n}x", 4),
        ("nope", 0),
        ("[tru", 1),
        ("{\"a\":nil}", 5),
        ("{\"a\":truex}", 9),
        ("{\"a\":\n fals", 7),
        ("\"", 0),
        ("{\"é\\\"\":\"b\\", 7),
    ] {
        let wanted = format!(r#"[{{"type":"json_invalid","loc":["body",{offset}],"#);
        assert!(
            refusal(json, body.as_bytes()).starts_with(&wanted),
            "{body:?}: {}",
            refusal(json, body.as_bytes())
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_wherever_they_are() {
    for body in [&b"{\"a\":\"\xff\"}"[..], b"{\"\xff\":1}", b"{\"a\":[\"\xed\xa0\x80\"]}"] {
        assert!(refusal(Some("application/json"), body).contains("json_invalid"), "{body:?}");
    }
}

#[test]
fn an_unknown_field_may_hold_any_json() {
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    for value in ["1e999", "-1E+400", r#""\ud800""#, r#"{"x":["\udc00"]}"#, &deep] {
        let body = format!(r#"{{"b":{value},"a":"x","c":{value}}}"#);
        let request = request(Some("application/json"), body.as_bytes());
        let mut body = JsonBody::read(&request).unwrap();
        assert_eq!(body.field("a", Ok), Some("x".to_owned()), "{value:.9}");
    }
    for value in ["1e", "01", "+1", "NaN", r#""\x""#, "\"\n\"", "[1,]"] {
        let body = format!(r#"{{"b":{value},"a":"x"}}"#);
        let answer = refusal(Some("application/json"), body.as_bytes());
        assert!(answer.contains("json_invalid"), "{value}");
    }
}

#[test]
fn every_bad_field_is_listed_in_the_order_it_was_read() {
    let request = request(
        Some("application/json"),
        br#"{"a":1,"c":null,"d":"x","d":"y","e":"\ud800","f":1e999,"g":{"a":"b"}}"#,
    );
    let mut body = JsonBody::read(&request).unwrap();
    assert_eq!(body.field("d", Ok), Some("y".to_owned()));
    for name in ["a", "b", "c", "e", "f", "g"] {
        assert_eq!(body.field(name, Ok), None);
    }
    let Error::Unprocessable(violations) = body.refusal() else { panic!() };
    assert_eq!(
        violations,
        [
            Violation::new(Location::Field("a"), Rule::NotAString),
            Violation::new(Location::Field("b"), Rule::Missing),
            Violation::new(Location::Field("c"), Rule::NotAString),
            Violation::new(Location::Field("e"), Rule::NotUnicode),
            Violation::new(Location::Field("f"), Rule::NotAString),
            Violation::new(Location::Field("g"), Rule::NotAString),
        ]
    );
}

#[test]
fn an_optional_field_is_missing_or_null_or_a_good_string() {
    let json = Some("application/json");
    for (text, value, is_good) in [
        ("{}", None, true),
        (r#"{"a":null}"#, None, true),
        (r#"{"a":"b"}"#, Some("b"), true),
        (r#"{"a":"null"}"#, Some("null"), true),
        (r#"{"a":7}"#, None, false),
        (r#"{"a":{}}"#, None, false),
        (r#"{"a":"\ud800"}"#, None, false),
        (r#"{"a":""}"#, None, false),
    ] {
        let request = request(json, text.as_bytes());
        let mut body = JsonBody::read(&request).unwrap();
        let parse = |text: String| if text.is_empty() { Err(Rule::NotAUuid) } else { Ok(text) };
        assert_eq!(body.optional("a", parse).as_deref(), value, "{text}");
        assert_eq!(body.is_good(), is_good, "{text}");
    }
}

#[test]
fn a_word_is_missing_or_null_or_one_of_the_list() {
    let json = Some("application/json");
    for (text, value) in [
        ("{}", Some(None)),
        (r#"{"a":null}"#, Some(None)),
        (r#"{"a": "b" }"#, Some(Some(7))),
        (r#"{"a":"\u0062"}"#, Some(Some(7))),
        (r#"{"a":"B"}"#, None),
        (r#"{"a":""}"#, None),
        (r#"{"a":"null"}"#, None),
        (r#"{"a":false}"#, None),
        (r#"{"a":1e999}"#, None),
        (r#"{"a":["b"]}"#, None),
        (r#"{"a":"\ud800"}"#, None),
    ] {
        let request = request(json, text.as_bytes());
        let mut body = JsonBody::read(&request).unwrap();
        let parsed = body.word("a", "'b'", |word| (word == "b").then_some(7));
        assert_eq!(body.is_good().then_some(parsed), value, "{text}");
        if value.is_none() {
            let violation = Violation::new(Location::Field("a"), Rule::NotALiteral("'b'"));
            assert!(matches!(body.refusal(), Error::Unprocessable(all) if all == [violation]));
        }
    }
}

proptest! {
    #[test]
    fn no_body_panics_or_is_echoed(body in prop::collection::vec(any::<u8>(), 1..64)) {
        let request = request(Some("application/json"), &body);
        if let Err(Error::Unprocessable(violations)) = JsonBody::read(&request) {
            prop_assert_eq!(violations.len(), 1);
        }
    }

    #[test]
    fn a_marker_in_a_broken_body_is_not_echoed(before in "[\\PC]{0,8}", after in "[\\PC]{0,8}") {
        let body = format!("{before}MARKER{after}");
        if let Err(Error::Unprocessable(violations)) =
            JsonBody::read(&request(Some("application/json"), body.as_bytes()))
        {
            prop_assert!(!serde_json::to_string(&violations).unwrap().contains("MARKER"));
        }
    }
}

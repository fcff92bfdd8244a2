//! Parses a JSON body field by field.

use std::collections::BTreeMap;

use lambda_http::http::header::CONTENT_TYPE;
use serde_json::value::RawValue;

use super::request::Request;
use crate::error::Error;
use crate::rule::Rule;
use crate::violation::{Location, Violation};

/// A JSON object, and the violations of the fields that were read. The other fields may have any
/// value.
pub struct JsonBody<'a> {
    fields: BTreeMap<String, &'a RawValue>,
    violations: Vec<Violation>,
}

impl<'a> JsonBody<'a> {
    /// Parses the body. Fails with FastAPI's 422 if it isn't a JSON object, or if the content type
    /// isn't JSON.
    pub fn read(request: &'a Request) -> Result<Self, Error> {
        let refuse = |violation| Error::Unprocessable(vec![violation]);
        if request.body.is_empty() {
            return Err(refuse(Violation::new(Location::Body, Rule::Missing)));
        }
        if !content_type(request).is_some_and(|essence| is_json(&essence)) {
            return Err(refuse(Violation::not_an_object()));
        }
        // RFC 8259 §8.1 lets a parser ignore a byte order mark, and the legacy app's does.
        let bytes = request.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&request.body);
        // Parse the whole body first: a JSON error at its end has precedence over not being an object.
        let whole = serde_json::from_slice::<&RawValue>(bytes);
        match whole.and_then(|_| serde_json::from_slice(bytes)) {
            Ok(fields) => Ok(Self { fields, violations: Vec::new() }),
            Err(error) if error.is_data() => Err(refuse(Violation::not_an_object())),
            Err(error) => Err(refuse(invalid(bytes, &error))),
        }
    }

    /// The parsed value of a string field. If the field is missing, isn't a string or breaks a rule,
    /// records a violation and returns `None`.
    pub fn field<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(String) -> Result<T, Rule>,
    ) -> Option<T> {
        let text = self.fields.remove(name).ok_or(Rule::Missing).and_then(string);
        text.and_then(parse)
            .map_err(|rule| self.violations.push(Violation::new(Location::Field(name), rule)))
            .ok()
    }

    /// The 422 with all violations so far.
    pub fn refusal(self) -> Error {
        Error::Unprocessable(self.violations)
    }
}

/// The media type of a body in lower case, without its parameters.
pub fn content_type(request: &Request) -> Option<String> {
    let essence = request.header(&CONTENT_TYPE)?.split(';').next()?;
    Some(essence.trim().to_ascii_lowercase())
}

fn string(value: &RawValue) -> Result<String, Rule> {
    let is_string = value.get().starts_with('"');
    let rule = if is_string { Rule::NotUnicode } else { Rule::NotAString };
    serde_json::from_str(value.get()).map_err(|_| rule)
}

fn is_json(essence: &str) -> bool {
    let subtype = essence.strip_prefix("application/");
    subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

/// Serde's error in FastAPI's form: the offset in characters, the message without the position.
/// Serde's messages for syntax errors repeat nothing of the body.
fn invalid(bytes: &[u8], error: &serde_json::Error) -> Violation {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    // At the end of the input, serde reports the last byte, elsewhere the byte where it stopped.
    let column = error.column().saturating_sub(usize::from(!error.is_eof()));
    let read = &bytes[..(before + column).min(bytes.len())];
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    let end = match words {
        "EOF while parsing a string" => last_quotation_mark(read),
        "EOF while parsing a value" | "expected ident" => last_word(read),
        _ => read.len(),
    };
    let offset = String::from_utf8_lossy(&read[..end]).chars().count();
    Violation::invalid_json(offset, words.to_owned())
}

/// The start of an unclosed string, where Python reports the error.
fn last_quotation_mark(read: &[u8]) -> usize {
    let mut begin = None;
    let mut bytes = read.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => begin = begin.is_none().then_some(at),
            b'\\' => {
                bytes.next(); // whatever is escaped
            }
            _ => {}
        }
    }
    begin.unwrap_or(read.len())
}

/// The start of a word that JSON doesn't have, where Python reports the error.
fn last_word(read: &[u8]) -> usize {
    read.iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(0, |before| before + 1)
}

#[cfg(test)]
mod tests {
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
    fn a_field_that_nobody_asks_for_may_hold_whatever_is_json() {
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
}

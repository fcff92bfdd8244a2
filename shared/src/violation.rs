//! The errors of a request in a 422, in FastAPI's form.

use serde::ser::{Serialize, Serializer};
use utoipa::openapi::schema::{AnyOf, Array, Object, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::rule::Rule;

/// The location of an error in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// The whole body.
    Body,
    /// A field of the body.
    Field(&'static str),
    /// The character at which the body stops being JSON, counted from 0.
    Offset(usize),
    /// A parameter of the query.
    Query(&'static str),
}

/// One error of a request. It repeats nothing that the client sent.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, ToSchema)]
#[schema(as = ValidationError)]
pub struct Violation {
    /// The stable name of the rule.
    #[serde(rename = "type")]
    #[schema(examples("missing"))]
    kind: &'static str,
    #[schema(inline)]
    loc: Location,
    /// The rule for people to read.
    #[schema(examples("Field required"))]
    msg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline, nullable = false)]
    ctx: Option<Context>,
}

/// What the parser expected, if the body isn't JSON.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, ToSchema)]
struct Context {
    /// The parser's message.
    error: String,
}

impl Violation {
    /// A field or the body breaks a rule.
    pub fn new(location: Location, rule: Rule) -> Self {
        let message = rule.message().into_owned();
        Self { kind: rule.kind(), loc: location, msg: message, ctx: None }
    }

    /// The body isn't a JSON object.
    pub(crate) fn not_an_object() -> Self {
        Self {
            kind: "model_attributes_type",
            loc: Location::Body,
            msg: "Input should be a valid dictionary or object to extract fields from".into(),
            ctx: None,
        }
    }

    /// The body isn't JSON: the offset in characters, and serde's message without the position.
    /// Serde's messages for syntax errors repeat nothing of the body.
    pub(crate) fn invalid_json(bytes: &[u8], error: &serde_json::Error) -> Self {
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
        Self {
            kind: "json_invalid",
            loc: Location::Offset(offset),
            msg: "JSON decode error".into(),
            ctx: Some(Context { error: words.to_owned() }),
        }
    }
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

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Body => ("body",).serialize(serializer),
            Self::Field(name) => ("body", name).serialize(serializer),
            Self::Offset(offset) => ("body", offset).serialize(serializer),
            Self::Query(name) => ("query", name).serialize(serializer),
        }
    }
}

impl ToSchema for Location {}

impl PartialSchema for Location {
    fn schema() -> RefOr<Schema> {
        let name = Object::with_type(Type::String);
        let offset = Object::with_type(Type::Integer);
        let step = AnyOf::builder().item(name).item(offset);
        let description = "The location: `body`, then the field's name, or the character at which the \
                           body stops being JSON.";
        Array::builder()
            .items(RefOr::T(Schema::AnyOf(step.build())))
            .description(Some(description))
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(violation: &Violation) -> String {
        serde_json::to_string(violation).unwrap()
    }

    #[test]
    fn a_violation_has_fastapis_shape_without_the_input() {
        assert_eq!(
            json(&Violation::new(Location::Field("password"), Rule::Missing)),
            r#"{"type":"missing","loc":["body","password"],"msg":"Field required"}"#
        );
        assert_eq!(
            json(&Violation::new(Location::Body, Rule::Missing)),
            r#"{"type":"missing","loc":["body"],"msg":"Field required"}"#
        );
        let body = br#"{"password":    }"#;
        let error = serde_json::from_slice::<serde_json::Value>(body).unwrap_err();
        assert_eq!(
            json(&Violation::invalid_json(body, &error)),
            r#"{"type":"json_invalid","loc":["body",16],"msg":"JSON decode error","ctx":{"error":"expected value"}}"#
        );
    }
}

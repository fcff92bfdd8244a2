//! What a 422 says of a request, in the shape that FastAPI gives it.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::rule::Rule;

/// Where in the request: after `"body"`, which comes first in every `loc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// The whole body.
    Body,
    /// One field of it.
    Field(&'static str),
    /// The character at which it stops being JSON, from 0.
    Offset(usize),
}

/// One thing that is wrong. Nothing that the caller sent is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    kind: &'static str,
    location: Location,
    message: String,
    /// FastAPI's `ctx.error`: what the JSON parser expected.
    expected: Option<String>,
}

impl Violation {
    /// A field, or the body, that breaks a rule.
    pub fn new(location: Location, rule: Rule) -> Self {
        let message = rule.message().into_owned();
        Self { kind: rule.kind(), location, message, expected: None }
    }

    /// A body that is no JSON object.
    pub fn not_an_object() -> Self {
        Self {
            kind: "model_attributes_type",
            location: Location::Body,
            message: "Input should be a valid dictionary or object to extract fields from".into(),
            expected: None,
        }
    }

    /// A body that is no JSON from the character `offset` on.
    pub fn invalid_json(offset: usize, expected: String) -> Self {
        Self {
            kind: "json_invalid",
            location: Location::Offset(offset),
            message: "JSON decode error".into(),
            expected: Some(expected),
        }
    }
}

impl Serialize for Violation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.kind)?;
        match self.location {
            Location::Body => map.serialize_entry("loc", &("body",))?,
            Location::Field(name) => map.serialize_entry("loc", &("body", name))?,
            Location::Offset(offset) => map.serialize_entry("loc", &("body", offset))?,
        }
        map.serialize_entry("msg", &self.message)?;
        if let Some(expected) = &self.expected {
            map.serialize_entry("ctx", &serde_json::json!({ "error": expected }))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(violation: &Violation) -> String {
        serde_json::to_string(violation).unwrap()
    }

    #[test]
    fn it_has_the_shape_of_fastapi_less_the_input() {
        assert_eq!(
            json(&Violation::new(Location::Field("password"), Rule::Missing)),
            r#"{"type":"missing","loc":["body","password"],"msg":"Field required"}"#
        );
        assert_eq!(
            json(&Violation::new(Location::Body, Rule::Missing)),
            r#"{"type":"missing","loc":["body"],"msg":"Field required"}"#
        );
        assert_eq!(
            json(&Violation::invalid_json(16, "expected value".into())),
            r#"{"type":"json_invalid","loc":["body",16],"msg":"JSON decode error","ctx":{"error":"expected value"}}"#
        );
    }
}

//! A request's JSON body.

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
            Err(error) => Err(refuse(Violation::invalid_json(bytes, &error))),
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

    /// Parses a string field that may be missing or `null`, like [`JsonBody::field`] otherwise.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(String) -> Result<T, Rule>,
    ) -> Option<T> {
        if self.fields.get(name).is_none_or(|value| value.get() == "null") {
            return None;
        }
        self.field(name, parse)
    }

    /// The parsed value of a field that may be missing or `null` and is otherwise one of these words,
    /// each in quotation marks. Any other value, of whatever type, breaks that rule.
    pub fn word<T>(
        &mut self,
        name: &'static str,
        words: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.fields.remove(name).filter(|value| value.get() != "null")?;
        let text = serde_json::from_str::<String>(value.get()).ok();
        let parsed = text.and_then(|text| parse(&text));
        if parsed.is_none() {
            self.refuse(name, Rule::NotALiteral(words));
        }
        parsed
    }

    /// Records that a field breaks a rule.
    pub fn refuse(&mut self, name: &'static str, rule: Rule) {
        self.violations.push(Violation::new(Location::Field(name), rule));
    }

    /// Whether no field that was read breaks a rule.
    pub const fn is_good(&self) -> bool {
        self.violations.is_empty()
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

#[cfg(test)]
mod tests;

//! Values that a template has as text: every scalar is text there.

use std::str::FromStr;

use http::HeaderValue;
use serde::{Deserialize, Deserializer, de::Error as _};

/// Parses a text.
pub(crate) fn parsed<'de, D: Deserializer<'de>, T: FromStr>(text: D) -> Result<T, D::Error> {
    let text = String::deserialize(text)?;
    text.parse().map_err(|_| D::Error::custom("the value is of the wrong kind"))
}

/// Parses a text that may be missing.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: FromStr>(
    text: D,
) -> Result<Option<T>, D::Error> {
    parsed(text).map(Some)
}

/// A header's value in the single quotes by which API Gateway knows a static one.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Quoted(pub(crate) HeaderValue);

impl TryFrom<String> for Quoted {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let value = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        value
            .and_then(|value| HeaderValue::from_str(value).ok())
            .map(Self)
            .ok_or("a header's value must be static: text in single quotes")
    }
}

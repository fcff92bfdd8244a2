//! A fault of the document.

use std::fmt;

/// What is wrong with the document, and where: one sentence.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("own-routes.json, {location}: {rule}")]
pub struct Fault {
    location: String,
    rule: String,
}

impl Fault {
    pub(crate) fn at(location: impl fmt::Display, rule: impl fmt::Display) -> Self {
        Self { location: location.to_string(), rule: rule.to_string() }
    }
}

/// The same sentence, because `main` prints its error by `Debug`.
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        let location = format!("line {}, column {}", error.line(), error.column());
        let message = error.to_string();
        let rule = message.rsplit_once(" at line ").map_or(message.as_str(), |(rule, _)| rule);
        Self { location, rule: rule.to_owned() }
    }
}

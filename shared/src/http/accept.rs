//! Content negotiation of errors.

use lambda_http::http::{HeaderMap, header};

use crate::environment::Environment;

/// The `Accept` of a request (RFC 9110 §12.5.1). Without the header, every type is accepted.
#[derive(Debug, Default)]
pub struct Accept(Vec<Range>);

/// A media range: `text/plain`, `text/*` or `*/*`, and whether its weight is more than 0.
#[derive(Debug)]
struct Range {
    kind: String,
    subtype: String,
    taken: bool,
}

/// The form of an error if `Accept` doesn't decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFormat {
    /// Text if the client accepts it, as in the legacy app.
    Text,
    /// Problem details (RFC 9457), unless the client asks for text by name.
    Json,
}

impl ErrorFormat {
    /// Reads `ERROR_FORMAT`.
    pub fn from_env(env: &mut Environment) -> Self {
        env.parsed("ERROR_FORMAT", Self::Text, "must be text or json", |text| match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        })
    }
}

/// The form of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorForm {
    /// Plain text.
    Text,
    /// FastAPI's `detail`, with the errors of each field.
    Detail,
    /// Problem details (RFC 9457).
    Problem,
}

impl Accept {
    /// Reads the header, ignoring parts that aren't media ranges.
    pub fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT).iter();
        let ranges = values.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(','));
        Self(ranges.filter_map(Range::parse).collect())
    }

    /// The form of an error without fields.
    pub fn of_words(&self, format: ErrorFormat) -> ErrorForm {
        let is_problem = match format {
            ErrorFormat::Text => {
                !self.takes("text", "plain") && (self.takes_json() || self.takes_problems())
            }
            ErrorFormat::Json => !self.names_text(),
        };
        if is_problem { ErrorForm::Problem } else { ErrorForm::Text }
    }

    /// The form of an error that lists fields.
    pub fn of_fields(&self, format: ErrorFormat) -> ErrorForm {
        let is_problem = match format {
            ErrorFormat::Text => !self.takes_json() && self.takes_problems(),
            ErrorFormat::Json => !self.names_text(),
        };
        if is_problem { ErrorForm::Problem } else { ErrorForm::Detail }
    }

    /// Whether the client asks for `text/plain` or `text/*`; `*/*` doesn't count.
    fn names_text(&self) -> bool {
        self.closest("text", "plain").is_some_and(|range| range.taken && range.kind == "text")
    }

    fn takes_json(&self) -> bool {
        self.takes("application", "json")
    }

    fn takes_problems(&self) -> bool {
        self.takes("application", "problem+json")
    }

    /// Without a readable media range, every type is accepted.
    fn takes(&self, kind: &str, subtype: &str) -> bool {
        self.0.is_empty() || self.closest(kind, subtype).is_some_and(|range| range.taken)
    }

    /// The most specific range that includes a media type, which decides (RFC 9110 §12.5.1).
    fn closest(&self, kind: &str, subtype: &str) -> Option<&Range> {
        let fits = |range: &&Range| {
            (range.kind == kind && (range.subtype == subtype || range.subtype == "*"))
                || (range.kind == "*" && range.subtype == "*")
        };
        let closeness = |range: &&Range| (range.kind != "*", range.subtype != "*");
        self.0.iter().filter(fits).max_by_key(closeness)
    }
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let weight = parts.find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")));
        // Only whether the weight is 0 matters.
        let taken = weight.is_none_or(|it| it.bytes().any(|digit| matches!(digit, b'1'..=b'9')));
        let (kind, subtype) = (kind.to_ascii_lowercase(), subtype.to_ascii_lowercase());
        Some(Self { kind, subtype, taken })
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn accept(value: &str) -> Accept {
        let value = HeaderValue::from_str(value).unwrap();
        Accept::of(&HeaderMap::from_iter([(header::ACCEPT, value)]))
    }

    use ErrorFormat::{Json, Text};

    #[test]
    fn a_client_that_takes_text_gets_text() {
        for value in [
            "*/*",
            "text/plain",
            "TEXT/Plain",
            "text/*",
            "application/json, text/plain, */*",
            "application/problem+json, text/plain;q=0.1",
            "application/json, */*;q=0.1",
            "text/html",
            "text/html, image/webp",
            "application/json;q=0, */*",
            "",
            "json",
            ", ;",
        ] {
            assert_eq!(accept(value).of_words(Text), ErrorForm::Text, "{value}");
        }
        assert_eq!(Accept::default().of_words(Text), ErrorForm::Text);
    }

    #[test]
    fn a_client_that_takes_json_alone_gets_problem_details() {
        for value in [
            "application/json",
            "application/problem+json",
            "application/problem+json, application/json;q=0.9",
            "Application/JSON; charset=utf-8",
            "application/*",
            "application/json, text/plain;q=0",
            "application/json, text/plain;q=0.000",
            "*/*, text/*;q=0",
            "application/json, text/html",
        ] {
            assert_eq!(accept(value).of_words(Text), ErrorForm::Problem, "{value}");
        }
    }

    #[test]
    fn several_headers_are_one_list() {
        let values = ["application/json", "text/plain"].map(HeaderValue::from_static);
        let headers = values.map(|value| (header::ACCEPT, value));
        let accept = Accept::of(&headers.into_iter().collect());
        assert_eq!(accept.of_words(Text), ErrorForm::Text);
    }

    #[test]
    fn errors_of_fields_are_fastapis_detail_wherever_json_is_accepted() {
        for value in ["application/json", "*/*", "application/*", "text/plain", "", "text/html"] {
            assert_eq!(accept(value).of_fields(Text), ErrorForm::Detail, "{value}");
        }
        for value in ["application/problem+json", "application/problem+json, text/plain"] {
            assert_eq!(accept(value).of_fields(Text), ErrorForm::Problem, "{value}");
        }
    }

    #[test]
    fn with_json_errors_a_client_that_names_no_text_gets_problem_details() {
        for value in [
            "*/*",
            "application/json",
            "application/json, */*;q=0.1",
            "application/problem+json",
            "application/*",
            "text/html, */*;q=0.8",
            "text/plain;q=0, */*",
            "text/*, text/plain;q=0",
            "image/png",
            "application/json;q=0",
            "",
            "text",
            ", ;",
        ] {
            assert_eq!(accept(value).of_words(Json), ErrorForm::Problem, "{value}");
            assert_eq!(accept(value).of_fields(Json), ErrorForm::Problem, "{value}");
        }
        assert_eq!(Accept::default().of_words(Json), ErrorForm::Problem);
    }

    #[test]
    fn with_json_errors_a_client_that_names_text_gets_the_legacy_apps_text() {
        for value in [
            "text/plain",
            "TEXT/*;q=0.1",
            "application/json, text/plain, */*",
            "application/problem+json, text/plain;q=0.001",
            "text/*;q=0, text/plain",
        ] {
            assert_eq!(accept(value).of_words(Json), ErrorForm::Text, "{value}");
            assert_eq!(accept(value).of_fields(Json), ErrorForm::Detail, "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(value in "[ -~]{0,60}") {
            let accept = accept(&value);
            for format in [Text, Json] {
                let _ = (accept.of_words(format), accept.of_fields(format));
            }
        }
    }
}

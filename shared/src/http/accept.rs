//! Which forms of an answer a client takes.

use lambda_http::http::{HeaderMap, header};

/// The `Accept` of a request (RFC 9110 §12.5.1). One that isn't there takes everything.
#[derive(Debug, Default)]
pub struct Accept(Vec<Range>);

/// A media range: `text/plain`, `text/*` or `*/*`, and whether its weight is more than 0.
#[derive(Debug)]
struct Range {
    kind: String,
    subtype: String,
    taken: bool,
}

/// How an error's words are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorForm {
    /// The words alone.
    Text,
    /// FastAPI's `detail`: what is wrong with each field.
    Detail,
    /// Problem details (RFC 9457).
    Problem,
}

impl Accept {
    /// Reads the header. What is no media range in it says nothing.
    pub fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT).iter();
        let ranges = values.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(','));
        Self(ranges.filter_map(Range::parse).collect())
    }

    /// How a client that asks so reads a few words: as text wherever it takes that, as the app
    /// sent them; as problem details if it takes JSON alone.
    pub fn of_words(&self) -> ErrorForm {
        if !self.takes("text", "plain") && (self.takes_json() || self.takes_problems()) {
            ErrorForm::Problem
        } else {
            ErrorForm::Text
        }
    }

    /// How it reads what is wrong with each field: as the app sent it wherever it takes JSON.
    pub fn of_fields(&self) -> ErrorForm {
        if !self.takes_json() && self.takes_problems() {
            ErrorForm::Problem
        } else {
            ErrorForm::Detail
        }
    }

    fn takes_json(&self) -> bool {
        self.takes("application", "json")
    }

    fn takes_problems(&self) -> bool {
        self.takes("application", "problem+json")
    }

    /// The most specific range decides; where nothing readable was said, everything is taken.
    fn takes(&self, kind: &str, subtype: &str) -> bool {
        let fits = |range: &&Range| {
            (range.kind == kind && (range.subtype == subtype || range.subtype == "*"))
                || (range.kind == "*" && range.subtype == "*")
        };
        let closeness = |range: &&Range| (range.kind != "*", range.subtype != "*");
        self.0.is_empty()
            || self.0.iter().filter(fits).max_by_key(closeness).is_some_and(|it| it.taken)
    }
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let weight = parts.find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")));
        // A weight is 0, or more than that: nobody is asked how much more.
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

    #[test]
    fn who_takes_text_gets_text() {
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
            assert_eq!(accept(value).of_words(), ErrorForm::Text, "{value}");
        }
        assert_eq!(Accept::default().of_words(), ErrorForm::Text);
    }

    #[test]
    fn who_takes_json_alone_gets_problem_details() {
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
            assert_eq!(accept(value).of_words(), ErrorForm::Problem, "{value}");
        }
    }

    #[test]
    fn several_headers_are_one_list() {
        let values = ["application/json", "text/plain"].map(HeaderValue::from_static);
        let headers = values.map(|value| (header::ACCEPT, value));
        let accept = Accept::of(&headers.into_iter().collect());
        assert_eq!(accept.of_words(), ErrorForm::Text);
    }

    #[test]
    fn fields_are_told_as_the_app_tells_them_wherever_json_is_taken() {
        for value in ["application/json", "*/*", "application/*", "text/plain", "", "text/html"] {
            assert_eq!(accept(value).of_fields(), ErrorForm::Detail, "{value}");
        }
        for value in ["application/problem+json", "application/problem+json, text/plain"] {
            assert_eq!(accept(value).of_fields(), ErrorForm::Problem, "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(value in "[ -~]{0,60}") {
            let accept = accept(&value);
            let _ = (accept.of_words(), accept.of_fields());
        }
    }
}

//! An endpoint's answer.

use lambda_http::Body;
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;

use super::ProxyResponse;
use super::accept::{Accept, ErrorForm};
use super::error_format::ErrorFormat;
use super::problem::{Detail, PROBLEM_JSON, Problem};
use crate::error::{Answer, Error, Failure, SecurityEvent};
use crate::user_id::UserId;

/// Status, headers and body of an answer, and its fields in the log.
#[derive(Debug)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) event: Option<SecurityEvent>,
    pub(crate) error: Option<&'static str>,
    pub(crate) cause: Option<String>,
}

/// The security headers of every answer, from OWASP's list for REST APIs.
/// <https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers>
const SECURITY: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

impl Reply {
    fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        let mut headers = HeaderMap::from_iter(SECURITY);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, body, event: None, error: None, cause: None }
    }

    /// 200 with a text of this media type.
    pub fn text(content_type: &'static str, body: &str) -> Self {
        Self::new(200, content_type, body.into())
    }

    /// 200 with a JSON body.
    pub fn json(body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => Self::new(200, "application/json", bytes),
            Err(error) => {
                let error = Error::Internal(format!("an answer that is no JSON: {error}"));
                Self::new(500, "text/plain; charset=utf-8", Vec::new()).about(&error)
            }
        }
    }

    /// An error in the form that the client accepts; `format` decides if several are.
    pub fn of_error(error: &dyn Failure, accept: &Accept, format: ErrorFormat) -> Self {
        let Answer(status, code, words) = error.answer();
        let violations = error.violations();
        let form = match violations {
            Some(_) => accept.of_fields(format),
            None => accept.of_words(format),
        };
        let body = match form {
            ErrorForm::Text => Self::new(status, "text/plain; charset=utf-8", words.into()),
            ErrorForm::Detail => Self::json(&Detail { detail: violations.unwrap_or_default() }),
            ErrorForm::Problem => {
                let mut problem = Problem::new(status, words, code);
                problem.errors = violations;
                Self::json(&problem).with_header(header::CONTENT_TYPE, PROBLEM_JSON)
            }
        };
        // Every answer varies by origin, an error also by `Accept`.
        body.about(error).with_header(header::VARY, HeaderValue::from_static("Origin, Accept"))
    }

    /// Sets the status, the header and the log's fields of an error.
    #[must_use]
    pub fn about(mut self, error: &dyn Failure) -> Self {
        let Answer(status, code, _) = error.answer();
        self.headers.extend(error.header());
        self.event = error.event();
        self.cause = error.cause().map(str::to_owned);
        self.with_status(status).with_error(code)
    }

    /// Sets the status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Makes it a 304 (RFC 9110 §15.4.5) with the same headers. That includes the media type: without
    /// one, API Gateway adds `application/json`, with which a cache would update its stored response
    /// (RFC 9111 §3.2).
    #[must_use]
    pub(crate) fn not_modified(mut self) -> Self {
        self.body.clear();
        self.with_status(304)
    }

    /// Sets the stable error code for the log.
    #[must_use]
    pub fn with_error(mut self, code: &'static str) -> Self {
        self.error = Some(code);
        self
    }

    /// Sets a header, replacing one of the same name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the [`SecurityEvent`] for the log.
    #[must_use]
    pub fn with_event(mut self, name: &'static str, user_id: UserId) -> Self {
        self.event = Some(SecurityEvent { name, user_id: Some(user_id), hash_scheme: None });
        self
    }
}

impl From<Reply> for ProxyResponse {
    fn from(reply: Reply) -> Self {
        let mut response = Self::default();
        response.status_code = i64::from(reply.status);
        response.multi_value_headers = reply.headers;
        response.body = Some(match String::from_utf8(reply.body) {
            Ok(text) => Body::Text(text),
            Err(error) => {
                response.is_base64_encoded = true;
                Body::Binary(error.into_bytes())
            }
        });
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Location, Violation};
    use crate::rule::Rule;

    fn accept(value: &'static str) -> Accept {
        let value = HeaderValue::from_static(value);
        Accept::of(&HeaderMap::from_iter([(header::ACCEPT, value)]))
    }

    fn text(reply: Reply) -> String {
        String::from_utf8(reply.body).unwrap()
    }

    #[test]
    fn an_error_is_its_words_as_plain_text_and_its_cause_stays_here() {
        let error = Error::Internal("connection string".into());
        let reply = Reply::of_error(&error, &Accept::default(), ErrorFormat::Text);
        assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8");
        assert_eq!((reply.status, reply.cause.as_deref()), (500, Some("connection string")));
        assert_eq!(text(reply), "Internal Server Error");
    }

    #[test]
    fn an_error_is_problem_details_to_a_client_that_accepts_json_alone() {
        let reply =
            Reply::of_error(&Error::NotFound, &accept("application/json"), ErrorFormat::Text);
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        assert_eq!((reply.status, reply.error), (404, Some("not_found")));
        assert_eq!(
            text(reply),
            r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"Not Found","code":"not_found"}"#
        );
    }

    #[test]
    fn an_error_varies_by_origin_and_accept() {
        for value in ["application/json", "*/*"] {
            let reply = Reply::of_error(&Error::NotFound, &accept(value), ErrorFormat::Text);
            assert_eq!(reply.headers["vary"], "Origin, Accept", "{value}");
        }
    }

    #[test]
    fn each_401_and_403_names_its_scheme_and_each_503_when_to_come_back() {
        for (error, challenge) in [
            (Error::InvalidToken, r#"Bearer error="invalid_token""#),
            (Error::Forbidden, r#"Bearer error="insufficient_scope""#),
        ] {
            for value in ["*/*", "application/json"] {
                let reply = Reply::of_error(&error, &accept(value), ErrorFormat::Text);
                assert_eq!(reply.headers["www-authenticate"], challenge);
            }
        }
        let error = Error::Unavailable(String::new());
        let reply = Reply::of_error(&error, &accept("application/json"), ErrorFormat::Text);
        assert_eq!(reply.headers["retry-after"], "1");
    }

    #[test]
    fn a_422_is_fastapis_detail_or_problem_details_with_the_same_errors() {
        let violation = Violation::new(Location::Field("email"), Rule::NotAnEmail);
        let error = Error::Unprocessable(vec![violation]);
        let reply = Reply::of_error(&error, &accept("application/json"), ErrorFormat::Text);
        assert_eq!(
            (reply.status, &reply.headers["content-type"]),
            (422, &"application/json".parse().unwrap())
        );
        let errors = r#"[{"type":"value_error","loc":["body","email"],"msg":"value is not a valid email address"}]"#;
        assert_eq!(text(reply), format!(r#"{{"detail":{errors}}}"#));
        let reply = Reply::of_error(&error, &accept("application/problem+json"), ErrorFormat::Text);
        assert_eq!(
            text(reply),
            format!(
                r#"{{"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"Unprocessable Content","code":"unprocessable","errors":{errors}}}"#
            )
        );
    }

    #[test]
    fn an_error_in_another_standards_words_keeps_its_status_and_its_code() {
        let reply = Reply::json(&"other").about(&Error::InvalidToken);
        assert_eq!((reply.status, reply.error), (401, Some("invalid_token")));
        assert!(reply.headers.contains_key("www-authenticate"));
        assert_eq!(text(reply), r#""other""#);
    }

    #[test]
    fn a_304_differs_from_its_answer_in_status_and_body_alone() {
        let answer = || Reply::text("text/html", "page");
        let not_modified = answer().not_modified();
        assert_eq!(not_modified.headers, answer().headers);
        assert_eq!((not_modified.status, text(not_modified)), (304, String::new()));
    }

    #[test]
    fn no_answer_is_kept_or_sniffed() {
        let reply = Reply::json(&"Hello World");
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
    }
}

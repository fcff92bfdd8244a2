//! An endpoint's answer, and the JSON forms of an error.

use lambda_http::Body;
use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyResponse as ProxyResponse;
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::accept::{Accept, ErrorForm, ErrorFormat};
use crate::error::{Answer, Error, Failure, SecurityEvent};
use crate::user_id::UserId;
use crate::violation::Violation;

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
        let reply = Self { status, body, ..Self::no_content() };
        reply.with_header(header::CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    /// 204. API Gateway adds a content type of its own.
    pub fn no_content() -> Self {
        let headers = HeaderMap::from_iter(SECURITY);
        Self { status: 204, headers, body: Vec::new(), event: None, error: None, cause: None }
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

    /// Sets a cookie, if there is one, beside others.
    #[must_use]
    pub fn with_cookie(mut self, cookie: Option<HeaderValue>) -> Self {
        if let Some(cookie) = cookie {
            self.headers.append(header::SET_COOKIE, cookie);
        }
        self
    }

    /// Sets the [`SecurityEvent`] for the log.
    #[must_use]
    pub fn with_event(self, name: &'static str, user_id: UserId) -> Self {
        self.logging(SecurityEvent::of(name, Some(user_id)))
    }

    /// Sets the same with all its fields.
    #[must_use]
    pub fn logging(mut self, event: SecurityEvent) -> Self {
        self.event = Some(event);
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

/// The errors of a request, in FastAPI's shape.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HTTPValidationError)]
pub struct Detail<'a> {
    /// All errors.
    #[schema(value_type = Vec<Violation>)]
    detail: &'a [Violation],
}

/// Problem details (RFC 9457 §3.1). The type is always `about:blank`, so `code` distinguishes
/// problems.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem<'a> {
    /// Always `about:blank`.
    #[serde(rename = "type")]
    #[schema(examples("about:blank"))]
    kind: &'static str,
    /// The status's reason phrase.
    title: &'static str,
    /// The status.
    status: u16,
    /// The words of the text form.
    detail: &'static str,
    /// The stable name of the error, for programs.
    code: &'static str,
    /// All errors, if `code` is `unprocessable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Violation>>, nullable = false)]
    errors: Option<&'a [Violation]>,
}

impl Problem<'_> {
    /// A problem without field errors.
    pub const fn new(status: u16, detail: &'static str, code: &'static str) -> Self {
        let title = status_phrase(status);
        Self { kind: "about:blank", title, status, detail, code, errors: None }
    }
}

/// RFC 9457 §6.1.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The phrase of a status that an error has (RFC 9110 §15; 429 is RFC 6585's).
const fn status_phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests;

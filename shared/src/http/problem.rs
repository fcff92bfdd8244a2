//! The JSON forms of an error.

use lambda_http::http::HeaderValue;
use serde::Serialize;
use utoipa::ToSchema;

use crate::violation::Violation;

/// The errors of a request, in FastAPI's shape.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HTTPValidationError)]
pub struct Detail<'a> {
    /// All errors.
    #[schema(value_type = Vec<Violation>)]
    pub(super) detail: &'a [Violation],
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
    pub(super) errors: Option<&'a [Violation]>,
}

impl Problem<'_> {
    /// A problem without field errors.
    pub const fn new(status: u16, detail: &'static str, code: &'static str) -> Self {
        let title = status_phrase(status);
        Self { kind: "about:blank", title, status, detail, code, errors: None }
    }
}

/// RFC 9457 §6.1.
pub(super) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

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

//! An endpoint's answer.

use lambda_http::Body;
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;

use super::ProxyResponse;
use super::violation::Violation;
use crate::error::{Answer, Error};
use crate::user_id::UserId;

/// Something that an operator looks for in the log, by a name that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecurityEvent {
    /// Someone signed in.
    SignedIn,
    /// A sign-in was refused.
    SignInRefused,
    /// A user was made.
    SignedUp,
}

impl SecurityEvent {
    /// The stable name: that of the OWASP logging vocabulary.
    /// <https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html>
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "authn_login_success",
            Self::SignInRefused => "authn_login_fail",
            Self::SignedUp => "user_created",
        }
    }
}

/// Status, headers and body of an answer, and what the log says of it.
#[derive(Debug)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) event: Option<SecurityEvent>,
    pub(crate) user_id: Option<UserId>,
    pub(crate) error: Option<&'static str>,
    pub(crate) cause: Option<String>,
}

/// What every answer carries: OWASP's list for a REST API.
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
        let (event, user_id, error, cause) = (None, None, None, None);
        Self { status, headers, body, event, user_id, error, cause }
    }

    /// 200 with a JSON body.
    pub fn json(body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => Self::new(200, "application/json", bytes),
            Err(error) => Error::Internal(format!("an answer that is no JSON: {error}")).into(),
        }
    }

    /// The same answer with a JSON body instead.
    #[must_use]
    pub fn with_json(mut self, body: &impl Serialize) -> Self {
        let Self { headers, body, .. } = Self::json(body);
        self.headers.extend(headers);
        self.body = body;
        self
    }

    /// The same answer with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// 304: what the caller has is what the answer would hold (RFC 9110 §15.4.5).
    #[must_use]
    pub fn not_modified(mut self) -> Self {
        self.headers.remove(header::CONTENT_TYPE);
        self.body.clear();
        self.with_status(304)
    }

    /// Names what went wrong in the log, by a code that stays.
    #[must_use]
    pub fn with_error(mut self, code: &'static str) -> Self {
        self.error = Some(code);
        self
    }

    /// Sets a header, in place of one of that name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Names what happened, and to whom, in the log.
    #[must_use]
    pub fn with_event(mut self, event: SecurityEvent, user_id: UserId) -> Self {
        (self.event, self.user_id) = (Some(event), Some(user_id));
        self
    }
}

/// FastAPI's body of a 422.
#[derive(Serialize)]
struct Detail<'a> {
    detail: &'a [Violation],
}

impl From<Error> for Reply {
    fn from(error: Error) -> Self {
        let Answer(status, code, words) = error.answer();
        let mut reply = if let Error::Unprocessable(violations) = &error {
            Self::json(&Detail { detail: violations }).with_status(status)
        } else {
            Self::new(status, "text/plain; charset=utf-8", words.as_bytes().to_vec())
        };
        if status == 401 {
            reply.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == 503 {
            reply.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Error::WrongCredentials(refusal) = &error {
            (reply.event, reply.user_id) = (Some(SecurityEvent::SignInRefused), refusal.user_id);
        }
        reply.error = Some(code);
        reply.cause = error.cause().map(str::to_owned);
        reply
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
    use crate::error::{Refusal, RefusalReason};
    use crate::http::Location;
    use crate::rule::Rule;

    #[test]
    fn an_error_is_its_words_as_plain_text_and_its_cause_stays_here() {
        let reply = Reply::from(Error::Internal("connection string".into()));
        assert_eq!((reply.status, reply.body.as_slice()), (500, &b"Internal Server Error"[..]));
        assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8");
        assert_eq!(reply.cause.as_deref(), Some("connection string"));
    }

    #[test]
    fn each_401_names_its_scheme_and_each_503_when_to_come_back() {
        let refusal = Refusal { reason: RefusalReason::WrongPassword, user_id: None };
        for error in [Error::InvalidToken, Error::WrongCredentials(refusal)] {
            assert_eq!(Reply::from(error).headers["www-authenticate"], "Bearer");
        }
        assert_eq!(Reply::from(Error::Unavailable(String::new())).headers["retry-after"], "1");
    }

    #[test]
    fn a_422_is_fastapis_detail() {
        let violation = Violation::new(Location::Field("email"), Rule::NotAnEmail);
        let reply = Reply::from(Error::Unprocessable(vec![violation]));
        assert_eq!(reply.headers["content-type"], "application/json");
        assert_eq!(
            String::from_utf8(reply.body).unwrap(),
            r#"{"detail":[{"type":"value_error","loc":["body","email"],"msg":"value is not a valid email address"}]}"#
        );
    }

    #[test]
    fn no_answer_is_kept_or_sniffed() {
        let reply = Reply::json(&"Hello World");
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
    }
}

//! Errors: the answer to the client, and the cause for the log.

use std::fmt;

use lambda_http::http::{HeaderName, HeaderValue, header};

use crate::session_id::SessionId;
use crate::user_id::UserId;
use crate::violation::Violation;

/// An error that an endpoint answers with: one of the function's own, or of the shared [`Error`]. `?`
/// boxes either.
pub trait Failure: fmt::Debug + Send {
    /// Status, stable code and words.
    fn answer(&self) -> Answer;

    /// The errors of the request's fields, if there are any.
    fn violations(&self) -> Option<&[Violation]> {
        None
    }

    /// The cause, for the log.
    fn cause(&self) -> Option<&str> {
        None
    }

    /// `WWW-Authenticate` of a 401 or a 403, `Retry-After` of a 429 or a 503.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        None
    }

    /// The event for the log.
    fn event(&self) -> Option<SecurityEvent> {
        None
    }
}

impl<E: Failure + 'static> From<E> for Box<dyn Failure> {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}

/// Status, stable code and words of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer(pub u16, pub &'static str, pub &'static str);

/// A security event in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecurityEvent {
    /// The stable name, from the OWASP logging vocabulary.
    /// <https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html>
    pub name: &'static str,
    /// The account, if it is known.
    pub user_id: Option<UserId>,
    /// The session, if it is one's.
    pub session_id: Option<SessionId>,
    /// The stable word for what became of it, if that isn't an error.
    pub outcome: Option<&'static str>,
    /// The scheme of a stored password that can't be verified.
    pub hash_scheme: Option<&'static str>,
}

impl SecurityEvent {
    /// An event of a user, without the further fields.
    pub const fn of(name: &'static str, user_id: Option<UserId>) -> Self {
        Self { name, user_id, session_id: None, outcome: None, hash_scheme: None }
    }
}

/// The errors that all endpoints share.
#[derive(Debug)]
pub enum Error {
    /// A field breaks a rule, or the body can't be parsed.
    Unprocessable(Vec<Violation>),
    /// The body is larger than 64 KiB.
    PayloadTooLarge,
    /// There is no such route, or it is turned off.
    NotFound,
    /// The token that the authorizer accepted has expired since.
    InvalidToken,
    /// The caller lacks the route's role, although the authorizer's policy allowed the route.
    Forbidden,
    /// A limit on attempts is reached. Only the log says which.
    RateLimited(RateLimited),
    /// A dependency is out of reach. Only the log has the cause.
    Unavailable(String),
    /// The database accepted no connection in time, as when it resumes from a pause.
    Connecting(String),
    /// A bug. Only the log has the cause.
    Internal(String),
}

/// An attempt that a limit refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    /// The seconds until the next attempt, 1 to 86,400.
    pub retry_after: u32,
    /// The kind of the key that refused, for the log.
    pub by: &'static str,
    /// The event for the log.
    pub event: SecurityEvent,
}

/// The challenge of a refused token (RFC 6750 §3.1).
const INVALID_TOKEN: HeaderValue = HeaderValue::from_static(r#"Bearer error="invalid_token""#);

/// The challenge of a token without the role.
const INSUFFICIENT_SCOPE: HeaderValue =
    HeaderValue::from_static(r#"Bearer error="insufficient_scope""#);

/// The `Retry-After` of most failures, in seconds.
const SOON: HeaderValue = HeaderValue::from_static("1");

/// The `Retry-After` if the database accepts no connection: Aurora takes some 15 s to resume.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html>
const RESUMING: HeaderValue = HeaderValue::from_static("15");

impl Failure for Error {
    fn answer(&self) -> Answer {
        match self {
            Self::Unprocessable(_) => Answer(422, "unprocessable", "Unprocessable Content"),
            Self::PayloadTooLarge => Answer(413, "payload_too_large", "Payload Too Large"),
            Self::NotFound => Answer(404, "not_found", "Not Found"),
            Self::InvalidToken => Answer(401, "invalid_token", "Could not validate credentials"),
            Self::Forbidden => Answer(403, "forbidden", "Unauthorized."),
            Self::RateLimited(_) => Answer(429, "rate_limited", "Too Many Requests"),
            Self::Unavailable(_) => Answer(503, "unavailable", "Service Unavailable"),
            Self::Connecting(_) => Answer(503, "database_connecting", "Service Unavailable"),
            Self::Internal(_) => Answer(500, "internal", "Internal Server Error"),
        }
    }

    fn violations(&self) -> Option<&[Violation]> {
        if let Self::Unprocessable(violations) = self { Some(violations) } else { None }
    }

    fn cause(&self) -> Option<&str> {
        match self {
            Self::Unavailable(cause) | Self::Connecting(cause) | Self::Internal(cause) => {
                Some(cause)
            }
            Self::RateLimited(limited) => Some(limited.by),
            Self::Unprocessable(_)
            | Self::PayloadTooLarge
            | Self::NotFound
            | Self::InvalidToken
            | Self::Forbidden => None,
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::InvalidToken => Some((header::WWW_AUTHENTICATE, INVALID_TOKEN)),
            Self::Forbidden => Some((header::WWW_AUTHENTICATE, INSUFFICIENT_SCOPE)),
            Self::RateLimited(limited) => Some((header::RETRY_AFTER, limited.retry_after.into())),
            Self::Connecting(_) => Some((header::RETRY_AFTER, RESUMING)),
            Self::Unavailable(_) => Some((header::RETRY_AFTER, SOON)),
            Self::Unprocessable(_) | Self::PayloadTooLarge | Self::NotFound | Self::Internal(_) => {
                None
            }
        }
    }

    fn event(&self) -> Option<SecurityEvent> {
        if let Self::RateLimited(limited) = self { Some(limited.event) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// The codes in backticks at the start of the table's rows.
    fn documented() -> BTreeSet<&'static str> {
        let page = include_str!("../../docs/use/errors.md");
        let section = page.split("## ").find(|it| it.starts_with("A function's own")).unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        rows.filter_map(|row| row.split('`').next()).collect()
    }

    /// The code of each `Answer` in the sources below a folder.
    fn written(folder: &Path, codes: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                written(&entry, codes);
            } else if entry.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&entry).unwrap();
                let source = text.split("#[cfg(test)]").next().unwrap();
                let answers = source.split("Answer(").filter(|it| it.starts_with(['4', '5']));
                codes.extend(answers.map(|it| it.split('"').nth(1).unwrap().to_owned()));
            }
        }
    }

    #[test]
    fn the_page_of_errors_has_every_code_and_no_other() {
        let mut codes = Vec::new();
        written(Path::new("src"), &mut codes);
        for function in fs::read_dir("../functions").unwrap() {
            written(&function.unwrap().path().join("src"), &mut codes);
        }
        let unique: BTreeSet<_> = codes.iter().map(String::as_str).collect();
        assert_eq!(codes.len(), unique.len(), "each error has a code of its own: {codes:?}");
        assert_eq!(documented(), unique);
    }
}

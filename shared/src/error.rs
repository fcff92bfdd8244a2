//! What can go wrong in an endpoint, and what a caller is told of it.

use crate::http::Violation;
use crate::user_id::UserId;

/// An endpoint's failure.
#[derive(Debug)]
pub enum Error {
    /// Fields that break a rule, or a body that can't be read.
    Unprocessable(Vec<Violation>),
    /// The body is larger than 64 KiB.
    PayloadTooLarge,
    /// No such route, or one that is turned off.
    NotFound,
    /// Sign-up with a name that somebody has.
    UsernameTaken,
    /// Sign-up with an address that somebody has.
    EmailTaken,
    /// Sign-in refused: one answer for every reason.
    WrongCredentials(Refusal),
    /// The token that the authorizer accepted has expired since.
    InvalidToken,
    /// The caller lacks the route's role: the authorizer's policy should have said so.
    Forbidden,
    /// Something that we need is out of reach; the cause goes to the log alone.
    Unavailable(String),
    /// The database accepted no connection in time, as one that resumes from a pause.
    Connecting(String),
    /// Our own mistake; the cause goes to the log alone.
    Internal(String),
}

/// Why a sign-in was refused: for the log, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What was wrong.
    pub reason: RefusalReason,
    /// Whose account it was, if there is one of that name.
    pub user_id: Option<UserId>,
}

/// The reasons for a [`Refusal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// Nobody has that name.
    UnknownUser,
    /// The row has no password.
    NoPassword,
    /// The row's password is no hash that we verify, but of that scheme.
    UnknownHash(&'static str),
    /// The password doesn't match.
    WrongPassword,
}

impl RefusalReason {
    /// The stable word for it in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::NoPassword => "no_password",
            Self::UnknownHash(_) => "unknown_hash",
            Self::WrongPassword => "wrong_password",
        }
    }

    /// The scheme of a password that can't be verified, beside that word.
    pub const fn hash_scheme(self) -> Option<&'static str> {
        match self {
            Self::UnknownHash(scheme) => Some(scheme),
            Self::UnknownUser | Self::NoPassword | Self::WrongPassword => None,
        }
    }
}

/// Status, stable code and words of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer(pub u16, pub &'static str, pub &'static str);

impl Error {
    /// What the caller is told.
    pub const fn answer(&self) -> Answer {
        match self {
            Self::Unprocessable(_) => Answer(422, "unprocessable", "Unprocessable Content"),
            Self::PayloadTooLarge => Answer(413, "payload_too_large", "Payload Too Large"),
            Self::NotFound => Answer(404, "not_found", "Not Found"),
            Self::UsernameTaken => Answer(409, "username_taken", "Username already registered"),
            Self::EmailTaken => Answer(409, "email_taken", "Email already registered"),
            Self::WrongCredentials(_) => {
                Answer(401, "wrong_credentials", "Incorrect username or password")
            }
            Self::InvalidToken => Answer(401, "invalid_token", "Could not validate credentials"),
            Self::Forbidden => Answer(403, "forbidden", "Unauthorized."),
            Self::Unavailable(_) => Answer(503, "unavailable", "Service Unavailable"),
            Self::Connecting(_) => Answer(503, "database_connecting", "Service Unavailable"),
            Self::Internal(_) => Answer(500, "internal", "Internal Server Error"),
        }
    }

    /// What is wrong with each field, if that is what is wrong.
    pub fn violations(&self) -> Option<&[Violation]> {
        if let Self::Unprocessable(violations) = self { Some(violations) } else { None }
    }

    /// What the log says of it beside the code.
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Unavailable(cause) | Self::Connecting(cause) | Self::Internal(cause) => {
                Some(cause)
            }
            Self::WrongCredentials(refusal) => Some(refusal.reason.name()),
            Self::Unprocessable(_)
            | Self::PayloadTooLarge
            | Self::NotFound
            | Self::UsernameTaken
            | Self::EmailTaken
            | Self::InvalidToken
            | Self::Forbidden => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The codes in backticks at the start of the table's rows.
    fn documented() -> BTreeSet<&'static str> {
        let page = include_str!("../../docs/use/errors.md");
        let section = page.split("## ").find(|it| it.starts_with("A function's own")).unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        rows.filter_map(|row| row.split('`').next()).collect()
    }

    #[test]
    fn the_page_of_errors_has_every_code_and_no_other() {
        let source = include_str!("error.rs").split("#[cfg(test)]").next().unwrap();
        let answers: Vec<_> =
            source.split("Answer(").filter(|it| it.starts_with(['4', '5'])).collect();
        let codes: BTreeSet<_> = answers.iter().map(|it| it.split('"').nth(1).unwrap()).collect();
        assert_eq!(answers.len(), codes.len(), "each error has a code of its own");
        assert_eq!(documented(), codes);
    }
}

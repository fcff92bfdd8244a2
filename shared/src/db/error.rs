//! The error of a statement.

use std::error::Error as _;
use std::fmt;
use std::io;

use deadpool::managed::PoolError;
use tokio_postgres::error::{DbError, Severity, SqlState};
use tokio_postgres::types::{WasNull, WrongType};

/// Why a statement failed. Its text is for the log and contains no value of a row or a parameter, as
/// PostgreSQL's own messages do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The database can't be connected to.
    Unreachable(String),
    /// A connection broke while it was being established or used. The statement may be repeated.
    Lost(String),
    /// The server is read-only, or has no space left: after a failover, another one accepts writes.
    ReadOnly(String),
    /// PostgreSQL refused our login.
    LoginRefused(String),
    /// There is no RDS token to log in with, because there are no AWS credentials.
    NoToken(String),
    /// The query exceeded its deadline.
    DeadlineExceeded,
    /// The server accepted no connection in time.
    ConnectTimedOut,
    /// A conflict with another transaction: PostgreSQL asks to try again.
    Conflict(String),
    /// A table, a column or a function is missing.
    NotMigrated(String),
    /// Our login lacks a privilege.
    NotGranted(String),
    /// A sequence has reached its end.
    NumbersExhausted(String),
    /// Anything else.
    Failed(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(cause) => write!(f, "the database is out of reach: {cause}"),
            Self::Lost(cause) => write!(f, "the connection to the database was lost: {cause}"),
            Self::ReadOnly(cause) => write!(f, "the database takes no writes: {cause}"),
            Self::LoginRefused(cause) => write!(f, "the database refuses the login: {cause}"),
            Self::NoToken(cause) => write!(f, "no token to log in to the database with: {cause}"),
            Self::DeadlineExceeded => f.write_str("the database took too long"),
            Self::ConnectTimedOut => f.write_str(
                "the database accepted no connection in time: one that resumes from a pause takes \
                 some 15 s (DATABASE_CONNECT_SECONDS)",
            ),
            Self::Conflict(cause) => write!(f, "the database asks to try again: {cause}"),
            Self::NotMigrated(cause) => write!(
                f,
                "the database isn't migrated: invoke admin with {{\"verb\":\"migrate\"}} ({cause})"
            ),
            Self::NotGranted(cause) => write!(
                f,
                "the database's login lacks a right: it must be a member of its group role, and \
                 admin's the owner of the tables and functions ({cause})"
            ),
            Self::NumbersExhausted(cause) => {
                write!(f, "no number is left for a new row: users.id has reached its end ({cause})")
            }
            Self::Failed(cause) => write!(f, "the database refuses a statement: {cause}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db_error) = error.as_db_error() else {
            let cause = root_cause(&error);
            let is_ours =
                error.source().is_some_and(|it| it.is::<WrongType>() || it.is::<WasNull>());
            return if is_ours {
                Self::Failed(cause)
            } else if error.is_closed() || is_cut(&error) {
                Self::Lost(cause)
            } else {
                Self::Unreachable(cause)
            };
        };
        let code = db_error.code();
        let named = [db_error.table(), db_error.column(), db_error.constraint()];
        let named: Vec<_> = named.into_iter().flatten().collect();
        let cause = format!("SQLSTATE {} {}", code.code(), named.join(" "));
        match code.code() {
            // An operator, a crash, an idle timeout or a pooler ended the session.
            "57P01" | "57P02" | "57P05" => Self::Lost(cause),
            class if class.starts_with("08") => Self::Lost(cause),
            // 53100: its disk is full.
            "25006" | "53100" => Self::ReadOnly(cause),
            // The server is starting or stopping, the database is missing, resources are exhausted.
            "57P03" | "57P04" | "3D000" => Self::Unreachable(cause),
            class if class.starts_with("53") => Self::Unreachable(cause),
            // The operator's `statement_timeout` or `lock_timeout`, or our cancellation.
            "57014" | "55P03" => Self::DeadlineExceeded,
            class if class.starts_with("28") => Self::LoginRefused(cause),
            _ if *code == SqlState::T_R_SERIALIZATION_FAILURE
                || *code == SqlState::T_R_DEADLOCK_DETECTED =>
            {
                Self::Conflict(cause)
            }
            _ if *code == SqlState::UNDEFINED_TABLE
                || *code == SqlState::UNDEFINED_COLUMN
                || *code == SqlState::UNDEFINED_FUNCTION =>
            {
                Self::NotMigrated(cause)
            }
            _ if *code == SqlState::SEQUENCE_GENERATOR_LIMIT_EXCEEDED
                || *code == SqlState::NUMERIC_VALUE_OUT_OF_RANGE =>
            {
                Self::NumbersExhausted(cause)
            }
            _ if *code == SqlState::INSUFFICIENT_PRIVILEGE => Self::NotGranted(cause),
            // Another error that ends the connection isn't a fault of the statement.
            _ if is_fatal(db_error) => Self::Unreachable(cause),
            _ => Self::Failed(cause),
        }
    }
}

impl From<PoolError<Error>> for Error {
    fn from(error: PoolError<Error>) -> Self {
        match error {
            PoolError::Backend(error) => error,
            other => Self::Unreachable(other.to_string()),
        }
    }
}

fn is_fatal(error: &DbError) -> bool {
    matches!(error.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
}

/// Whether the network or the peer cut an existing connection.
fn is_cut(error: &tokio_postgres::Error) -> bool {
    let mut cause = error.source();
    while let Some(deeper) = cause {
        if let Some(error) = deeper.downcast_ref::<io::Error>() {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
            let cut = [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
            return cut.contains(&error.kind());
        }
        cause = deeper.source();
    }
    false
}

/// The innermost cause of an error of the network or of TLS.
fn root_cause(error: &tokio_postgres::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        let cause = error.to_string();
        match error {
            Error::Failed(_) => Self::Internal(cause),
            Error::ConnectTimedOut => Self::Connecting(cause),
            Error::Unreachable(_)
            | Error::Lost(_)
            | Error::ReadOnly(_)
            | Error::LoginRefused(_)
            | Error::NoToken(_)
            | Error::DeadlineExceeded
            | Error::Conflict(_)
            | Error::NotMigrated(_)
            | Error::NotGranted(_)
            | Error::NumbersExhausted(_) => Self::Unavailable(cause),
        }
    }
}

//! The log: one JSON line per request on standard error, which Lambda collects.
//!
//! It never contains a password, a hash, a token, a key, an e-mail address or a username.

use std::time::Duration;

use tracing::{error, info, warn};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::environment::Environment;
use crate::error::SecurityEvent;
use crate::session_id::SessionId;
use crate::user_id::UserId;

/// Reads `APP_NAME`.
pub fn app_name(env: &mut Environment) -> String {
    env.text_or("APP_NAME", "Latchkey")
}

/// Starts the log of this process. Libraries log from `WARN` on, so that none logs an event or a
/// statement with its contents.
pub fn init() {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_writer(std::io::stderr);
    let ours = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("latchkey", LevelFilter::INFO)
        // It would log a function's error again: each refused token twice.
        .with_target("lambda_runtime::layers::api_response", LevelFilter::OFF);
    // In tests, a second call finds the log already started.
    let _ = tracing_subscriber::registry().with(ours).with(lines).try_init();
}

/// The log line of an answered request.
#[derive(Debug)]
pub struct Line<'a> {
    /// `APP_NAME`, which distinguishes services that share a log.
    pub app: &'a str,
    /// The function that answered.
    pub function: &'static str,
    /// API Gateway's id of the request.
    pub request_id: &'a str,
    /// The method of the route.
    pub method: &'a str,
    /// The route as the template has it.
    pub route: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// The time that the function took.
    pub duration: Duration,
    /// The user, if known.
    pub user_id: Option<UserId>,
    /// The stable name of the event.
    pub event: Option<&'static str>,
    /// The stable code of the error.
    pub error: Option<&'static str>,
    /// The cause of the error.
    pub cause: Option<&'a str>,
    /// The session, if the event is one's.
    pub session_id: Option<SessionId>,
    /// The stable word for what became of it.
    pub outcome: Option<&'static str>,
    /// The stable name of the scheme of a stored password that can't be verified.
    pub hash_scheme: Option<&'static str>,
}

/// Writes the line: as an error for 5xx; as a warning for 401, and for another refusal with an event.
pub fn request(line: &Line<'_>) {
    macro_rules! write_line {
        ($level:ident) => {
            $level!(
                target: "latchkey",
                app = line.app,
                function = line.function,
                request_id = line.request_id,
                method = line.method,
                route = line.route,
                status = line.status,
                duration_ms = milliseconds(line.duration),
                user_id = line.user_id.map(UserId::get),
                event = line.event,
                error = line.error,
                cause = line.cause,
                session_id = line.session_id.map(tracing::field::display),
                outcome = line.outcome,
                hash_scheme = line.hash_scheme,
                "request"
            )
        };
    }
    match line.status {
        500.. => write_line!(error),
        401 => write_line!(warn),
        400.. if line.event.is_some() => write_line!(warn),
        _ => write_line!(info),
    }
}

/// Milliseconds with microsecond precision.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// Reports an event that isn't the end of a request, by its stable name.
pub fn notice(user_id: Option<UserId>, event: &'static str, cause: Option<&str>) {
    warn!(target: "latchkey", user_id = user_id.map(UserId::get), event, cause, "notice");
}

/// Reports a security event beside that of the request's line.
pub fn event(event: &SecurityEvent) {
    info!(
        target: "latchkey",
        user_id = event.user_id.map(UserId::get),
        event = event.name,
        session_id = event.session_id.map(tracing::field::display),
        outcome = event.outcome,
        hash_scheme = event.hash_scheme,
        "notice"
    );
}

/// The log line of a mail. It never has its address, link or code.
#[derive(Debug)]
pub struct MailLine<'a> {
    /// `APP_NAME`.
    pub app: &'a str,
    /// The stable name of what became of it.
    pub event: &'static str,
    /// What it is for.
    pub kind: &'static str,
    /// The user that it is for.
    pub user_id: UserId,
    /// The provider's id of it.
    pub mail_id: Option<&'a str>,
    /// Why it wasn't sent.
    pub cause: Option<&'a str>,
}

/// Writes the line: as a warning unless the mail was sent.
pub fn mail(line: &MailLine<'_>) {
    macro_rules! write_line {
        ($level:ident) => {
            $level!(
                target: "latchkey",
                app = line.app,
                function = "mailer",
                user_id = line.user_id.get(),
                event = line.event,
                kind = line.kind,
                mail_id = line.mail_id,
                cause = line.cause,
                "mail"
            )
        };
    }
    if line.mail_id.is_some() { write_line!(info) } else { write_line!(warn) }
}

/// Reports a part that init couldn't make ready, and that is retried when it is needed.
pub fn warmed_up<E: std::fmt::Debug>(result: Result<(), E>) {
    if let Err(error) = result {
        notice(None, "not_ready", Some(&format!("{error:?}")));
    }
}

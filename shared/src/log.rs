//! The log: JSON, a line per request, on standard error, where Lambda picks it up.
//!
//! Never in it: a password, a hash, a token, a key, an e-mail address, a username.

use std::time::Duration;

use tracing::{error, info, warn};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::environment::Environment;
use crate::user_id::UserId;

/// Reads `APP_NAME`.
pub fn app_name(env: &mut Environment) -> String {
    env.text_or("APP_NAME", "Latchkey")
}

/// Starts the log of this process. Libraries are heard from `WARN` on, so that none writes an
/// event or a statement with what it holds.
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
        // It repeats a function's error, which has its own line: each refused token, twice.
        .with_target("lambda_runtime::layers::api_response", LevelFilter::OFF);
    // A second call, in tests, finds the first one's log in place.
    let _ = tracing_subscriber::registry().with(ours).with(lines).try_init();
}

/// What is told of a request once it is answered.
#[derive(Debug)]
pub struct Line<'a> {
    /// `APP_NAME`: whose log it is, where several end in one place.
    pub app: &'a str,
    /// The function that answered.
    pub function: &'static str,
    /// API Gateway's id of it.
    pub request_id: &'a str,
    /// The method of its route.
    pub method: &'a str,
    /// Its route, as the template has it.
    pub route: &'a str,
    /// The status of its answer.
    pub status: u16,
    /// How long the function took.
    pub duration: Duration,
    /// Who it was, where that is known.
    pub user_id: Option<UserId>,
    /// What happened, by its stable name.
    pub event: Option<&'static str>,
    /// The stable code of its error.
    pub error: Option<&'static str>,
    /// The cause of its error.
    pub cause: Option<&'a str>,
    /// Of which scheme a password is that can't be verified, by its stable name.
    pub hash_scheme: Option<&'static str>,
}

/// Writes the line: an error where we failed, a warning where a sign-in was refused.
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
                hash_scheme = line.hash_scheme,
                "request"
            )
        };
    }
    match line.status {
        500.. => write_line!(error),
        401 => write_line!(warn),
        _ => write_line!(info),
    }
}

/// Milliseconds, to the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// Tells the operator of something that is no request's end, by a name that stays.
pub fn notice(user_id: Option<UserId>, event: &'static str, cause: Option<&str>) {
    warn!(target: "latchkey", user_id = user_id.map(UserId::get), event, cause, "notice");
}

/// Tells of a part that init could not make ready; it is tried again when it is needed.
pub fn warmed_up<E: std::fmt::Debug>(result: Result<(), E>) {
    if let Err(error) = result {
        notice(None, "not_ready", Some(&format!("{error:?}")));
    }
}

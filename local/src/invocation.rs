//! One invocation of a function: what answers the event, or why it has no answer.

use std::{future::Future, pin::Pin};

/// What an invocation ends with.
pub(crate) type Outcome<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<u8>, FunctionError>> + Send + 'a>>;

/// Something that answers events, JSON in and JSON out, one at a time.
pub(crate) trait Handler: Send + Sync {
    /// Answers one event.
    fn handle(&self, event: Vec<u8>) -> Outcome<'_>;
}

/// A function's own error, in its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct FunctionError(pub(crate) String);

/// Why an invocation has no answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The event is over Lambda's limit.
    #[error("the event is too large")]
    EventTooLarge,
    /// The answer is over Lambda's limit.
    #[error("the answer is too large")]
    AnswerTooLarge,
    /// No container was free in time.
    #[error("it has no free container")]
    Throttled,
    /// The function took too long.
    #[error("it timed out")]
    TimedOut,
    /// The answer isn't a proxy integration's.
    #[error("its answer is malformed")]
    Malformed,
    /// The function panicked.
    #[error("it panicked")]
    Panicked,
    /// The function's own error.
    #[error(transparent)]
    Function(#[from] FunctionError),
}

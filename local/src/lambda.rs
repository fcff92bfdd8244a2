//! Lambda in this process: events in, answers out, in time or not at all.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// The most bytes of an event, and of an answer.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html> says 6 MB; the
/// service's own error message says the exact number.
const PAYLOAD_BYTES: usize = 6_291_556;

/// What an invocation ends with.
pub(crate) type Outcome = Pin<Box<dyn Future<Output = Result<Vec<u8>, FunctionError>> + Send>>;

/// Something that answers events, JSON in and JSON out.
pub(crate) trait Handler: Send + Sync {
    /// Answers one event.
    fn handle(self: Arc<Self>, event: Vec<u8>) -> Outcome;
}

/// A function's own error, in its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct FunctionError(pub(crate) String);

/// A function, and how long it may take.
#[derive(Clone)]
pub(crate) struct Lambda {
    handler: Arc<dyn Handler>,
    timeout: Duration,
}

/// Why an invocation has no answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The event is over Lambda's limit.
    #[error("the event is too large")]
    EventTooLarge,
    /// The answer is over Lambda's limit.
    #[error("the answer is too large")]
    AnswerTooLarge,
    /// The function took too long.
    #[error("it timed out")]
    TimedOut,
    /// The function panicked.
    #[error("it panicked")]
    Panicked,
    /// The function's own error.
    #[error(transparent)]
    Function(#[from] FunctionError),
}

impl Lambda {
    pub(crate) fn new(handler: Arc<dyn Handler>, timeout: Duration) -> Self {
        Self { handler, timeout }
    }

    /// Has the function answer an event, within its own timeout and `most`.
    pub(crate) async fn invoke(&self, event: Vec<u8>, most: Duration) -> Result<Vec<u8>, Failure> {
        if event.len() > PAYLOAD_BYTES {
            return Err(Failure::EventTooLarge);
        }
        // A task of its own: it goes on when the caller hangs up, as on Lambda, and its panic
        // ends nothing but itself.
        let handled = Arc::clone(&self.handler).handle(event);
        let task = tokio::spawn(tokio::time::timeout(self.timeout.min(most), handled));
        let answer = match task.await {
            Ok(Ok(answer)) => answer?,
            Ok(Err(_)) => return Err(Failure::TimedOut),
            Err(_) => return Err(Failure::Panicked),
        };
        if answer.len() > PAYLOAD_BYTES { Err(Failure::AnswerTooLarge) } else { Ok(answer) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A handler made of a closure.
    pub(crate) struct Answering<F>(pub(crate) F);

    impl<F> Handler for Answering<F>
    where
        F: Fn(Vec<u8>) -> Result<Vec<u8>, FunctionError> + Send + Sync + 'static,
    {
        fn handle(self: Arc<Self>, event: Vec<u8>) -> Outcome {
            Box::pin(async move { (self.0)(event) })
        }
    }

    struct Never;

    impl Handler for Never {
        fn handle(self: Arc<Self>, _event: Vec<u8>) -> Outcome {
            Box::pin(std::future::pending())
        }
    }

    fn answering(
        answer: impl Fn(Vec<u8>) -> Result<Vec<u8>, FunctionError> + Send + Sync + 'static,
    ) -> Lambda {
        Lambda::new(Arc::new(Answering(answer)), Duration::from_secs(3))
    }

    const LONG: Duration = Duration::from_secs(29);

    #[tokio::test]
    async fn an_answer_and_an_error_come_back() {
        assert_eq!(answering(Ok).invoke(vec![7], LONG).await, Ok(vec![7]));
        let error = FunctionError("Unauthorized".into());
        let failing = answering(move |_| Err(error.clone()));
        let failure = failing.invoke(vec![], LONG).await.unwrap_err();
        assert_eq!(failure.to_string(), "Unauthorized");
    }

    #[tokio::test]
    async fn six_megabytes_pass_and_one_byte_more_does_not() {
        let echo = answering(Ok);
        assert!(echo.invoke(vec![0; PAYLOAD_BYTES], LONG).await.is_ok());
        let failure = echo.invoke(vec![0; PAYLOAD_BYTES + 1], LONG).await;
        assert_eq!(failure, Err(Failure::EventTooLarge));
        let talkative = answering(|_| Ok(vec![0; PAYLOAD_BYTES + 1]));
        assert_eq!(talkative.invoke(vec![], LONG).await, Err(Failure::AnswerTooLarge));
    }

    #[tokio::test]
    async fn a_panic_ends_the_invocation_alone() {
        let panicking = answering(|_| panic!("in a handler"));
        assert_eq!(panicking.invoke(vec![], LONG).await, Err(Failure::Panicked));
    }

    #[tokio::test(start_paused = true)]
    async fn time_runs_out_by_the_shorter_limit() {
        let function = Lambda::new(Arc::new(Never), Duration::from_secs(10));
        let start = tokio::time::Instant::now();
        assert_eq!(function.invoke(vec![], LONG).await, Err(Failure::TimedOut));
        assert_eq!(start.elapsed().as_secs(), 10);
        assert_eq!(function.invoke(vec![], Duration::from_secs(4)).await, Err(Failure::TimedOut));
        assert_eq!(start.elapsed().as_secs(), 14);
    }
}

//! Lambda in this process: events in, answers out, in time or not at all.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{containers::Containers, invocation::Failure};

/// The most bytes of an event, and of an answer.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html> says 6 MB; the
/// service's own error message says the exact number.
const PAYLOAD_BYTES: usize = 6_291_556;

/// A function: its containers, and how long it may take.
#[derive(Clone)]
pub(crate) struct Lambda {
    containers: Arc<Containers>,
    timeout: Duration,
}

impl Lambda {
    pub(crate) const fn new(containers: Arc<Containers>, timeout: Duration) -> Self {
        Self { containers, timeout }
    }

    /// Has the function answer an event within `most`, and within its own timeout once it has a
    /// container.
    pub(crate) async fn invoke(&self, event: Vec<u8>, most: Duration) -> Result<Vec<u8>, Failure> {
        if event.len() > PAYLOAD_BYTES {
            return Err(Failure::EventTooLarge);
        }
        let until = Instant::now() + most;
        let slot = self.containers.slot(most).await.ok_or(Failure::Throttled)?;
        let within = self.timeout.min(until - Instant::now());
        // A task of its own: it goes on when the caller hangs up, as on Lambda, and its panic
        // ends nothing but itself.
        let task = tokio::spawn(slot.serve(event, within));
        let answer = task.await.unwrap_or(Err(Failure::Panicked))?;
        if answer.len() > PAYLOAD_BYTES { Err(Failure::AnswerTooLarge) } else { Ok(answer) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        containers::Start,
        invocation::{FunctionError, Handler, Outcome},
    };

    /// A handler made of a closure, in as many containers as are asked for.
    struct Answering<F>(Arc<F>);

    impl<F> Handler for Answering<F>
    where
        F: Fn(Vec<u8>) -> Outcome<'static> + Send + Sync + 'static,
    {
        fn handle(&self, event: Vec<u8>) -> Outcome<'_> {
            (self.0)(event)
        }
    }

    /// A function of at most `max` containers with that handler.
    pub(crate) fn serving(
        handle: impl Fn(Vec<u8>) -> Outcome<'static> + Send + Sync + 'static,
        max: usize,
        timeout: Duration,
    ) -> Lambda {
        let handle = Arc::new(handle);
        let start: Start = Box::new(move || {
            let handler: Box<dyn Handler> = Box::new(Answering(Arc::clone(&handle)));
            Box::pin(async { Ok(handler) })
        });
        Lambda::new(Arc::new(Containers::new(start, max)), timeout)
    }

    /// A function that answers at once.
    pub(crate) fn answering(
        answer: impl Fn(Vec<u8>) -> Result<Vec<u8>, FunctionError> + Send + Sync + 'static,
    ) -> Lambda {
        let answer = Arc::new(answer);
        let handle = move |event| -> Outcome<'static> {
            let answer = Arc::clone(&answer);
            Box::pin(async move { answer(event) })
        };
        serving(handle, 1, Duration::from_secs(3))
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
        let never = |_| -> Outcome<'static> { Box::pin(std::future::pending()) };
        let function = serving(never, 1, Duration::from_secs(10));
        let start = tokio::time::Instant::now();
        assert_eq!(function.invoke(vec![], LONG).await, Err(Failure::TimedOut));
        assert_eq!(start.elapsed().as_secs(), 10);
        assert_eq!(function.invoke(vec![], Duration::from_secs(4)).await, Err(Failure::TimedOut));
        assert_eq!(start.elapsed().as_secs(), 14);
    }
}

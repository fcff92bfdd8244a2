//! A function as Lambda runs it.

use std::future::{Future as _, poll_fn};
use std::task::Poll;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shared::Environment;
use shared::http::{Endpoint, Function, ProxyResponse};
use stage::SIGNING_KEY;
use tokio::runtime::Runtime;
use tokio::task::yield_now;

/// A function with its own runtime, which nothing drives between two requests: it is frozen then,
/// as Lambda's containers are. It serves one request at a time.
pub(crate) struct Container<E> {
    function: Function<E>,
    // Dropped after the function, and ends its tasks.
    runtime: Runtime,
}

/// Of the services that introspect tokens.
pub(crate) const INTROSPECTION_SECRET: &str = "the-secret-of-the-tests-of-faults";

/// An answer, as the caller sees it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: i64,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
    pub(crate) took: Duration,
}

impl<E: Endpoint> Container<E> {
    /// Runs the function's init, whether or not the database is reachable.
    pub(crate) fn start(database_url: &str) -> Self {
        Self::with(runtime(), database_url, &[])
    }

    /// A container with additional settings.
    pub(crate) fn with(runtime: Runtime, database_url: &str, more: &[(&str, &str)]) -> Self {
        let settings = [
            ("DATABASE_URL", database_url),
            ("SIGNING_KEY", SIGNING_KEY),
            ("BCRYPT_COST", "4"),
            ("INTROSPECTION_SECRET", INTROSPECTION_SECRET),
        ];
        let mut env = settings.iter().chain(more).copied().collect::<Environment>();
        let function = runtime.block_on(Function::from_env(&mut env)).unwrap();
        Self { function, runtime }
    }

    /// Asks, and kills the function at its so-many-th await, before or after what it has to send has left.
    pub(crate) fn ask_and_kill(
        &self,
        event: &Value,
        awaits: usize,
        is_sent: bool,
    ) -> Option<Answer> {
        let event = serde_json::from_value(event.clone()).unwrap();
        let began = Instant::now();
        self.runtime.block_on(async {
            let (mut invoked, mut left) = (Box::pin(self.function.invoke(event)), awaits);
            let response = poll_fn(|context| match invoked.as_mut().poll(context) {
                Poll::Ready(response) => Poll::Ready(Some(response)),
                Poll::Pending if left == 1 => Poll::Ready(None),
                Poll::Pending => {
                    left -= 1;
                    Poll::Pending
                }
            });
            let response = response.await;
            // A task of its own writes to the connection.
            for _ in 0..if is_sent { 16 } else { 0 } {
                yield_now().await;
            }
            response.map(|response| Answer::of(response, began.elapsed()))
        })
    }

    pub(crate) fn ask(&self, event: &Value) -> Answer {
        let event = serde_json::from_value(event.clone()).unwrap();
        let began = Instant::now();
        let response = self.runtime.block_on(self.function.invoke(event));
        Answer::of(response, began.elapsed())
    }
}

/// A runtime with one thread, as a function has on Lambda.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

impl Answer {
    pub(crate) fn of(response: ProxyResponse, took: Duration) -> Self {
        let header = response.multi_value_headers.get("retry-after");
        let body = response.body.map(|body| serde_json::to_value(body).unwrap());
        let text = body.as_ref().and_then(Value::as_str).unwrap_or_default();
        Self {
            status: response.status_code,
            retry_after: header.map(|value| value.to_str().unwrap().to_owned()),
            body: serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            took,
        }
    }

    #[track_caller]
    pub(crate) fn is_good(&self) {
        assert!(matches!(self.status, 200 | 202 | 204), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn is_good_within(&self, most: Duration) {
        self.is_good();
        assert!(self.took < most, "{self:?}");
    }

    /// Asserts 503 with its body and `Retry-After`.
    #[track_caller]
    pub(crate) fn is_unavailable(&self) {
        assert_eq!((self.status, &self.body), (503, &json!("Service Unavailable")), "{self:?}");
        // 15 if the server accepted no connection in time.
        assert!(matches!(self.retry_after.as_deref(), Some("1" | "15")), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn is_unavailable_within(&self, most: Duration) {
        self.is_unavailable();
        assert!(self.took < most, "{self:?}");
    }
}

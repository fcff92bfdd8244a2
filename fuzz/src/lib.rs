//! The fixture of the targets.

pub mod gate;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use shared::http::{Endpoint, Function, ProxyEvent, ProxyResponse};
use stage::Stage;
use tokio::runtime::{Builder, Runtime};

/// A word of the corpora and dictionaries that no answer may hold.
pub const MARKER: &str = "MARKER";

/// A process's database and the runtime for its calls.
pub struct Fixture {
    runtime: Runtime,
    /// The database.
    pub stage: Stage,
}

impl Fixture {
    /// A migrated database, with these statements executed.
    pub fn after(statements: &str) -> Self {
        let runtime = runtime();
        let stage = runtime.block_on(async {
            let stage = Stage::new().await;
            stage.execute(statements).await;
            stage
        });
        Self { runtime, stage }
    }

    /// Waits for a call's result.
    pub fn wait<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }

    /// A function over this database.
    pub fn function<E: Endpoint>(&self) -> Function<E> {
        self.wait(Function::from_env(&mut self.stage.env())).unwrap()
    }

    /// A function's answer to a `POST` of this body.
    pub fn post<E: Endpoint>(
        &self,
        function: &Function<E>,
        resource: &str,
        content_type: &str,
        body: &[u8],
    ) -> Answer {
        let event = json!({
            "resource": resource,
            "httpMethod": "POST",
            "headers": { "Content-Type": content_type },
            "body": STANDARD.encode(body),
            "isBase64Encoded": true,
        });
        let event: ProxyEvent = serde_json::from_value(event).unwrap();
        Answer::of(&self.wait(function.invoke(event)))
    }
}

/// A runtime for calls one after another.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// An answer as API Gateway forwards it.
pub struct Answer {
    /// The status.
    pub status: i64,
    /// The body.
    pub body: String,
    /// All headers' values, one per line.
    pub headers: String,
}

impl Answer {
    /// Reads an answer. Panics unless its body is text, and JSON if its type says so.
    pub fn of(response: &ProxyResponse) -> Self {
        assert!(!response.is_base64_encoded);
        let body = response.body.as_deref().unwrap_or_default();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let values = response.multi_value_headers.values();
        let headers: Vec<_> = values.map(|value| value.to_str().unwrap()).collect();
        // A 304's type is that of the caller's cached body.
        if response.status_code != 304 && headers.iter().any(|value| value.ends_with("json")) {
            serde_json::from_str::<serde::de::IgnoredAny>(&body).unwrap();
        }
        Self { status: response.status_code, body, headers: headers.join("\n") }
    }

    /// Panics if the answer repeats the caller's input.
    pub fn has_no_marker(&self) {
        assert!(!self.body.contains(MARKER), "{}", self.body);
        assert!(!self.headers.contains(MARKER), "{}", self.headers);
    }
}

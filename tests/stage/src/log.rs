//! What a function logs.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::Value;
use tracing::Dispatch;
use tracing_subscriber::fmt;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Beside a single subscriber, tracing has the thread that reaches an event first decide whether anybody
/// wants it, and that thread may be another test's, without a subscriber.
static ANOTHER: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(fmt().with_writer(io::sink).finish()));

/// The result of `work`, and the lines that it logs.
pub async fn logged<T>(work: impl Future<Output = T>) -> (T, Vec<Value>) {
    LazyLock::force(&ANOTHER);
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let lines = fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    // A test runs on one thread.
    let guard = tracing::subscriber::set_default(lines);
    let done = work.await;
    drop(guard);
    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    (done, lines.filter(|line| line["target"] == "latchkey").collect())
}

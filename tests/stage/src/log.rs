//! What a function logs.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
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

/// The result of `work`, and the lines that it logs.
pub async fn logged<T>(work: impl Future<Output = T>) -> (T, Vec<Value>) {
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

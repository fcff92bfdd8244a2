//! A Secrets Manager on loopback.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// The secrets that it holds and the requests that it got. While unreachable it answers 500.
#[derive(Clone, Default)]
pub(crate) struct SecretsManager(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    secrets: Option<HashMap<String, String>>,
    asked: Vec<String>,
}

impl SecretsManager {
    /// Starts unreachable; returns its address too.
    pub(crate) fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let it = Self::default();
        let serving = it.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(stream));
            }
        });
        (it, url)
    }

    /// Makes it reachable, with this secret.
    pub(crate) fn hold(&self, id: &str, text: &Value) {
        let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
        self.0.lock().unwrap().secrets.get_or_insert_default().insert(id.to_owned(), text);
    }

    /// The number of requests for a secret while reachable.
    pub(crate) fn reads(&self, id: &str) -> usize {
        self.0.lock().unwrap().asked.iter().filter(|asked| *asked == id).count()
    }

    fn serve(&self, mut stream: TcpStream) {
        while let Some(id) = asked(&mut stream) {
            let text = {
                let mut state = self.0.lock().unwrap();
                let text = state.secrets.as_ref().map(|secrets| secrets[&id].clone());
                state.asked.extend(text.is_some().then_some(id));
                text
            };
            let (status, body) = match text {
                Some(text) => ("200 OK", json!({ "SecretString": text })),
                None => ("500 Internal Server Error", json!({ "__type": "InternalServiceError" })),
            };
            let body = body.to_string();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// The secret that the next request names, if any.
fn asked(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str::<Value>(body)
        {
            return body["SecretId"].as_str().map(str::to_owned);
        }
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&bytes[..read]);
    }
}

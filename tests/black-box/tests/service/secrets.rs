//! The secrets that were sent or received, which no log may contain.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// Shorter secrets would be found in harmless text.
const SHORTEST: usize = 8;
/// Refused passwords that are harmless in a log.
const INNOCENT: [&str; 2] = ["latchkey", "password"];
/// A shorter text is no token, and may be a word.
const SHORTEST_TOKEN: usize = 20;

/// The passwords, tokens and e-mail addresses of this run.
#[derive(Default)]
pub(crate) struct Secrets(Mutex<BTreeSet<String>>);

impl Secrets {
    /// Records a secret.
    pub(crate) fn add(&self, secret: &str) {
        if secret.trim().len() >= SHORTEST && !INNOCENT.contains(&secret) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned());
        }
    }

    /// Records a token, and its parts that would be as harmful in a log.
    pub(crate) fn add_token(&self, token: &str) {
        let whole = std::iter::once(token);
        for part in whole.chain(token.split('.')).filter(|part| part.len() >= SHORTEST_TOKEN) {
            self.add(part);
        }
    }

    /// Records the passwords, the e-mail address and the tokens of a JSON body.
    pub(crate) fn add_json(&self, body: &[u8]) {
        let Ok(Value::Object(members)) = serde_json::from_slice(body) else { return };
        for (name, value) in &members {
            match (name.as_str(), value.as_str()) {
                ("password" | "old_password" | "new_password" | "email", Some(text)) => {
                    self.add(text);
                }
                ("token" | "access_token" | "refresh_token", Some(text)) => self.add_token(text),
                _ => {}
            }
        }
    }

    /// Records the values of cookies.
    pub(crate) fn add_cookie(&self, header: &str) {
        for (name, value) in header.split("; ").filter_map(|pair| pair.split_once('=')) {
            if name.starts_with("__Host-") {
                self.add_token(value);
            }
        }
    }

    /// Records the credentials of an `Authorization` header.
    pub(crate) fn add_authorization(&self, value: &str) {
        let credentials = value.trim().split_once(' ').map_or(value, |(_, rest)| rest);
        self.add_token(credentials.trim());
    }

    /// All secrets, also in the spelling of a JSON log line.
    pub(crate) fn patterns(&self) -> Vec<String> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut patterns = BTreeSet::new();
        for secret in secrets.iter() {
            let quoted = Value::from(secret.as_str()).to_string();
            patterns.insert(quoted.trim_matches('"').to_owned());
            patterns.insert(secret.clone());
        }
        patterns.into_iter().collect()
    }
}

//! Why the runner ended.

use std::io;

use admin::Refusal;

use crate::template;

/// Why the runner ended: what is wrong, and what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

macro_rules! in_its_own_words {
    ($($cause:ty),*) => {
        $(impl From<$cause> for Error {
            fn from(cause: $cause) -> Self {
                Self(cause.to_string())
            }
        })*
    };
}
in_its_own_words!(Refusal, template::Error);

impl From<String> for Error {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}

impl From<io::Error> for Error {
    fn from(cause: io::Error) -> Self {
        Self(format!(
            "this machine refuses what the runner needs ({cause}): fix that, then start again"
        ))
    }
}

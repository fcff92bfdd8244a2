//! What each way out is and answers.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::letter::Letter;

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was accepted. The provider's id of it.
    Sent(String),
    /// Its address is refused for good. The reason contains nothing of the mail.
    Refused(String),
    /// The provider accepts no more for now.
    Throttled,
    /// It wasn't accepted, but may be later; others may be accepted. The cause contains nothing of the mail.
    Postponed(String),
    /// No mail is accepted, as far as the failure shows. The cause contains nothing of the mail.
    Unavailable(String),
}

/// A way out.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Hands a mail over. Its own timeouts end it.
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a>;
}

/// A mail that is being handed over.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

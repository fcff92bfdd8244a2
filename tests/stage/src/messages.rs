//! What a client says to PostgreSQL, as far as it is counted.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// What has been said.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Connections that were begun.
    pub(crate) connects: AtomicUsize,
    /// Requests to cancel.
    pub(crate) cancels: AtomicUsize,
    /// Statements with parameters.
    pub(crate) statements: AtomicUsize,
    /// Simple queries.
    pub(crate) queries: AtomicUsize,
}

/// Reads a connection's messages, in whatever pieces they come.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html>
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// What has come of the head of the next one.
    head: Vec<u8>,
    /// What is to come of the body of this one.
    body: usize,
    is_started: bool,
}

/// The codes that stand in place of a version in a connection's first message.
const CANCEL: u32 = 80_877_102;
const ENCRYPT: [u32; 2] = [80_877_103, 80_877_104];

impl Messages {
    /// Reads on, and counts; how much of it comes before the simple query beyond `most_queries`,
    /// or else all.
    pub(crate) fn read(&mut self, bytes: &[u8], counts: &Counts, most_queries: usize) -> usize {
        let mut place = 0;
        while place < bytes.len() {
            if self.body > 0 {
                let passed = self.body.min(bytes.len() - place);
                self.body -= passed;
                place += passed;
                continue;
            }
            if self.is_started && self.head.is_empty() && bytes[place] == b'Q' {
                if counts.queries.load(SeqCst) >= most_queries {
                    return place;
                }
                counts.queries.fetch_add(1, SeqCst);
            }
            self.head.push(bytes[place]);
            place += 1;
            self.begin(counts);
        }
        place
    }

    /// Begins with a message whose head is complete: a letter and a length, or, for the first, a
    /// length and a version.
    fn begin(&mut self, counts: &Counts) {
        let number = |place: usize| {
            let bytes = self.head.get(place..place + 4)?.try_into().ok()?;
            Some(u32::from_be_bytes(bytes))
        };
        let Some(length) = number(usize::from(self.is_started)) else { return };
        if self.is_started {
            counts.statements.fetch_add(usize::from(self.head[0] == b'P'), SeqCst);
        } else {
            let Some(code) = number(4) else { return };
            self.is_started = !ENCRYPT.contains(&code);
            let count = if code == CANCEL { &counts.cancels } else { &counts.connects };
            count.fetch_add(usize::from(self.is_started), SeqCst);
        }
        // A length counts itself; what has been read of a first message is its version too.
        let read = if self.head.len() == 8 { 8 } else { 4 };
        self.body = length as usize - read;
        self.head.clear();
    }
}

//! Counts the messages that a client sends to PostgreSQL.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Connections that were opened.
    pub(crate) connects: AtomicUsize,
    /// Requests to cancel.
    pub(crate) cancels: AtomicUsize,
    /// Statements with parameters.
    pub(crate) statements: AtomicUsize,
    /// Simple queries.
    pub(crate) queries: AtomicUsize,
}

/// Reads a connection's messages, which may be split anywhere.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html>
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// The received part of the next message's head.
    head: Vec<u8>,
    /// The bytes of this message's body that are still to come.
    body: usize,
    is_started: bool,
}

/// The codes that replace the version in a connection's first message.
const CANCEL: u32 = 80_877_102;
const ENCRYPT: [u32; 2] = [80_877_103, 80_877_104];

impl Messages {
    /// Reads and counts; returns the length before the first simple query beyond `most_queries`, or
    /// the whole length.
    pub(crate) fn read(&mut self, bytes: &[u8], counts: &Counts, most_queries: usize) -> usize {
        let mut offset = 0;
        while offset < bytes.len() {
            if self.body > 0 {
                let passed = self.body.min(bytes.len() - offset);
                self.body -= passed;
                offset += passed;
                continue;
            }
            if self.is_started && self.head.is_empty() && bytes[offset] == b'Q' {
                if counts.queries.load(SeqCst) >= most_queries {
                    return offset;
                }
                counts.queries.fetch_add(1, SeqCst);
            }
            self.head.push(bytes[offset]);
            offset += 1;
            self.begin(counts);
        }
        offset
    }

    /// Starts a message once its head is complete: a letter and a length, or for the first one a
    /// length and a version.
    fn begin(&mut self, counts: &Counts) {
        let number = |offset: usize| {
            let bytes = self.head.get(offset..offset + 4)?.try_into().ok()?;
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
        // A length includes itself; a first message's head includes its version.
        let read = if self.head.len() == 8 { 8 } else { 4 };
        self.body = length as usize - read;
        self.head.clear();
    }
}

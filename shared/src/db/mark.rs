//! What marks a request that may change something once.

use crate::random::Random;

/// Random bytes. A lost connection repeats a request's statement, which answers as it did the first time,
/// though what it needs may be used up by then.
#[derive(Debug, Clone, Copy)]
pub struct Mark([u8; 16]);

impl Mark {
    /// A mark for one request.
    pub fn new(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// The bytes for a statement.
    pub(super) const fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

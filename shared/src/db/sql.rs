//! A statement.

/// A statement with numbered parameters. Sent unnamed and typed, it takes one round trip and
/// pins nothing in a pooler.
#[derive(Debug, PartialEq, Eq)]
pub struct Sql(&'static str);

impl Sql {
    pub(super) const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The text of the statement.
    pub const fn text(&self) -> &'static str {
        self.0
    }
}

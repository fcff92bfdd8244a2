//! The identity of a database.

use serde::{Deserialize, Serialize};

/// The random, opaque identity of a database: `database_identity.id`, and the claim `database_id` of
/// every token issued over it. Two databases with the same signing key refuse each other's tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatabaseId(String);

impl DatabaseId {
    /// The identity in a row or a claim.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

//! Which database it is.

use serde::{Deserialize, Serialize};

/// The random identity of a database: `database_identity.id`, and the claim `database_id` of every
/// token that was issued over it. Two databases under one signing key take no token of each other.
/// It is compared, never interpreted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatabaseId(String);

impl DatabaseId {
    /// The identity that a row or a claim holds.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

//! What an attempt is charged to.

use super::budget::Budget;
use super::key::{Key, Kind};

/// A key and its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// What the key is of.
    pub kind: Kind,
    /// The key.
    pub key: Key,
    /// Its budget.
    pub budget: Budget,
}

/// All that one attempt is charged to; nothing if its limits are off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Charges(Vec<Charge>);

impl Charges {
    /// No charge.
    pub const NONE: Self = Self(Vec::new());

    /// Each of them. The table is cleaned up beside the first key, so the caller of a function should
    /// have chosen it.
    pub fn iter(&self) -> impl Iterator<Item = &Charge> {
        self.0.iter()
    }
}

impl FromIterator<Charge> for Charges {
    fn from_iter<I: IntoIterator<Item = Charge>>(charges: I) -> Self {
        Self(charges.into_iter().collect())
    }
}

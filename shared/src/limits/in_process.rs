//! Counts attempts while the database takes no writes.

use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use super::charges::Charges;
use super::key::Key;
use super::verdict::{Over, Refund};
use crate::clock::NumericDate;

/// The keys that this process has counted, the least recently used forgotten first. Each container
/// counts for itself.
#[derive(Debug, Clone)]
pub struct InProcess(Arc<Mutex<LruCache<Key, i64>>>);

const MAX_KEYS: usize = 10_000;

impl Default for InProcess {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::unbounded())))
    }
}

impl InProcess {
    /// Counts an attempt as the SQL function `count_try` does.
    pub fn count(&self, charges: &Charges, now: NumericDate) -> Result<Refund, Over> {
        let now = now.seconds().saturating_mul(1_000_000);
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut new = Vec::new();
        let mut over: Option<Over> = None;
        let mut has_earlier = false;
        for charge in charges.iter() {
            let before = spent.get(&charge.key).copied();
            has_earlier |= before.is_some_and(|until| until > now);
            match charge.budget.charge(before, now) {
                Ok(until) => new.push((charge.key, until)),
                Err(wait) => {
                    #[expect(clippy::cast_precision_loss, reason = "a wait of days")]
                    let wait = wait as f64 / 1e6;
                    if over.is_none_or(|over| over.wait < wait) {
                        over = Some(Over { by: charge.kind, wait });
                    }
                }
            }
        }
        if let Some(over) = over {
            return Err(over);
        }
        for (key, until) in new {
            spent.put(key, until);
            if spent.len() > MAX_KEYS {
                spent.pop_lru();
            }
        }
        Ok(if has_earlier { charges.clone() } else { Refund::NONE })
    }

    /// Gives back what an attempt with a right password was charged.
    pub fn give_back(&self, refund: &Refund) {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for charge in refund.iter() {
            if let Some(until) = spent.get_mut(&charge.key) {
                *until = charge.budget.give_back(*until);
            }
        }
    }
}

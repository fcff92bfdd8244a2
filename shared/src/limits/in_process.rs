//! Counts attempts while the database takes no writes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::charges::Charges;
use super::key::Key;
use super::verdict::{Over, Refund};
use crate::clock::NumericDate;

/// The keys that this process has counted, the least recently used forgotten first. Each container
/// counts for itself.
#[derive(Debug, Clone)]
pub struct InProcess(Arc<Mutex<Counts>>);

#[derive(Debug)]
struct Counts {
    spent: LruCache<Key, i64>,
    reported_at: Option<NumericDate>,
}

/// The most keys that are kept, which bounds the memory.
const MAX_KEYS: usize = 10_000;

/// The seconds between two reports that attempts are counted here.
const REPORTED_EVERY: i64 = 60;

impl Default for InProcess {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Counts { spent: LruCache::unbounded(), reported_at: None })))
    }
}

impl InProcess {
    /// Counts an attempt as the SQL function `count_try` does.
    pub fn count(&self, charges: &Charges, now: NumericDate) -> Result<Refund, Over> {
        let now = micros(now);
        let spent = &mut self.counts().spent;
        let mut new = Vec::new();
        let mut over: Option<Over> = None;
        for charge in charges.iter() {
            let before = spent.get(&charge.key).copied();
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
        for &(key, until) in &new {
            spent.put(key, until);
            if spent.len() > MAX_KEYS {
                spent.pop_lru();
            }
        }
        Ok(Refund::new(charges.clone(), new.into_iter().map(|(_, until)| until).collect()))
    }

    /// Gives back what an attempt with a right password was charged.
    pub fn give_back(&self, refund: &Refund, now: NumericDate) {
        let spent = &mut self.counts().spent;
        for (charge, charged_until) in refund.iter() {
            if let Some(until) = spent.get_mut(&charge.key) {
                *until = charge.budget.give_back(*until, charged_until, micros(now));
            }
        }
    }

    /// Whether the log doesn't have it yet, of this minute, that attempts are counted here.
    pub fn is_to_be_reported(&self, now: NumericDate) -> bool {
        let mut counts = self.counts();
        let is_due = counts
            .reported_at
            .is_none_or(|at| (now.seconds() - at.seconds()).abs() >= REPORTED_EVERY);
        if is_due {
            counts.reported_at = Some(now);
        }
        is_due
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn micros(time: NumericDate) -> i64 {
    time.seconds().saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::super::{Budget, Charge, Kind};
    use super::*;

    fn charges(name: usize) -> Charges {
        let key = Key::new("guess", Kind::Account, &[&name.to_be_bytes()]);
        [Charge { kind: Kind::Account, key, budget: Budget::per_day(2, 1) }].into_iter().collect()
    }

    #[test]
    fn the_least_recently_used_of_more_than_ten_thousand_keys_is_forgotten() {
        let (process, now) = (InProcess::default(), NumericDate::from_seconds(1_000_000));
        for name in 0..MAX_KEYS {
            assert!(process.count(&charges(name), now).is_ok());
        }
        assert!(process.count(&charges(0), now).is_err());
        assert!(process.count(&charges(MAX_KEYS), now).is_ok());
        assert_eq!(process.counts().spent.len(), MAX_KEYS);
        assert!(process.clone().count(&charges(0), now).is_err());
        assert!(process.count(&charges(1), now).is_ok());
    }
}

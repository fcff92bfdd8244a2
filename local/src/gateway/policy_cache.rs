//! Policies that may be used again.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use shared::{Clock, NumericDate};

use super::policy::Policy;

/// The most policies that are remembered; the one that was used longest ago goes first.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// Policies by caller, for a number of seconds.
#[derive(Debug)]
pub(crate) struct PolicyCache {
    seconds: u32,
    clock: Clock,
    policies: Mutex<LruCache<String, Remembered>>,
}

#[derive(Debug, Clone)]
struct Remembered {
    policy: Arc<Policy>,
    until: NumericDate,
}

impl PolicyCache {
    /// A cache that remembers each policy for this long; 0 is not at all.
    pub(crate) fn new(seconds: u32, clock: Clock) -> Self {
        Self { seconds, clock, policies: Mutex::new(LruCache::new(CAPACITY)) }
    }

    /// The policy for a caller, if one is remembered and still good.
    pub(crate) fn get(&self, caller: &str) -> Option<Arc<Policy>> {
        if self.seconds == 0 {
            return None;
        }
        let now = self.clock.now();
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = policies.get(caller)?;
        if now < remembered.until {
            return Some(Arc::clone(&remembered.policy));
        }
        policies.pop(caller);
        None
    }

    /// Remembers a policy. The clock has whole seconds, so a policy may be forgotten up to a
    /// second early, never late.
    pub(crate) fn put(&self, caller: String, policy: &Arc<Policy>) {
        if self.seconds == 0 {
            return;
        }
        let until = self.clock.now().plus(self.seconds);
        let remembered = Remembered { policy: Arc::clone(policy), until };
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        policies.put(caller, remembered);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Arc<Policy> {
        let output = br#"{"principalId":"7","policyDocument":{"Statement":[]}}"#;
        Arc::new(Policy::parse(output).unwrap())
    }

    fn cache(seconds: u32) -> (PolicyCache, Clock) {
        let clock = Clock::fixed(NumericDate::from_seconds(1000));
        (PolicyCache::new(seconds, clock.clone()), clock)
    }

    #[test]
    fn a_policy_is_good_for_its_seconds_and_for_its_caller() {
        let (cache, clock) = cache(60);
        cache.put("ada".into(), &policy());
        assert!(cache.get("ada").is_some() && cache.get("grace").is_none());
        clock.advance(59);
        assert!(cache.get("ada").is_some());
        clock.advance(1);
        assert!(cache.get("ada").is_none());
    }

    #[test]
    fn using_a_policy_does_not_prolong_it() {
        let (cache, clock) = cache(2);
        cache.put("ada".into(), &policy());
        clock.advance(1);
        assert!(cache.get("ada").is_some());
        clock.advance(1);
        assert!(cache.get("ada").is_none());
    }

    #[test]
    fn zero_seconds_remember_nothing() {
        let (cache, _) = cache(0);
        cache.put("ada".into(), &policy());
        assert!(cache.get("ada").is_none());
    }

    #[test]
    fn the_longest_unused_goes_first_when_it_is_full() {
        let (cache, _) = cache(60);
        for caller in 0..CAPACITY.get() {
            cache.put(caller.to_string(), &policy());
        }
        assert!(cache.get("0").is_some());
        cache.put("one more".into(), &policy());
        assert!(cache.get("0").is_some() && cache.get("1").is_none());
    }
}

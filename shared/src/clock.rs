//! The injected source of the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Whole seconds since 1970-01-01T00:00:00Z: RFC 7519 §2's name for a token's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NumericDate(i64);

impl NumericDate {
    /// The time this many seconds after the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// The argument of PostgreSQL's `to_timestamp`; exact for whole seconds until the year
    /// 285,000,000.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    pub const fn to_timestamp(self) -> f64 {
        self.0 as f64
    }

    /// The time `seconds` later.
    #[must_use]
    pub const fn plus(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds as i64))
    }
}

/// A source of the time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The operating system's clock.
    System,
    /// A clock that only a test advances; clones share it.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A fixed clock at `time`.
    pub fn fixed(time: NumericDate) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(time.seconds())))
    }

    /// The time now.
    pub fn now(&self) -> NumericDate {
        match self {
            Self::System => {
                #[expect(clippy::disallowed_methods, reason = "the injected source")]
                let now = SystemTime::now();
                let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
                NumericDate(i64::try_from(seconds).unwrap_or(i64::MAX))
            }
            Self::Fixed(seconds) => NumericDate(seconds.load(Ordering::SeqCst)),
        }
    }

    /// Advances a fixed clock; has no effect on the system's.
    pub fn advance(&self, seconds: i64) {
        if let Self::Fixed(now) = self {
            now.fetch_add(seconds, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_changes_only_by_advance_and_its_clones_share_it() {
        let clock = Clock::fixed(NumericDate::from_seconds(1_000));
        let other = clock.clone();
        assert_eq!(other.now(), NumericDate::from_seconds(1_000));
        clock.advance(60);
        assert_eq!(other.now(), NumericDate::from_seconds(1_060));
    }

    #[test]
    fn the_system_clock_is_past_the_day_this_was_written() {
        assert!(Clock::System.now() > NumericDate::from_seconds(1_795_000_000));
    }
}

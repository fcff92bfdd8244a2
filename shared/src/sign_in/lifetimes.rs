//! The settings of sessions.

use crate::environment::Environment;

/// How long a session goes on that its client can renew. One without a refresh token ends with its
/// access token.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// From the sign-in to the end, whatever the use.
    pub seconds: u32,
    /// From the last use to the end; at least the life of an access token and 15 minutes.
    pub idle_seconds: u32,
}

/// An hour to 400 days, which is as long as browsers keep a cookie.
const BOUNDS: std::ops::RangeInclusive<u32> = 3600..=34_560_000;

impl Lifetimes {
    /// Reads `SESSION_SECONDS` and `SESSION_IDLE_SECONDS`.
    pub fn from_env(env: &mut Environment) -> Self {
        let mut read = |name, default| env.number_or_weaker(name, default, BOUNDS, 1);
        Self {
            seconds: read("SESSION_SECONDS", 2_592_000),
            idle_seconds: read("SESSION_IDLE_SECONDS", 1_209_600),
        }
    }
}

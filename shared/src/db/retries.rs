//! How often a statement is retried, and after which pause.

use std::time::Duration;

use super::error::Error;
use crate::random::Random;

/// The remaining retries. Each kind of failure has its own, since one may follow another: a changed
/// password shows only after a connection is lost.
#[derive(Debug)]
pub(super) struct Retries {
    conflict: Failures,
    login: Failures,
    lost: Failures,
    read_only: Failures,
}

/// The failures of one kind.
#[derive(Debug)]
struct Failures {
    so_far: u32,
    /// The failure of this number isn't retried.
    most: u32,
    /// From this failure on, a pause precedes the retry.
    pause_from: u32,
}

impl Failures {
    const fn up_to(most: u32, pause_from: u32) -> Self {
        Self { so_far: 0, most, pause_from }
    }
}

/// The longest first pause; each further one may be twice as long.
const PAUSE: Duration = Duration::from_millis(25);

impl Retries {
    /// `login_may_change`: the login's secret can be read again.
    pub(super) const fn new(login_may_change: bool) -> Self {
        Self {
            // PostgreSQL asks for a retry, which without a pause may conflict with the same
            // transaction.
            conflict: Failures::up_to(3, 1),
            login: Failures::up_to(if login_may_change { 2 } else { 1 }, u32::MAX),
            // The first retry is for a connection lost silently, the others for a network or a pooler
            // that cuts repeatedly.
            lost: Failures::up_to(5, 2),
            // The host name may resolve to another server by now.
            read_only: Failures::up_to(2, u32::MAX),
        }
    }

    /// The pause before the retry after this failure; `None` if there is none. It is a random part of
    /// a growing time, so that statements that failed together aren't retried together.
    /// <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>
    pub(super) fn pause_after(&mut self, error: &Error, random: &Random) -> Option<Duration> {
        let failures = match error {
            Error::Conflict(_) => &mut self.conflict,
            Error::LoginRefused(_) => &mut self.login,
            Error::Lost(_) => &mut self.lost,
            Error::ReadOnly(_) => &mut self.read_only,
            Error::Unreachable(_)
            | Error::NoToken(_)
            | Error::DeadlineExceeded
            | Error::ConnectTimedOut
            | Error::NotMigrated(_)
            | Error::NotGranted(_)
            | Error::NumbersExhausted(_)
            | Error::Failed(_) => return None,
        };
        failures.so_far += 1;
        if failures.so_far >= failures.most {
            None
        } else if failures.so_far < failures.pause_from {
            Some(Duration::ZERO)
        } else {
            let longest = PAUSE * (1 << (failures.so_far - failures.pause_from));
            let [part, ..] = random.bytes();
            Some(longest * u32::from(part) / u32::from(u8::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses until the last attempt, in milliseconds.
    fn pauses(retries: &mut Retries, error: &Error, seed: u64) -> Vec<u128> {
        let random = Random::counted(seed);
        std::iter::from_fn(|| retries.pause_after(error, &random))
            .map(|it| it.as_millis())
            .collect()
    }

    #[test]
    fn each_kind_of_failure_has_its_attempts() {
        let why = String::new;
        for (error, attempts) in [
            (Error::Lost(why()), 5),
            (Error::Conflict(why()), 3),
            (Error::LoginRefused(why()), 2),
            (Error::ReadOnly(why()), 2),
            (Error::Unreachable(why()), 1),
            (Error::NoToken(why()), 1),
            (Error::DeadlineExceeded, 1),
            (Error::ConnectTimedOut, 1),
            (Error::NotMigrated(why()), 1),
            (Error::NotGranted(why()), 1),
            (Error::NumbersExhausted(why()), 1),
            (Error::Failed(why()), 1),
        ] {
            assert_eq!(pauses(&mut Retries::new(true), &error, 7).len() + 1, attempts, "{error:?}");
        }
        let refused = Error::LoginRefused(why());
        assert_eq!(pauses(&mut Retries::new(false), &refused, 7).len(), 0);
    }

    #[test]
    fn one_kind_takes_no_attempt_from_another() {
        let mut retries = Retries::new(true);
        assert_eq!(pauses(&mut retries, &Error::Lost(String::new()), 7).len(), 4);
        assert_eq!(pauses(&mut retries, &Error::LoginRefused(String::new()), 7), [0]);
    }

    #[test]
    fn pauses_are_bounded_grow_and_are_not_those_of_others() {
        let of = |seed| pauses(&mut Retries::new(true), &Error::Conflict(String::new()), seed);
        let all: Vec<_> = (0..100).map(|seed| of(100 * seed)).collect();
        for (number, most) in [25, 50].into_iter().enumerate() {
            let pauses: Vec<_> = all.iter().map(|pauses| pauses[number]).collect();
            assert!(pauses.iter().all(|pause| *pause <= most), "{pauses:?}");
            assert!(pauses.iter().any(|pause| *pause > most / 2), "{pauses:?}");
            assert!(pauses.iter().any(|pause| *pause < most / 2), "{pauses:?}");
        }
        // The first retry after a loss has no pause: most connections are lost only once.
        let lost = pauses(&mut Retries::new(true), &Error::Lost(String::new()), 7);
        assert_eq!(lost[0], 0);
        assert!(lost.iter().sum::<u128>() <= 25 + 50 + 100);
    }
}

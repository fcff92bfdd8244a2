use super::*;

/// The pauses until the last attempt, in milliseconds.
fn pauses(retries: &mut Retries, error: &Error, seed: u64) -> Vec<u128> {
    let random = Random::counted(seed);
    std::iter::from_fn(|| retries.pause_after(error, &random)).map(|it| it.as_millis()).collect()
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

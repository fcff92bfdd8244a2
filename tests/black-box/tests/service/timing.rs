//! A refused sign-in's duration reveals nothing. These checks run alone.

use std::time::{Duration, Instant};

use crate::check::{Check, checks};
use crate::person::{Person, nobody};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        an_unknown_user_takes_as_long_as_a_wrong_password needs Warm;
        a_long_password_takes_as_long_as_a_short_one needs Warm;
        the_token_endpoint_takes_as_long_for_anyone needs Warm;
        no_password_and_an_unknown_hash_take_as_long_as_a_wrong_password needs Warm Database;
        a_hash_of_lower_cost_takes_as_long_as_any needs Warm Database;
        a_refused_change_of_an_account_takes_as_long_for_any_hash needs Warm Database;
        a_disabled_user_takes_as_long_as_a_wrong_password needs Warm Database;
        a_limit_takes_as_long_for_an_unknown_user_and_no_hash needs Warm;
    ]
}

/// As many guesses as a name takes from one network at once, but for one: each attempt has names of its
/// own.
const ROUNDS: usize = 9;
/// Times this close are indistinguishable over a network; the legacy app's ratio was 150.
const TOLERANCE: f64 = 1.3;

/// A kind of sign-in, and its name.
struct Way<'a>(&'a str, Box<dyn Fn() + 'a>);

/// The shortest time of each kind, since other work of the machine only adds to it, in interleaved
/// rounds.
fn shortest_times(ways: &[Way<'_>]) -> Vec<Duration> {
    let mut times = vec![Duration::MAX; ways.len()];
    for _ in 0..ROUNDS {
        for (way, shortest) in ways.iter().zip(&mut times) {
            let start = Instant::now();
            (way.1)();
            *shortest = start.elapsed().min(*shortest);
        }
    }
    times
}

/// Asserts that all kinds take the same time, with further attempts in case the machine was busy.
#[track_caller]
fn take_the_same_time<'a>(ways: impl Fn() -> Vec<Way<'a>>) {
    let mut found = String::new();
    for _ in 0..4 {
        let ways = ways();
        let times = shortest_times(&ways);
        let shortest = times.iter().min().expect("a way").as_secs_f64();
        let longest = times.iter().max().expect("a way").as_secs_f64();
        if longest / shortest < TOLERANCE {
            return;
        }
        let names = ways.iter().map(|way| way.0);
        found = format!("{:?}", names.zip(times).collect::<Vec<_>>());
    }
    panic!("{found}");
}

/// Wrong guesses at the password of a new user.
fn guessed(target: &Target) -> Way<'_> {
    refused(target, "a wrong password", &target.signed_up("guessed").username, WRONG)
}

fn refused<'a>(target: &'a Target, name: &'a str, username: &str, password: &str) -> Way<'a> {
    let (username, password) = (username.to_owned(), password.to_owned());
    let ask = move || assert_eq!(target.signin(&username, &password).status, 401);
    Way(name, Box::new(ask))
}

const WRONG: &str = "not the password";

fn an_unknown_user_takes_as_long_as_a_wrong_password(target: &Target) {
    let target = target.costly();
    let long = || "n".repeat(200) + &nobody();
    take_the_same_time(|| {
        vec![
            guessed(target),
            refused(target, "an unknown user", &nobody(), WRONG),
            refused(target, "an unknown user of a long name", &long(), WRONG),
        ]
    });
}

fn a_long_password_takes_as_long_as_a_short_one(target: &Target) {
    let target = target.costly();
    let long = &"p".repeat(100);
    let with_short = || target.signed_up("short").username;
    let with_long = || {
        let person = Person::new("long").with_password(&"long words ".repeat(9));
        assert_eq!(target.signup(&person).status, 200);
        person.username
    };
    take_the_same_time(|| {
        vec![
            guessed(target),
            refused(target, "100 bytes for a user of a short one", &with_short(), long),
            refused(target, "100 bytes for a user of a long one", &with_long(), long),
            refused(target, "a short one for a user of a long one", &with_long(), WRONG),
            refused(target, "100 bytes for nobody", &nobody(), long),
            refused(target, "1,024 bytes for nobody", &nobody(), &"p".repeat(1024)),
        ]
    });
}

fn the_token_endpoint_takes_as_long_for_anyone(target: &Target) {
    let target = target.costly();
    let ask = |name: &'static str, username: String| {
        let fields = move || {
            let answer = target.token(&[("username", &username), ("password", WRONG)]);
            assert_eq!(answer.status, 401);
        };
        Way(name, Box::new(fields))
    };
    take_the_same_time(|| {
        vec![
            ask("a wrong password", target.signed_up("guessed").username),
            ask("an unknown user", nobody()),
        ]
    });
}

/// Wrong guesses for a user with this text as the stored password.
fn with_hash<'a>(target: &'a Target, name: &'a str, hash: Option<&str>) -> Way<'a> {
    let person = target.signed_up("hash");
    target.database().set_hash(&person.username, hash);
    refused(target, name, &person.username, WRONG)
}

fn no_password_and_an_unknown_hash_take_as_long_as_a_wrong_password(target: &Target) {
    let target = target.costly();
    take_the_same_time(|| {
        vec![
            guessed(target),
            with_hash(target, "no stored password", None),
            with_hash(target, "plain text", Some("plaintext")),
            with_hash(target, "a cut hash", Some("$2b$12$idOji.NscpM.NzOJirVM1O")),
        ]
    });
}

fn a_hash_of_lower_cost_takes_as_long_as_any(target: &Target) {
    let target = target.costly();
    // passlib's hash of another password than the one sent.
    let four = "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S";
    let sha256 =
        "$bcrypt-sha256$v=2,t=2b,r=4$GrthSuCV1VHVox9Ya.SSe.$PfOm7B3YqoJ1AGM0MTZlqPPoB.iefQi";
    take_the_same_time(|| {
        vec![
            guessed(target),
            with_hash(target, "cost 4", Some(four)),
            with_hash(target, "cost 4 of bcrypt_sha256", Some(sha256)),
            refused(target, "nobody", &nobody(), WRONG),
        ]
    });
}

fn a_disabled_user_takes_as_long_as_a_wrong_password(target: &Target) {
    let target = target.costly();
    let disabled = || {
        let person = target.signed_up("disabled");
        let disable = "UPDATE users SET disabled_at = now() WHERE username = $1";
        target.database().query(disable, &[&person.username]);
        person
    };
    take_the_same_time(|| {
        let right = disabled();
        vec![
            guessed(target),
            refused(target, "disabled, right", &right.username, &right.password),
            refused(target, "disabled, wrong", &disabled().username, WRONG),
        ]
    });
}

fn a_refused_change_of_an_account_takes_as_long_for_any_hash(target: &Target) {
    let target = target.costly();
    let with = |hash: Option<&str>| {
        let someone = target.signed_in("hash");
        target.database().set_hash(&someone.person.username, hash);
        someone.token
    };
    let four = "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S";
    let change = |token: &str| target.change_password(token, WRONG, "another one entirely").status;
    let delete = |token: &str| target.delete_account(token, WRONG).status;
    take_the_same_time(|| {
        let tokens = [
            ("a wrong password", target.signed_in("guessed").token),
            ("no stored password", with(None)),
            ("plain text", with(Some("plaintext"))),
            ("cost 4", with(Some(four))),
        ];
        let ways = tokens.into_iter().flat_map(|(name, token)| {
            let same = token.clone();
            let change: Box<dyn Fn()> = Box::new(move || assert_eq!(change(&token), 403));
            let delete: Box<dyn Fn()> = Box::new(move || assert_eq!(delete(&same), 403));
            [Way(name, change), Way(name, delete)]
        });
        ways.collect()
    });
}

/// How often each of two kinds is timed.
const PAIRS: usize = 500;
/// Of Welch's t: above it, two kinds differ (Reparaz, Balasch, Verbauwhede: Dude, is my code constant time?).
pub(crate) const DIFFERENT: f64 = 4.5;

/// The shortest `kept` milliseconds of each kind, in interleaved rounds: other work makes some longer.
fn times_of_both(ways: [&dyn Fn(); 2], pairs: usize, kept: usize) -> [Vec<f64>; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..pairs {
        for which in [round % 2, 1 - round % 2] {
            let start = Instant::now();
            ways[which]();
            times[which].push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    for times in &mut times {
        times.sort_by(f64::total_cmp);
        times.truncate(kept);
    }
    times
}

/// Mean, and variance by number.
#[expect(clippy::cast_precision_loss, reason = "hundreds")]
fn mean_and_error(times: &[f64]) -> (f64, f64) {
    let number = times.len() as f64;
    let mean = times.iter().sum::<f64>() / number;
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    (mean, squares / (number - 1.0) / number)
}

/// Welch's t of the shortest `kept` times of two kinds, and the mean of each in milliseconds.
pub(crate) fn welch(ways: [&dyn Fn(); 2], pairs: usize, kept: usize) -> (f64, f64, f64) {
    let times = times_of_both(ways, pairs, kept);
    let [(one, error), (other, other_error)] = times.map(|it| mean_and_error(&it));
    ((one - other) / (error + other_error).sqrt(), one, other)
}

fn a_limit_takes_as_long_for_an_unknown_user_and_no_hash(target: &Target) {
    let target = target.costly();
    let mut found = Vec::new();
    for _ in 0..4 {
        let names = [target.signed_up("limited").username, nobody()];
        let mut hash = f64::MAX;
        for name in &names {
            loop {
                let start = Instant::now();
                if target.signin(name, WRONG).status == 429 {
                    break;
                }
                hash = hash.min(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        let ask = |name: &str| assert_eq!(target.signin(name, WRONG).status, 429);
        let (t, known, unknown) =
            welch([&|| ask(&names[0]), &|| ask(&names[1])], PAIRS, PAIRS * 9 / 10);
        if t.abs() < DIFFERENT && known < hash / 2.0 {
            return;
        }
        found.push((t, known, unknown, hash));
    }
    panic!("t, known, unknown, a hash: {found:?}");
}

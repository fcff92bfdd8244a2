//! What guesses leave in the database, and how attempts come back. These checks run alone.

use std::time::Instant;

use super::{
    AT_ONCE, AT_ONCE_BY_ALL, PAIR_SECONDS, WRONG, guess, guess_times, guess_times_from, signin_from,
};
use crate::check::{Check, checks};
use crate::crowd::at_once;
use crate::kind::Ability;
use crate::person::{Person, nobody};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_hundred_guesses_at_once_are_ten_hashes also Pooler, Emulator needs Crowds;
        ten_right_sign_ins_at_once_all_succeed also Pooler, Emulator needs Crowds;
        refused_by_one_key_no_other_moves also Pooler needs Runner Database;
        attempts_come_back_when_they_were_said_to also Pooler, Emulator needs Database;
        a_day_later_all_attempts_are_back needs Database;
    ]
}

fn a_hundred_guesses_at_once_are_ten_hashes(target: &Target) {
    let number = if target.lacks(Ability::Runner).is_none() { 100 } else { 16 };
    for name in [target.signed_up("limited").username, nobody()] {
        let answers = at_once(&vec![(); number], |()| guess(target, &name));
        let refused = answers.iter().filter(|answer| answer.status == 401).count();
        assert_eq!(refused, AT_ONCE);
        for answer in answers.iter().filter(|answer| answer.status != 401) {
            answer.is_limited();
        }
    }
}

fn ten_right_sign_ins_at_once_all_succeed(target: &Target) {
    let sign_in = |person: &Person| target.signin(&person.username, &person.password);
    let person = target.signed_up("at-once");
    // Each gives its charge back by its answer, so the next ten have them all again.
    for round in 1..=3 {
        for answer in at_once(&vec![person.clone(); AT_ONCE], sign_in) {
            assert_eq!(answer.status, 200, "round {round}: {}", answer.text());
        }
    }
}

/// All rows.
fn rows(target: &Target) -> Vec<(String, String)> {
    let all = "SELECT encode(key, 'hex'), spent_until::text FROM limits ORDER BY key";
    let rows = target.database().query(all, &[]);
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn refused_by_one_key_no_other_moves(target: &Target) {
    let person = target.signed_up("limited");
    let name = &person.username;
    let unmoved = |source: [u8; 4], what: &str| {
        let before = rows(target);
        for password in [WRONG, &person.password] {
            signin_from(target, source, name, password).is_limited();
        }
        assert_eq!(rows(target), before, "{what}");
    };
    let before = rows(target);
    guess_times_from(target, [127, 3, 2, 1], name, AT_ONCE);
    let is_new = |(key, _): &&(String, String)| before.iter().all(|(other, _)| other != key);
    assert_eq!(rows(target).iter().filter(is_new).count(), 2, "the account's and the pair's");
    unmoved([127, 3, 2, 1], "by the pair");
    guess_times_from(target, [127, 3, 2, 2], name, AT_ONCE_BY_ALL - AT_ONCE);
    unmoved([127, 3, 2, 3], "by the account");
}

/// Moves all rows, as if so much time had passed.
fn pass(target: &Target, seconds: u32) {
    let seconds = f64::from(seconds);
    let moved = "UPDATE limits SET spent_until = spent_until - $1 * interval '1 second'";
    target.database().query(moved, &[&seconds]);
}

fn attempts_come_back_when_they_were_said_to(target: &Target) {
    for name in [target.signed_up("limited").username, nobody()] {
        guess_times(target, &name, AT_ONCE);
        let (wait, began) = (guess(target, &name).is_limited(), Instant::now());
        pass(target, wait - 30);
        let left = guess(target, &name).is_limited();
        let took = u32::try_from(began.elapsed().as_secs()).expect("seconds") + 1;
        assert!(left <= 30 && left + took >= 30, "{left} after {took}");
        pass(target, left);
        guess_times(target, &name, 1);
        // One came back, and no more.
        let next = guess(target, &name).is_limited();
        assert!(next <= PAIR_SECONDS && next + took + 2 >= PAIR_SECONDS - 30, "{next}");
    }
}

fn a_day_later_all_attempts_are_back(target: &Target) {
    let name = target.signed_up("limited").username;
    for _ in 0..2 {
        guess_times(target, &name, AT_ONCE);
        guess(target, &name).is_limited();
        pass(target, 86_400);
    }
    guess_times(target, &name, AT_ONCE);
}

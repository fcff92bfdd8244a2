//! The codes of mails, and how long codes and links last.

use serde_json::{Value, json};

use super::mailbox::Mail;
use super::uses::{RESET, VERIFY, new_address};
use crate::account::fresh;
use crate::check::{Check, checks};
use crate::client::Answer;
use crate::person::Person;
use crate::target::Target;
use std::sync::Arc;

pub(super) fn checks() -> Vec<Check> {
    checks![
        a_code_is_read_as_people_write_it needs Mails;
        five_codes_of_an_address_are_tried_and_the_link_works_on also Pooler, Emulator needs Mails;
        a_right_code_over_the_limit_is_not_used_up also Pooler needs Mails;
        the_spellings_of_an_address_share_its_attempts needs Mails;
        what_is_no_code_of_ours_counts_nothing needs Mails;
        a_code_is_for_its_own_address needs Mails;
        a_code_lasts_ten_minutes_and_a_link_an_hour also Pooler needs Mails Database;
        a_verification_lasts_a_day needs Mails Database;
    ]
}

/// The attempts with codes of an address.
const AT_ONCE: usize = 5;

/// A mail whose code has a digit that people write as a letter.
fn with_a_letter(target: &Target) -> (Person, Arc<Mail>) {
    let is_one = |mail: &Mail| mail.code().contains(['0', '1']);
    let found = (0..20).find_map(|_| {
        let person = target.signed_up("code");
        let mail = target.reset_mail(&person);
        is_one(&mail).then_some((person, mail))
    });
    found.expect("two in five codes have one")
}

fn a_code_is_read_as_people_write_it(target: &Target) {
    let (person, mail) = with_a_letter(target);
    assert_eq!(mail.code().len(), 9, "two groups of four");
    let plain = mail.code().replace('-', "");
    for typed in [
        plain.to_lowercase(),
        plain.replace('0', "O").replace('1', "I"),
        plain.replace('0', "o").replace('1', "l"),
        format!(" {} \u{2013} {}\n", &plain[..3], &plain[3..]),
    ] {
        let secret = json!({ "email": person.email, "code": typed });
        assert!(target.is_good(&secret, &person), "{typed}");
    }
    let spaced: Vec<_> = plain.chars().map(|digit| digit.to_string()).collect();
    let secret = json!({ "email": person.email, "code": spaced.join(" - ") });
    target.reset(&secret, &fresh()).is_reset();
}

/// The attempts with wrong codes of an address, each of them counted, and one more.
fn try_all(target: &Target, path: &str, email: &str) -> Vec<Answer> {
    let body = json!({ "email": email, "code": "0000-0000", "password": fresh() });
    let ask = || target.http.post_json(path, &body).send();
    let answers: Vec<_> = (0..=AT_ONCE).map(|_| ask()).collect();
    for answer in &answers[..AT_ONCE] {
        answer.is_void(target);
    }
    answers[AT_ONCE].is_limited();
    answers
}

fn five_codes_of_an_address_are_tried_and_the_link_works_on(target: &Target) {
    let person = target.signed_up("code");
    let (reset, verify) = (target.reset_mail(&person), target.verify_mail(&person));
    let of_nobody = new_address();
    let bodies = |answers: Vec<Answer>| answers.into_iter().map(|it| (it.status, it.body));
    let known = bodies(try_all(target, RESET, &person.email));
    assert!(known.eq(bodies(try_all(target, RESET, &of_nobody))), "an address that nobody has");
    // The right code comes too late.
    target.reset(&reset.by_code(), &fresh()).is_limited();
    // Another purpose has attempts of its own.
    target.verify(&verify.by_code()).is_json(200, &person.public());
    try_all(target, VERIFY, &of_nobody);
    target.reset(&reset.by_link(), &fresh()).is_reset();
    let next = target.reset_mail(&person);
    assert!(target.is_good(&next.by_link(), &person));
    target.reset(&next.by_code(), &fresh()).is_limited();
}

fn a_right_code_over_the_limit_is_not_used_up(target: &Target) {
    let person = target.signed_up("code");
    let [older, newer] = [(); 2].map(|()| target.verify_mail(&person));
    try_all(target, VERIFY, &person.email);
    for mail in [&older, &newer] {
        target.verify(&mail.by_code()).is_limited();
    }
    target.verify(&older.by_link()).is_json(200, &person.public());
}

fn the_spellings_of_an_address_share_its_attempts(target: &Target) {
    let person = target.signed_up("code");
    let mail = target.reset_mail(&person);
    let (local, domain) = person.email.split_once('@').expect("an address");
    let spellings = [
        person.email.to_uppercase(),
        format!("{local}@{}", domain.to_uppercase()),
        format!("{}@{domain}", local.to_uppercase()),
    ];
    for email in &spellings {
        let secret = json!({ "email": email, "code": mail.code() });
        assert!(target.is_good(&secret, &person), "{email}");
    }
    for email in &spellings[..2] {
        let wrong = json!({ "email": email, "code": "0000-0000" });
        target.reset(&wrong, &fresh()).is_void(target);
    }
    target.reset(&mail.by_code(), &fresh()).is_limited();
}

fn what_is_no_code_of_ours_counts_nothing(target: &Target) {
    let person = target.signed_up("code");
    let mail = target.verify_mail(&person);
    for code in ["", "0000", "0000-000U", "0000-00000", "\u{1f511}", &"-".repeat(60_000)] {
        let secret = json!({ "email": person.email, "code": code });
        for _ in 0..2 {
            target.verify(&secret).is_void(target);
            target.reset(&secret, &fresh()).is_void(target);
        }
    }
    // Nor does a password that is refused for every user.
    for _ in 0..=AT_ONCE {
        let answer = target.reset(&mail.by_code(), "password");
        answer.is_invalid(&[("value_error", json!(["body", "password"]))]);
    }
    target.verify(&mail.by_code()).is_json(200, &person.public());
}

fn a_code_is_for_its_own_address(target: &Target) {
    let ([person, other], someone) =
        ([(); 2].map(|()| target.signed_up("code")), target.signed_in("code"));
    let [reset, verify] = [target.reset_mail(&person), target.verify_mail(&person)];
    target.reset_mail(&other);
    for email in [&other.email, &new_address()] {
        let with = |mail: &Mail| json!({ "email": email, "code": mail.code() });
        target.reset(&with(&reset), &fresh()).is_void(target);
        target.verify(&with(&verify)).is_void(target);
    }
    assert!(target.is_good(&reset.by_code(), &person));
    target.verify(&verify.by_code()).is_json(200, &person.public());
    // That of a change is for the new one, not for the user's.
    let change = target.change_mail(&someone, &new_address());
    let own = json!({ "email": someone.person.email, "code": change.code() });
    target.verify(&own).is_void(target);
    assert_eq!(target.verify(&change.by_code()).status, 200);
}

/// The seconds until the end of a user's code and link, rounded up to minutes.
fn minutes_left(target: &Target, person: &Person, purpose: &str) -> (i32, i32) {
    let left = "SELECT ceil(extract(epoch FROM code_until - now()) / 60)::int, \
                ceil(extract(epoch FROM link_until - now()) / 60)::int FROM one_time_secrets \
                WHERE purpose = $2 AND user_id = (SELECT id FROM users WHERE username = $1)";
    let rows = target.database().query(left, &[&person.username, &purpose]);
    (rows[0].get(0), rows[0].get(1))
}

/// Ends the code, or the link, of all of a user's mails for a purpose.
fn end(target: &Target, person: &Person, purpose: &str, what: &str) {
    // The service knows the time in whole seconds.
    let ended = format!("{what}_until = now() - interval '2 seconds'");
    target.set_secrets(person, purpose, &ended);
}

fn a_code_lasts_ten_minutes_and_a_link_an_hour(target: &Target) {
    let person = target.signed_up("code");
    let mail = target.reset_mail(&person);
    assert_eq!(minutes_left(target, &person, "reset"), (10, 60));
    target.set_secrets(&person, "reset", "code_until = now() + interval '30 seconds'");
    assert!(target.is_good(&mail.by_code(), &person));
    end(target, &person, "reset", "code");
    target.reset(&mail.by_code(), &fresh()).is_void(target);
    target.set_secrets(&person, "reset", "link_until = now() + interval '30 seconds'");
    assert!(target.is_good(&mail.by_link(), &person));
    end(target, &person, "reset", "link");
    target.reset(&mail.by_link(), &fresh()).is_void(target);
    assert_eq!(target.signin(&person.username, &person.password).status, 200);
}

fn a_verification_lasts_a_day(target: &Target) {
    let [someone, other] = [(); 2].map(|()| target.signed_in("code"));
    let new = new_address();
    let mails = [target.verify_mail(&someone.person), target.change_mail(&other, &new)];
    let purposes = [(&someone.person, "verify"), (&other.person, "change")];
    for ((person, purpose), mail) in purposes.into_iter().zip(&mails) {
        assert_eq!(minutes_left(target, person, purpose), (10, 24 * 60), "{purpose}");
        end(target, person, purpose, "code");
        target.verify(&mail.by_code()).is_void(target);
        end(target, person, purpose, "link");
        target.verify(&mail.by_link()).is_void(target);
        let again = "link_until = now() + interval '30 seconds'";
        target.set_secrets(person, purpose, again);
        let proven: Value = json!({ "username": person.username, "email": mail.header("To") });
        target.verify(&mail.by_link()).is_json(200, &proven);
    }
}

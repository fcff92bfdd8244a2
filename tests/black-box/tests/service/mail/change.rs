//! A change of the address.

use serde_json::{Value, json};

use super::FORGOT;
use super::uses::{CHANGE, WAYS, new_address};
use crate::account::fresh;
use crate::check::{Check, checks};
use crate::client::Answer;
use crate::person::Person;
use crate::sessions::{is_refused_by_the_function, revoke};
use crate::signout::Started;
use crate::target::Target;

pub(super) fn checks() -> Vec<Check> {
    checks![
        the_address_changes_once_the_new_mailbox_has_confirmed_it also Pooler, Emulator needs Mails;
        both_mailboxes_are_notified needs Mails;
        a_wrong_password_is_403_and_asks_for_nothing also Emulator needs Mails Database;
        a_taken_address_is_answered_alike_and_reported_to_its_owner_alone also Emulator needs Mails Database;
        a_token_is_needed also Emulator needs Mails;
        a_bad_address_is_refused_before_the_password_is_verified needs Mails;
        the_older_of_two_changes_may_be_used_and_voids_the_newer needs Mails;
        a_change_to_ones_own_address_proves_it needs Mails Database;
        three_changes_to_an_address_are_asked_for_at_once needs Mails;
        a_right_password_costs_no_guess_and_wrong_ones_are_limited also Pooler needs Mails;
        a_user_asks_for_three_changes_at_once needs Mails;
        what_is_over_asks_for_nothing_whatever_policy_is_kept also Emulator needs Mails CachedPolicies Database;
    ]
}

/// The guesses of their own password that a user has at once.
const OWN_GUESSES: usize = 20;
/// The changes that a user asks for at once.
const CHANGES: usize = 3;
const ME: &str = "/api/auth/users/me";

/// What a user is after a change.
fn with_address(person: &Person, email: &str) -> Value {
    json!({ "username": person.username, "email": email })
}

fn the_address_changes_once_the_new_mailbox_has_confirmed_it(target: &Target) {
    for way in WAYS {
        let mut someone = target.signed_in("change");
        let session = Started::by(target, &someone.person);
        let old = someone.person.email.clone();
        let new = new_address();
        let secret = way(&target.change_mail(&someone, &new));
        target.get_as(&someone.token, ME).is_json(200, &someone.person.public());
        let changed = with_address(&someone.person, &new);
        let answer = target.verify(&secret);
        answer.is_json(200, &changed);
        assert_eq!(answer.header("set-cookie"), None);
        target.get_as(&someone.token, ME).is_json(200, &changed);
        assert!(session.goes_on(target));
        target.verify(&secret).is_void(target);
        // Sign-in, a reset and the next change go by the new address.
        assert_eq!(target.signin(&someone.person.username, &someone.person.password).status, 200);
        someone.person.email = new;
        assert!(target.is_good(&target.reset_mail(&someone.person).by_code(), &someone.person));
        let back = target.change_mail(&someone, &old);
        target.verify(&way(&back)).is_json(200, &with_address(&someone.person, &old));
    }
}

fn both_mailboxes_are_notified(target: &Target) {
    let someone = target.signed_in("change");
    let (old, new) = (&someone.person.email, new_address());
    let mail = target.change_mail(&someone, &new);
    // Before the link is used.
    target.await_mails("change_asked", old, 1);
    assert!(target.mails_to("email_changed", old).is_empty());
    target.verify(&mail.by_link()).is_json(200, &with_address(&someone.person, &new));
    target.nudge();
    for (address, asked) in [(old, 1), (&new, 0)] {
        assert_eq!(target.await_mails("email_changed", address, 1).len(), 1);
        assert_eq!(target.mails_to("change_asked", address).len(), asked, "{address}");
    }
    assert!(target.mails_to("change", old).is_empty());
    assert_eq!(target.mails_to("change", &new).len(), 1);
}

/// The mails of a change that a user has asked for, waiting or sent.
#[track_caller]
fn asked(target: &Target, person: &Person) -> i64 {
    let waiting = "SELECT count(*) FROM mails WHERE kind LIKE 'change%' \
                   AND user_id = (SELECT id FROM users WHERE username = $1)";
    let stored = "SELECT count(*) FROM one_time_secrets WHERE purpose = 'change' \
                  AND user_id = (SELECT id FROM users WHERE username = $1)";
    let count = |sql| target.database().count(sql, &[&person.username]);
    count(waiting) + count(stored)
}

fn a_wrong_password_is_403_and_asks_for_nothing(target: &Target) {
    let someone = target.signed_in("change");
    let (new, right) = (new_address(), &someone.person.password);
    for wrong in ["", "not the password", &right[1..], &format!("{right} ")] {
        let answer = target.change_email(&someone.token, &new, wrong);
        answer.says(target, 403, "Incorrect password");
        assert_eq!(answer.header("x-amzn-remapped-www-authenticate"), None);
    }
    let body = json!({ "email": new, "password": "not the password" });
    let ask = target.http.post_json(CHANGE, &body).bearer(&someone.token);
    let problem = ask.header("accept", "application/json").send().json();
    assert_eq!(problem["code"], "wrong_password");
    assert_eq!(asked(target, &someone.person), 0);
    assert!(target.mails_to("change_asked", &someone.person.email).is_empty());
    target.get_as(&someone.token, ME).is_json(200, &someone.person.public());
    target.change_mail(&someone, &new);
    assert_ne!(asked(target, &someone.person), 0);
}

fn a_taken_address_is_answered_alike_and_reported_to_its_owner_alone(target: &Target) {
    let [someone, owner] = [(); 2].map(|()| target.signed_in("change"));
    let shouted = owner.person.email.replace("mail.example", "MAIL.Example");
    let free = new_address();
    let ask = |email: &str| target.change_email(&someone.token, email, &someone.person.password);
    let lasting = |answer: &Answer| (answer.status, answer.body.clone(), answer.lasting());
    let known = ask(&free);
    known.is_json(202, &Value::Null);
    for taken in [&owner.person.email, &shouted] {
        assert_eq!(lasting(&ask(taken)), lasting(&known), "{taken}");
    }
    target.await_mails("address_in_use", &owner.person.email, 2);
    target.await_mails("change", &free, 1);
    for taken in [&owner.person.email, &shouted] {
        assert!(target.mails_to("change", taken).is_empty(), "no secret goes there");
    }
    for kind in ["change_asked", "email_changed"] {
        assert!(target.mails_to(kind, &owner.person.email).is_empty(), "{kind}");
    }
    assert!(target.mails_to("address_in_use", &someone.person.email).is_empty());
    let secrets = "SELECT count(*) FROM one_time_secrets WHERE purpose = 'change' \
                   AND user_id IN (SELECT id FROM users WHERE username = ANY ($1))";
    let both = [&someone.person.username, &owner.person.username];
    assert_eq!(target.database().count(secrets, &[&&both[..]]), 1, "the free address alone");
    target.get_as(&owner.token, ME).is_json(200, &owner.person.public());
}

fn a_token_is_needed(target: &Target) {
    let body = json!({ "email": new_address(), "password": "a" });
    target.http.post_json(CHANGE, &body).send().is_unauthorized(target);
    target.http.post_json(CHANGE, &body).bearer("x").send().is_unauthorized(target);
}

fn a_bad_address_is_refused_before_the_password_is_verified(target: &Target) {
    let someone = target.signed_in("change");
    let long = format!("{}@mail.example", "a".repeat(242));
    assert_eq!(long.len(), 255);
    for email in ["", "x", "a@", "a b@mail.example", "a@b\r\nBcc: c@d", &long] {
        let answer = target.change_email(&someone.token, email, "not the password");
        answer.is_invalid(&[("value_error", json!(["body", "email"]))]);
    }
    for (body, expected) in [
        (json!({}), vec![("missing", "email"), ("missing", "password")]),
        (
            json!({ "email": 7, "password": null }),
            vec![("string_type", "email"), ("string_type", "password")],
        ),
    ] {
        let expected: Vec<_> =
            expected.into_iter().map(|(kind, field)| (kind, json!(["body", field]))).collect();
        target.http.post_json(CHANGE, &body).bearer(&someone.token).send().is_invalid(&expected);
    }
}

fn the_older_of_two_changes_may_be_used_and_voids_the_newer(target: &Target) {
    let someone = target.signed_in("change");
    let addresses = [(); 2].map(|()| new_address());
    let [older, newer] = addresses.each_ref().map(|it| target.change_mail(&someone, it));
    target.verify(&older.by_code()).is_json(200, &with_address(&someone.person, &addresses[0]));
    target.verify(&newer.by_link()).is_void(target);
    target.verify(&newer.by_code()).is_void(target);
    target.get_as(&someone.token, ME).is_json(200, &with_address(&someone.person, &addresses[0]));
}

fn a_change_to_ones_own_address_proves_it(target: &Target) {
    let someone = target.signed_in("change");
    let own = &someone.person.email;
    let mail = target.change_mail(&someone, own);
    target.verify(&mail.by_link()).is_json(200, &someone.person.public());
    assert_eq!(target.value_of(&someone.person, "verified_email").as_ref(), Some(own));
    assert!(target.mails_to("email_changed", own).is_empty());
}

fn three_changes_to_an_address_are_asked_for_at_once(target: &Target) {
    let new = new_address();
    let people = [(); 4].map(|()| target.signed_in("change"));
    let ask = |number: usize| {
        let someone = &people[number];
        target.change_email(&someone.token, &new, &someone.person.password)
    };
    for number in 0..3 {
        ask(number).is_json(202, &Value::Null);
    }
    ask(3).is_limited();
    // Other mails to the address are counted apart, and another address has its own.
    target.ask(FORGOT, &new).is_json(202, &Value::Null);
    target.change_mail(&people[3], &new_address());
}

fn a_right_password_costs_no_guess_and_wrong_ones_are_limited(target: &Target) {
    let someone = target.signed_in("change");
    let right = &someone.person.password;
    let change = |password: &str| target.change_email(&someone.token, &new_address(), password);
    for number in 0..OWN_GUESSES + 5 {
        let answer = change(right);
        if number < CHANGES {
            answer.is_json(202, &Value::Null);
        } else {
            answer.is_limited();
        }
    }
    for _ in 0..OWN_GUESSES {
        change("not the password").says(target, 403, "Incorrect password");
    }
    // The user's other routes with a password have the same count.
    change("not the password").is_limited();
    change(right).is_limited();
    target.change_password(&someone.token, right, &fresh()).is_limited();
    target.get_as(&someone.token, ME).is_json(200, &someone.person.public());
}

fn a_user_asks_for_three_changes_at_once(target: &Target) {
    let someone = target.signed_in("change");
    let change = || target.change_email(&someone.token, &new_address(), &someone.person.password);
    for _ in 0..CHANGES {
        change().is_json(202, &Value::Null);
    }
    let wait = change().is_limited();
    assert!((3_500..=3_600).contains(&wait), "{wait}");
}

fn what_is_over_asks_for_nothing_whatever_policy_is_kept(target: &Target) {
    let target = target.caching();
    let someone = target.signed_in("change");
    target.opens_me(&someone.token, true);
    let ended = revoke(target, &someone.token, &json!({ "which": "current" }));
    ended.is_json(200, &json!({ "ended": 1 }));
    let answer = target.change_email(&someone.token, &new_address(), &someone.person.password);
    is_refused_by_the_function(&answer, target);
    assert_eq!(asked(target, &someone.person), 0);
    // The policy is still there.
    target.opens_me(&someone.token, true);
}

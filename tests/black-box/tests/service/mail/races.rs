//! Of many requests at once, one uses a secret.

use std::sync::Arc;

use serde_json::{Value, json};

use super::mailbox::Mail;
use super::uses::{RESET, VERIFY, new_address};
use crate::account::fresh;
use crate::check::{Check, checks};
use crate::client::Answer;
use crate::crowd::at_once;
use crate::person::Person;
use crate::target::Target;

pub(super) fn checks() -> Vec<Check> {
    checks![
        of_16_resets_one_wins also Pooler, Emulator needs Mails Database Crowds;
        of_16_verifications_one_wins also Pooler needs Mails Crowds;
        of_16_changes_one_wins also Pooler, Emulator needs Mails Database Crowds;
        of_two_users_one_gets_an_address_that_both_change_to also Pooler needs Mails Crowds;
    ]
}

const AT_ONCE: usize = 16;

/// The most codes among them: a mailbox has five attempts.
const CODES: usize = 4;

/// The secrets of so many requests at once: of one link, of link and code of one mail, of the links of two
/// mails, and of all of two mails.
fn sets(older: &Mail, newer: &Mail) -> [Vec<Value>; 4] {
    let cycle = |links: &[&Mail], codes: &[&Mail]| {
        let codes = codes.iter().cycle().take(if codes.is_empty() { 0 } else { CODES });
        let links = links.iter().cycle().map(|mail| mail.by_link());
        let mixed = codes.map(|mail| mail.by_code()).chain(links);
        mixed.take(AT_ONCE).collect::<Vec<_>>()
    };
    [
        cycle(&[older], &[]),
        cycle(&[newer], &[newer]),
        cycle(&[older, newer], &[]),
        cycle(&[older, newer], &[older, newer]),
    ]
}

/// The number of the one answer that is 200. All others are that of a void secret.
#[track_caller]
fn winner(target: &Target, answers: &[Answer]) -> usize {
    let won = |answer: &&Answer| answer.status == 200;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(answers.iter().filter(won).count(), 1, "{statuses:?}");
    for answer in answers.iter().filter(|answer| !won(answer)) {
        answer.is_void(target);
    }
    answers.iter().position(|answer| answer.status == 200).expect("one")
}

/// The number of the set, and a new user with the secrets of two mails in that set.
fn each_set(two: impl Fn(&Person) -> [Arc<Mail>; 2], target: &Target) -> Vec<(Person, Vec<Value>)> {
    (0..4)
        .map(|number| {
            let person = target.signed_up("races");
            let [older, newer] = two(&person);
            let set = sets(&older, &newer).into_iter().nth(number).expect("a set");
            (person, set)
        })
        .collect()
}

#[track_caller]
fn is_notified_once(target: &Target, kind: &str, address: &str) {
    target.nudge();
    target.await_no_waiting(address);
    assert_eq!(target.mails_to(kind, address).len(), 1, "{kind}");
}

fn of_16_resets_one_wins(target: &Target) {
    let two = |person: &Person| [(); 2].map(|()| target.reset_mail(person));
    for (person, secrets) in each_set(two, target) {
        let bodies: Vec<_> = secrets
            .into_iter()
            .map(|mut secret| {
                secret["password"] = json!(fresh());
                secret
            })
            .collect();
        let send = |body: &Value| target.http.post_json(RESET, body).send();
        let won = winner(target, &at_once(&bodies, send));
        for (number, body) in bodies.iter().enumerate().skip(won.saturating_sub(2)).take(5) {
            let password = body["password"].as_str().expect("a password");
            let status = target.signin(&person.username, password).status;
            assert_eq!(status == 200, number == won, "{status}");
        }
        assert_eq!(target.value_of(&person, "session_epoch").as_deref(), Some("1"));
        is_notified_once(target, "password_changed", &person.email);
    }
}

fn of_16_verifications_one_wins(target: &Target) {
    let two = |person: &Person| [(); 2].map(|()| target.verify_mail(person));
    for (person, secrets) in each_set(two, target) {
        let answers = at_once(&secrets, |body| target.http.post_json(VERIFY, body).send());
        answers[winner(target, &answers)].is_json(200, &person.public());
    }
}

fn of_16_changes_one_wins(target: &Target) {
    for number in 0..4 {
        let someone = target.signed_in("races");
        let [older, newer] = [(); 2].map(|()| target.change_mail(&someone, &new_address()));
        let secrets = sets(&older, &newer).into_iter().nth(number).expect("a set");
        let answers = at_once(&secrets, |body| target.http.post_json(VERIFY, body).send());
        let answer = &answers[winner(target, &answers)];
        let person = &someone.person;
        let new = [&older, &newer].map(|it| it.header("To")).into_iter().find(|address| {
            answer.json() == json!({ "username": person.username, "email": address })
        });
        let new = new.expect("one of the two");
        for address in [person.email.as_str(), new] {
            is_notified_once(target, "email_changed", address);
        }
        target.get_as(&someone.token, "/api/auth/users/me").is_json(200, &answer.json());
    }
}

fn of_two_users_one_gets_an_address_that_both_change_to(target: &Target) {
    let people = [(); 2].map(|()| target.signed_in("races"));
    let new = new_address();
    for someone in &people {
        let asked = target.change_email(&someone.token, &new, &someone.person.password);
        asked.is_json(202, &Value::Null);
    }
    let secrets: Vec<_> =
        target.await_mails("change", &new, 2).iter().map(|mail| mail.by_link()).collect();
    let answers = at_once(&secrets, |secret| target.verify(secret));
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let addresses = people.map(|someone| {
        let me = target.get_as(&someone.token, "/api/auth/users/me").json();
        me["email"].as_str().expect("an address") == new
    });
    assert_eq!(addresses.iter().filter(|has| **has).count(), 1);
}

//! Many requests at once. These checks run alone.

use std::sync::Barrier;
use std::thread;

use serde_json::json;

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::person::Person;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        of_many_sign_ups_of_one_name_one_succeeds also Pooler, Emulator needs Crowds;
        concurrent_sign_ups_make_one_row_with_one_role also Pooler, Emulator needs Database Crowds;
        of_16_sign_ups_of_one_email_one_succeeds also Pooler, Emulator needs Crowds;
        many_people_sign_up_and_in_side_by_side also Pooler, Emulator needs Crowds;
        a_hundred_requests_at_once_are_all_answered also Pooler, Emulator needs Crowds;
    ]
}

/// Sends all of these at the same moment.
pub(crate) fn at_once<T: Sync, A: Send>(everyone: &[T], ask: impl Fn(&T) -> A + Sync) -> Vec<A> {
    let barrier = Barrier::new(everyone.len());
    let (barrier, ask) = (&barrier, &ask);
    thread::scope(|scope| {
        let start = |one| {
            scope.spawn(move || {
                barrier.wait();
                ask(one)
            })
        };
        let threads: Vec<_> = everyone.iter().map(start).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    })
}

/// Asserts that one is 200 and the others 409 with this detail.
#[track_caller]
fn one_succeeds(answers: &[Answer], words: &str) {
    let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(good.len(), 1, "{statuses:?}");
    for answer in bad {
        answer.is_text(409, words);
    }
}

fn crowd(number: usize, shape: impl Fn(&mut Person)) -> Vec<Person> {
    (0..number)
        .map(|_| {
            let mut person = Person::new("crowd");
            shape(&mut person);
            person
        })
        .collect()
}

fn of_many_sign_ups_of_one_name_one_succeeds(target: &Target) {
    let name = Person::new("one-of-many").username;
    let crowd = crowd(target.hashes_at_once(), |person| person.username.clone_from(&name));
    let answers = at_once(&crowd, |person| target.signup(person));
    one_succeeds(&answers, "Username already registered");
    // Whichever sign-up won: its password alone signs in, and its user has only `ROLE_USER`.
    let winner = answers.iter().position(|answer| answer.status == 200).expect("one");
    let token = target.token_of(&crowd[winner]);
    target.get_as(&token, "/api/test/user").is_json(200, &json!("user content"));
    target.get_as(&token, "/api/test/admin").is_forbidden(target);
    let loser = &crowd[(winner + 1) % crowd.len()];
    assert_eq!(target.signin(&loser.username, &loser.password).status, 401);
}

fn concurrent_sign_ups_make_one_row_with_one_role(target: &Target) {
    let person = Person::new("same-of-many");
    let crowd = vec![person.clone(); target.hashes_at_once()];
    one_succeeds(&at_once(&crowd, |person| target.signup(person)), "Username already registered");
    let count = |sql: &str| target.database().count(sql, &[&person.username]);
    assert_eq!(count("SELECT count(*) FROM users WHERE username = $1"), 1);
    let roles = "SELECT count(*) FROM users_to_roles ur JOIN users u ON u.id = ur.user_id \
                 WHERE u.username = $1";
    assert_eq!(count(roles), 1);
}

fn of_16_sign_ups_of_one_email_one_succeeds(target: &Target) {
    let email = Person::new("one-of-16").email;
    let crowd = crowd(16, |person| person.email.clone_from(&email));
    let answers = at_once(&crowd, |person| target.signup(person));
    one_succeeds(&answers, "Email already registered");
}

fn many_people_sign_up_and_in_side_by_side(target: &Target) {
    let target = target.costly();
    let crowd = crowd(target.hashes_at_once(), |_| ());
    for (person, answer) in crowd.iter().zip(at_once(&crowd, |person| target.signup(person))) {
        answer.is_json(200, &person.public());
    }
    let answers = at_once(&crowd, |person| target.signin(&person.username, &person.password));
    for (person, answer) in crowd.iter().zip(answers) {
        let token = answer.json()["token"].as_str().expect("a token").to_owned();
        target.get_as(&token, "/api/auth/users/me").is_json(200, &person.public());
    }
}

fn a_hundred_requests_at_once_are_all_answered(target: &Target) {
    let ada = target.ada();
    let answers = at_once(&[(); 100], |()| target.get_as(&ada.token, "/api/auth/users/me"));
    for answer in answers {
        answer.is_json(200, &ada.person.public());
    }
}

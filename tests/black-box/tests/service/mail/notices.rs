//! What a user is asked and notified of without a request for a mail.

use serde_json::Value;

use super::REQUEST_VERIFY;
use crate::account::fresh;
use crate::check::{Check, checks};
use crate::client_proof::{set_by, sign_in};
use crate::person::Person;
use crate::target::{CHEAP, Target};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_new_user_is_asked_to_verify_the_address also Emulator needs Mails;
        a_user_who_signs_up_again_and_again_is_sent_three_mails also Pooler needs Mails;
        a_new_client_is_reported_once also Pooler needs Mails Database;
        of_many_new_passwords_three_are_reported also Pooler needs Mails;
        without_a_verified_address_nobody_signs_in_where_it_is_required needs Mails Runner;
    ]
}

fn a_new_user_is_asked_to_verify_the_address(target: &Target) {
    let person = target.signed_up("new");
    let mail = target.await_mail("verify", &person.email);
    target.verify(&mail.by_link()).is_json(200, &person.public());
}

/// With the address of another person.
fn a_user_who_signs_up_again_and_again_is_sent_three_mails(target: &Target) {
    let person = target.signed_up("again");
    for mails in 1..5 {
        target.await_mails("verify", &person.email, mails.min(3));
        target.delete_account(&target.token_of(&person), &person.password).is_done();
        target.signup(&person).is_json(200, &person.public());
    }
    target.await_no_waiting(&person.email);
    assert_eq!(target.mails_to("verify", &person.email).len(), 3);
    target.ask(REQUEST_VERIFY, &person.email).is_json(202, &Value::Null);
}

fn a_new_client_is_reported_once(target: &Target) {
    let person = Person::new("client");
    let cookie = set_by(&target.signup(&person));
    let mail = target.await_mail("verify", &person.email);
    target.verify(&mail.by_link()).is_json(200, &person.public());
    let reported = || {
        target.nudge();
        target.await_no_waiting(&person.email);
        target.mails_to("new_client", &person.email).len()
    };
    set_by(&sign_in(target, &person, &cookie, &[]));
    assert_eq!(reported(), 0, "by the client that signed up");
    for _ in 0..2 {
        set_by(&target.signin(&person.username, &person.password));
        assert_eq!(reported(), 1);
    }
}

fn of_many_new_passwords_three_are_reported(target: &Target) {
    let person = target.signed_up("changes");
    let (token, mut old) = (target.token_of(&person), person.password.clone());
    for mails in 1..=5 {
        let new = fresh();
        target.change_password(&token, &old, &new).is_done();
        target.nudge();
        target.await_no_waiting(&person.email);
        assert_eq!(target.mails_to("password_changed", &person.email).len(), mails.min(3));
        old = new;
    }
}

fn without_a_verified_address_nobody_signs_in_where_it_is_required(target: &Target) {
    let started = target.beside("verified", &[CHEAP, "RequireVerifiedEmail=on"]);
    let requiring = started.unwrap_or_else(|sentence| panic!("{sentence}"));
    let person = target.signed_up("unverified");
    let form = [("username", &*person.username), ("password", &*person.password)];
    for _ in 0..15 {
        let answer = requiring.signin(&person.username, &person.password);
        answer.is_text(403, "Email not verified");
        requiring.token(&form).is_oauth_error(403, "invalid_grant");
    }
    requiring.signin(&person.username, "not the password").is_text(401, WRONG);
    let mail = target.await_mail("verify", &person.email);
    target.verify(&mail.by_link()).is_json(200, &person.public());
    set_by(&requiring.signin(&person.username, &person.password));
    set_by(&requiring.token(&form));
    requiring.stop();
}

const WRONG: &str = "Incorrect username or password";

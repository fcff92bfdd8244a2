//! What follows a link without its reader changes nothing.

use std::sync::Arc;

use serde_json::json;

use super::mailbox::Mail;
use super::uses::{CHANGE, RESET, VERIFY, new_address};
use super::{FORGOT, REQUEST_VERIFY};
use crate::account::fresh;
use crate::check::{Check, checks};
use crate::person::{Person, SignedIn};
use crate::target::Target;

pub(super) fn checks() -> Vec<Check> {
    checks![
        a_link_that_is_opened_ten_times_is_still_good also Emulator needs Mails Database;
        nothing_but_a_post_with_the_secret_in_its_body_uses_it also Emulator needs Mails Database;
    ]
}

const METHODS: [&str; 4] = ["GET", "HEAD", "OPTIONS", "POST"];

/// The user's row, secrets and mails that wait.
#[track_caller]
fn all_of(target: &Target, person: &Person) -> Vec<String> {
    let all = "WITH u AS (SELECT * FROM users WHERE username = $1) \
               SELECT u::text FROM u UNION ALL \
               SELECT s::text FROM one_time_secrets AS s, u WHERE s.user_id = u.id UNION ALL \
               SELECT s::text FROM sign_ins AS s, u WHERE s.user_id = u.id ORDER BY 1";
    target.database().query(all, &[&person.username]).iter().map(|row| row.get(0)).collect()
}

/// Asserts that ten requests by each method to each address change nothing of the user, and that the secrets
/// are good after them.
#[track_caller]
fn change_nothing(target: &Target, someone: &SignedIn, addresses: &[String], mails: [&Mail; 3]) {
    let person = &someone.person;
    target.await_no_waiting(&person.email);
    let before = all_of(target, person);
    for address in addresses {
        for method in METHODS {
            for _ in 0..10 {
                let answer = target.http.request(method, address).send();
                assert!(answer.status < 500, "{method} {address}: {}", answer.status);
                assert_eq!(answer.header("set-cookie"), None, "{method} {address}");
            }
        }
    }
    assert_eq!(all_of(target, person), before);
    let [reset, verify, change] = mails;
    assert!(target.is_good(&reset.by_code(), person));
    target.verify(&verify.by_link()).is_json(200, &person.public());
    assert_eq!(target.verify(&change.by_link()).status, 200);
    target
        .get_as(&someone.token, "/api/auth/users/me")
        .is_json(200, &json!({ "username": person.username, "email": change.header("To") }));
}

/// A user with a mail for each purpose. They are asked for here, since a change voids the others.
fn asked(target: &Target) -> (SignedIn, [Arc<Mail>; 3]) {
    let someone = target.signed_in("scanned");
    let (reset, verify) = (target.reset_mail(&someone.person), target.verify_mail(&someone.person));
    let change = target.change_mail(&someone, &new_address());
    (someone, [reset, verify, change])
}

fn a_link_that_is_opened_ten_times_is_still_good(target: &Target) {
    let (someone, mails) = asked(target);
    let mut addresses = Vec::new();
    for mail in &mails {
        let (page, parameter, secret) = mail.parts_of_link();
        // A deployment without a domain may answer elsewhere than its links say.
        let path = "/mail";
        assert!(page.ends_with(path), "{page}");
        // A client that knows no fragments may send it as it is, or as a query.
        addresses.extend(["", "/", "/page.js", "/page.css"].map(|end| format!("{path}{end}")));
        addresses.push(format!("{path}?{parameter}={secret}"));
        addresses.push(format!("{path}?token={secret}&password={}", fresh().replace(' ', "%20")));
        addresses.push(format!("{path}/{secret}"));
        addresses.push(format!("{path}%23{parameter}={secret}"));
    }
    addresses.sort();
    addresses.dedup();
    let [reset, verify, change] = &mails;
    change_nothing(target, &someone, &addresses, [reset, verify, change]);
}

fn nothing_but_a_post_with_the_secret_in_its_body_uses_it(target: &Target) {
    let (someone, mails) = asked(target);
    let password = fresh().replace(' ', "%20");
    let mut addresses = Vec::new();
    for (mail, path) in mails.iter().zip([RESET, VERIFY, VERIFY]) {
        let (token, code, email) = (mail.token(), mail.code(), mail.header("To"));
        addresses.push(format!("{path}?token={token}&password={password}"));
        addresses.push(format!("{path}?code={code}&email={email}&password={password}"));
    }
    for path in [CHANGE, FORGOT, REQUEST_VERIFY] {
        addresses.push(format!("{path}?email={}", someone.person.email));
    }
    let [reset, verify, change] = &mails;
    change_nothing(target, &someone, &addresses, [reset, verify, change]);
}

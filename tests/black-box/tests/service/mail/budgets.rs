//! How many mails may be asked for.

use serde_json::json;

use super::mailbox::Mail;
use super::{FORGOT, REQUEST_VERIFY, ROUTES};
use crate::check::{Check, checks};
use crate::crowd::at_once;
use crate::person::Person;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        an_address_has_three_mails_at_once also Pooler, Emulator needs Mails Database;
        what_is_left_of_a_budget_reveals_no_sign_up also Pooler needs Mails;
        of_twenty_requests_at_once_three_are_taken also Pooler needs Mails Database Crowds;
        the_spellings_of_an_address_have_one_budget needs Mails;
        a_limit_is_a_problem_to_a_client_that_accepts_only_json needs Mails;
        what_is_refused_asks_for_no_mail also Pooler needs Mails Database;
        a_refused_body_counts_nothing needs Mails;
        a_further_mail_leaves_the_earlier_links also Pooler needs Mails Database;
        a_use_of_one_link_ends_the_others also Pooler needs Mails Database;
    ]
}

/// How many mails an address has at once for one purpose, and the seconds after which one comes back.
const AT_ONCE: usize = 3;
const SECONDS: u32 = 3_600;

#[track_caller]
fn spend(target: &Target, route: &str, address: &str) {
    for number in 0..AT_ONCE {
        assert_eq!(target.ask(route, address).status, 202, "{number}");
    }
}

fn an_address_has_three_mails_at_once(target: &Target) {
    for (route, _) in ROUTES {
        let addresses = [target.asks().email, Person::new("nobody").email];
        for address in &addresses {
            spend(target, route, address);
        }
        for _ in 0..2 {
            let answers = addresses.each_ref().map(|address| target.ask(route, address));
            for answer in &answers {
                let wait = answer.is_limited();
                assert!(wait <= SECONDS && wait + 60 >= SECONDS, "{wait}");
            }
            assert_eq!(answers[0].body, answers[1].body);
            assert_eq!(answers[0].lasting(), answers[1].lasting());
        }
        // Neither the other purpose nor another address is counted with them.
        let other = if route == FORGOT { REQUEST_VERIFY } else { FORGOT };
        assert_eq!(target.ask(other, &addresses[0]).status, 202);
        assert_eq!(target.ask(route, &Person::new("nobody").email).status, 202);
    }
}

fn what_is_left_of_a_budget_reveals_no_sign_up(target: &Target) {
    spend(target, REQUEST_VERIFY, &target.signed_up("asks").email);
}

fn of_twenty_requests_at_once_three_are_taken(target: &Target) {
    for address in [target.asks().email, Person::new("nobody").email] {
        let answers = at_once(&[(); 20], |()| target.ask(FORGOT, &address).status);
        let taken = answers.iter().filter(|status| **status == 202).count();
        let refused = answers.iter().filter(|status| **status == 429).count();
        assert_eq!((taken, refused), (AT_ONCE, 20 - AT_ONCE));
    }
}

fn the_spellings_of_an_address_have_one_budget(target: &Target) {
    let name = Person::new("Spelt").username;
    let address = |local: &str, domain: &str| format!("{local}@{domain}");
    for spelling in [
        address(&name, "mail.example"),
        address(&name.to_uppercase(), "mail.example"),
        address(&name.to_lowercase(), "MAIL.Example"),
    ] {
        assert_eq!(target.ask(FORGOT, &spelling).status, 202, "{spelling}");
    }
    target.ask(FORGOT, &address(&name, "Mail.example")).is_limited();
    // Another letter is another mailbox, however alike it looks.
    let other = address(&name.replace('p', "\u{440}"), "mail.example");
    assert_eq!(target.ask(FORGOT, &other).status, 202);
}

fn a_limit_is_a_problem_to_a_client_that_accepts_only_json(target: &Target) {
    let address = Person::new("nobody").email;
    spend(target, FORGOT, &address);
    let body = json!({ "email": address });
    let answer = target.http.post_json(FORGOT, &body).header("accept", "application/json").send();
    assert_eq!((answer.status, answer.media_type()), (429, "application/problem+json"));
    assert_eq!(answer.json()["code"], "rate_limited");
    assert_eq!(answer.header("set-cookie"), None);
}

fn what_is_refused_asks_for_no_mail(target: &Target) {
    for (route, kind) in ROUTES {
        let address = target.asks().email;
        let before = target.mails_to(kind, &address).len();
        for _ in 0..AT_ONCE {
            target.mail_of(route, &address);
        }
        for _ in 0..3 {
            target.ask(route, &address).is_limited();
        }
        target.await_no_waiting(&address);
        target.await_mails(kind, &address, before + AT_ONCE);
    }
}

fn a_refused_body_counts_nothing(target: &Target) {
    let address = Person::new("nobody").email;
    let large = json!({ "email": address, "x": "x".repeat(64 * 1024) });
    for _ in 0..AT_ONCE {
        assert_eq!(target.http.post_json(FORGOT, &large).send().status, 413);
        assert_eq!(target.ask(FORGOT, &format!("{address}\0")).status, 422);
    }
    spend(target, FORGOT, &address);
    target.ask(FORGOT, &address).is_limited();
    // A limit says nothing before the body is read.
    assert_eq!(target.http.post_json(FORGOT, &large).send().status, 413);
}

fn a_further_mail_leaves_the_earlier_links(target: &Target) {
    for (route, _) in ROUTES {
        let person = target.asks();
        let first = target.mail_of(route, &person.email);
        let others: Vec<_> = (1..AT_ONCE).map(|_| target.mail_of(route, &person.email)).collect();
        for other in &others {
            assert_ne!((other.token(), other.code()), (first.token(), first.code()));
        }
        assert_eq!(target.present(route, &first), 200);
    }
}

fn a_use_of_one_link_ends_the_others(target: &Target) {
    for (route, _) in ROUTES {
        let person = target.asks();
        let [first, second] = [(); 2].map(|()| target.mail_of(route, &person.email));
        assert_eq!(target.present(route, &second), 200);
        assert_eq!(target.present(route, &first), 400);
    }
}

impl Target {
    /// Uses the link of a mail that was asked for at this route.
    #[track_caller]
    fn present(&self, route: &str, mail: &Mail) -> u16 {
        let secret = mail.by_link();
        let answer = if route == FORGOT {
            self.reset(&secret, "plain horses after a reset")
        } else {
            self.verify(&secret)
        };
        answer.status
    }
}

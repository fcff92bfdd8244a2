//! The mailboxes that mails go to, and those that get none.

use super::{FORGOT, REQUEST_VERIFY, ROUTES};
use crate::check::{Check, checks};
use crate::person::Person;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_user_gets_the_mail_that_was_asked_for also Pooler, Emulator needs Mails Database;
        nobody_and_a_disabled_user_get_none also Pooler needs Mails Database;
        a_verified_user_gets_no_verification needs Mails Database;
        a_mail_goes_to_the_stored_address_and_no_letter_for_another needs Mails Database;
        of_two_users_the_one_of_the_exact_address_gets_it needs Mails Database;
        an_address_in_upper_case_is_found_as_it_is_stored needs Mails Database;
        what_is_no_mailbox_gets_no_mail_and_holds_up_none needs Mails Database;
    ]
}

fn a_user_gets_the_mail_that_was_asked_for(target: &Target) {
    let person = target.asks();
    for (route, kind) in ROUTES {
        let mail = target.mail_of(route, &person.email);
        assert_eq!((mail.kind.as_str(), mail.parts_of_link().1), (kind, kind));
        assert_eq!((mail.token().len(), mail.code().len()), (43, 9));
    }
}

/// Asserts that a request for this address leads to no mail that has `mark` in it.
#[track_caller]
fn leads_to_none(target: &Target, route: &str, address: &str, mark: &str) {
    target.await_no_waiting(address);
    let is_one = |raw: &str, to: &str| raw.contains(mark) || to.contains(mark);
    let number = || target.mails().iter().filter(|it| is_one(&it.raw, it.header("To"))).count();
    let before = number();
    assert_eq!(target.ask(route, address).status, 202, "{address:?}");
    target.await_no_waiting(address);
    assert_eq!(number(), before, "{address:?}");
}

fn nobody_and_a_disabled_user_get_none(target: &Target) {
    for (route, _) in ROUTES {
        let nobody = Person::new("nobody").email;
        leads_to_none(target, route, &nobody, &nobody);
        let person = target.asks();
        for verified in [None, Some(&person.email)] {
            let disable =
                "UPDATE users SET disabled_at = now(), verified_email = $2 WHERE username = $1";
            target.database().query(disable, &[&person.username, &verified]);
            leads_to_none(target, route, &person.email, &person.email);
        }
        let enable =
            "UPDATE users SET disabled_at = NULL, verified_email = NULL WHERE username = $1";
        target.database().query(enable, &[&person.username]);
        target.mail_of(route, &person.email);
    }
}

fn a_verified_user_gets_no_verification(target: &Target) {
    let person = target.verified("verified");
    leads_to_none(target, REQUEST_VERIFY, &person.email, &person.email);
    target.mail_of(FORGOT, &person.email);
    // Another program has changed the address.
    let address = Person::new("changed").email;
    let change = "UPDATE users SET email = $2 WHERE username = $1";
    target.database().query(change, &[&person.username, &address]);
    target.mail_of(REQUEST_VERIFY, &address);
}

fn a_mail_goes_to_the_stored_address_and_no_letter_for_another(target: &Target) {
    let mark = Person::new("likes").username;
    let mut person = Person::new("likes");
    person.email = format!("{mark}@mail.example");
    target.signup(&person).is_json(200, &person.public());
    target.await_no_waiting(&person.email);
    let mark = format!("{}@", &mark["likes".len()..]);
    let in_upper_case = person.email.to_uppercase();
    for (route, kind) in ROUTES {
        for (letter, alike) in
            [('i', "\u{131}"), ('i', "\u{130}"), ('k', "\u{212a}"), ('s', "\u{17f}")]
        {
            let typed = person.email.replacen(letter, alike, 1);
            leads_to_none(target, route, &typed, &mark);
            let typed = in_upper_case.replacen(letter.to_ascii_uppercase(), alike, 1);
            leads_to_none(target, route, &typed, &mark);
        }
        let before = target.mails_to(kind, &person.email).len();
        assert_eq!(target.ask(route, &in_upper_case).status, 202);
        target.await_mails(kind, &person.email, before + 1);
    }
}

fn of_two_users_the_one_of_the_exact_address_gets_it(target: &Target) {
    let mark = Person::new("twins").username;
    let [upper, lower, mixed] =
        ["Twins", "twins", "TWINS"].map(|it| mark.replace("twins", it) + "@mail.example");
    // The exact address counts, not the older row.
    target.adopted(&lower);
    target.adopted(&upper);
    for (route, kind) in ROUTES {
        let numbers = || [&upper, &lower].map(|address| target.mails_to(kind, address).len());
        for (typed, expected) in [(&upper, [1, 0]), (&lower, [1, 1]), (&mixed, [1, 2])] {
            assert_eq!(target.ask(route, typed).status, 202);
            target.await_no_waiting(typed);
            assert_eq!(numbers(), expected, "{kind}");
        }
    }
}

fn an_address_in_upper_case_is_found_as_it_is_stored(target: &Target) {
    let local = Person::new("Stored").username;
    let stored = format!("{local}@Mail.Example");
    target.adopted(&stored);
    // Only the local part belongs to the mailbox's server.
    let sent = format!("{local}@mail.example");
    for (route, kind) in ROUTES {
        let before = target.mails_to(kind, &sent).len();
        for (number, typed) in [&stored, &format!("{local}@mail.EXAMPLE")].iter().enumerate() {
            assert_eq!(target.ask(route, typed).status, 202);
            target.await_mails(kind, &sent, before + number + 1);
        }
    }
}

fn what_is_no_mailbox_gets_no_mail_and_holds_up_none(target: &Target) {
    let mark = Person::new("odd").username;
    for (route, _) in ROUTES {
        for address in [
            "N@mail.example\r\nBcc: eve@mail.example",
            "N\n@mail.example",
            "N@mail.example, eve@mail.example",
            "N <N@mail.example>",
            "N x@mail.example",
            "\"N x\"@mail.example",
            "N@",
            "@N",
            "N@mail example",
            "N@-mail.example",
            "N@mail.example>",
        ] {
            let person = target.adopted(&address.replace('N', &Person::new(&mark).username));
            leads_to_none(target, route, &person.email, &mark);
            let secrets = "SELECT count(*) FROM one_time_secrets JOIN users ON users.id = user_id \
                WHERE username = $1";
            assert_eq!(target.database().count(secrets, &[&person.username]), 0);
        }
        target.mail_of(route, &target.asks().email);
    }
}

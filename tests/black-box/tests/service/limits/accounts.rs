//! How often one account is guessed.

use std::net::Ipv4Addr;

use super::{
    ACCOUNT_SECONDS, AT_ONCE, AT_ONCE_BY_ALL, PAIR_SECONDS, TOKEN, WRONG, guess, guess_times,
    guess_times_from, signin_from,
};
use crate::check::{Check, checks};
use crate::person::{Person, nobody};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        the_tenth_guess_from_one_address_is_the_last also Pooler, Emulator;
        the_twentieth_guess_from_all_addresses_is_the_last needs Runner;
        a_right_password_is_refused_too also Pooler, Emulator;
        success_clears_nothing also Pooler, Emulator;
        a_sign_in_to_another_account_clears_nothing also Emulator;
        many_right_sign_ins_are_never_refused also Pooler, Emulator;
        both_endpoints_share_one_count also Pooler, Emulator;
        a_forwarded_address_changes_nothing also Emulator needs Runner;
        two_forms_of_a_name_are_one_account also Pooler, Emulator;
        another_account_is_not_limited also Emulator;
    ]
}

fn the_tenth_guess_from_one_address_is_the_last(target: &Target) {
    for name in [target.signed_up("limited").username, nobody()] {
        guess_times(target, &name, AT_ONCE);
        for _ in 0..3 {
            // Refused ones prolong nothing.
            let wait = guess(target, &name).is_limited();
            assert!(wait > PAIR_SECONDS - 60 && wait <= PAIR_SECONDS, "{wait}");
        }
    }
}

fn the_twentieth_guess_from_all_addresses_is_the_last(target: &Target) {
    let person = target.signed_up("limited");
    for source in [[127, 3, 0, 1], [127, 3, 0, 2]] {
        guess_times_from(target, source, &person.username, AT_ONCE);
    }
    for source in [[127, 3, 0, 3], [127, 3, 0, 4]] {
        let answer = signin_from(target, source, &person.username, &person.password);
        let wait = answer.is_limited();
        assert!(wait > ACCOUNT_SECONDS - 60 && wait <= ACCOUNT_SECONDS, "{wait}");
    }
    assert_eq!(AT_ONCE_BY_ALL, 2 * AT_ONCE);
}

fn a_right_password_is_refused_too(target: &Target) {
    let person = target.signed_up("limited");
    guess_times(target, &person.username, AT_ONCE);
    target.signin(&person.username, &person.password).is_limited();
    let fields = [("username", person.username.as_str()), ("password", &person.password)];
    target.token(&fields).is_limited();
}

fn success_clears_nothing(target: &Target) {
    let person = target.signed_up("limited");
    guess_times(target, &person.username, AT_ONCE - 1);
    for _ in 0..3 {
        let answer = target.signin(&person.username, &person.password);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    guess_times(target, &person.username, 1);
    guess(target, &person.username).is_limited();
}

/// As an attacker with an account would try.
fn a_sign_in_to_another_account_clears_nothing(target: &Target) {
    let (victim, attacker) = (target.signed_up("limited"), target.signed_up("attacker"));
    for _ in 0..AT_ONCE {
        guess_times(target, &victim.username, 1);
        target.token_of(&attacker);
    }
    guess(target, &victim.username).is_limited();
    target.token_of(&attacker);
}

fn many_right_sign_ins_are_never_refused(target: &Target) {
    let person = target.signed_up("daily");
    for _ in 0..2 * AT_ONCE_BY_ALL {
        target.token_of(&person);
    }
}

fn both_endpoints_share_one_count(target: &Target) {
    let name = target.signed_up("limited").username;
    let by_token = || target.token(&[("username", &name), ("password", WRONG)]);
    for _ in 0..AT_ONCE / 2 {
        guess_times(target, &name, 1);
        by_token().is_oauth_error(401, "invalid_grant");
    }
    guess(target, &name).is_limited();
    by_token().is_limited();
}

fn a_forwarded_address_changes_nothing(target: &Target) {
    let name = target.signed_up("limited").username;
    let ask = |number: usize| {
        let form = target.http.post_form(TOKEN, &[("username", &name), ("password", WRONG)]);
        form.header("x-forwarded-for", &format!("203.0.113.{number}"))
            .header("x-forwarded-for", &format!("2001:db8:{number}::1, 198.51.100.{number}"))
            .header("x-real-ip", &format!("203.0.113.{number}"))
            .header("forwarded", &format!("for=203.0.113.{number}"))
            .send_from(Ipv4Addr::new(127, 3, 1, 1))
    };
    for number in 0..AT_ONCE {
        assert_eq!(ask(number).status, 401);
    }
    ask(AT_ONCE).is_limited();
}

/// An e with an acute accent in Unicode's forms C and D.
fn two_forms_of_a_name_are_one_account(target: &Target) {
    let person = Person::new("limited");
    let names = ["\u{e9}", "e\u{301}"].map(|letter| format!("{letter}{}", person.username));
    let person = Person { username: names[1].clone(), ..person };
    assert_eq!(target.signup(&person).status, 200);
    for name in &names {
        guess_times(target, name, AT_ONCE / 2);
    }
    for name in &names {
        target.signin(name, &person.password).is_limited();
    }
}

fn another_account_is_not_limited(target: &Target) {
    let (one, other) = (target.signed_up("limited"), target.signed_up("limited"));
    guess_times(target, &one.username, AT_ONCE);
    guess(target, &one.username).is_limited();
    target.token_of(&other);
    guess_times(target, &other.username.to_uppercase(), 1);
}

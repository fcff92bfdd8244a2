//! The subjects that a token may have.

use crate::check::{Check, checks};
use crate::jws::Draft;
use crate::person::Person;
use crate::target::Target;
use crate::tokens::{Forgeries, draft};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        another_spelling_of_the_subject_is_refused needs OwnKey RefusedTokens;
        a_subject_that_never_was_is_refused needs OwnKey RefusedTokens;
        a_name_is_no_subject also Emulator needs OwnKey RefusedTokens;
        a_deleted_users_token_is_refused also Pooler, Emulator needs Database RefusedTokens;
        a_deleted_users_token_stays_refused_when_the_name_is_taken_again also Pooler, Emulator needs Database RefusedTokens;
    ]
}

fn subjects_are_refused(target: &Target, subjects: Vec<String>) {
    let mut forgeries = Forgeries::default();
    for subject in subjects {
        let token = draft(target).claim("sub", subject.clone()).sign(target.key());
        forgeries.add(format!("{subject:?}"), token);
    }
    forgeries.are_refused(target);
}

fn another_spelling_of_the_subject_is_refused(target: &Target) {
    let id = draft(target).text("sub").to_owned();
    let wide: String = id
        .chars()
        .map(|digit| char::from_u32(u32::from(digit) + 0xfee0).expect("a digit"))
        .collect();
    let number: u64 = id.parse().expect("a number");
    subjects_are_refused(
        target,
        vec![
            format!("0{id}"),
            format!("00{id}"),
            format!("+{id}"),
            format!("-{id}"),
            format!("{id} "),
            format!(" {id}"),
            format!("{id}\n"),
            format!("{id}\0"),
            format!("{id}.0"),
            format!("{id}e0"),
            format!("{id}_"),
            format!("{id},{id}"),
            format!("{id} OR 1=1"),
            format!("0x{number:x}"),
            format!("{}", number + (1 << 32)),
            wide,
        ],
    );
}

fn a_subject_that_never_was_is_refused(target: &Target) {
    let never = [
        "0",
        "-1",
        "2147483647",
        "2147483648",
        "4294967296",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999",
        "",
        " ",
        "null",
        "NaN",
        "admin",
        "root",
        "' OR 1=1 --",
        "1;DROP TABLE users",
        "*",
        "%",
    ];
    subjects_are_refused(target, never.map(str::to_owned).to_vec());
}

fn a_name_is_no_subject(target: &Target) {
    let person = &target.ada().person;
    subjects_are_refused(target, vec![person.username.clone(), person.email.clone()]);
}

fn a_deleted_users_token_is_refused(target: &Target) {
    let gone = target.signed_in("gone");
    assert_eq!(target.me_as(&gone.token).status, 200);
    target.database().delete(&gone.person.username);
    for path in ["/api/auth/users/me", "/api/test/user", "/api/test/profile"] {
        target.get_as(&gone.token, path).is_unauthorized(target);
    }
    let again = target.signin(&gone.person.username, &gone.person.password);
    again.is_text(401, "Incorrect username or password");
}

fn a_deleted_users_token_stays_refused_when_the_name_is_taken_again(target: &Target) {
    let old = target.signed_in("heir");
    target.database().delete(&old.person.username);
    let new = Person { password: "someone else's words".to_owned(), ..old.person.clone() };
    target.signup(&new).is_json(200, &new.public());
    target.me_as(&old.token).is_unauthorized(target);
    let token = target.token_of(&new);
    assert_ne!(Draft::of(&token).text("sub"), Draft::of(&old.token).text("sub"));
    target.me_as(&token).is_json(200, &new.public());
    target.me_as(&old.token).is_unauthorized(target);
}

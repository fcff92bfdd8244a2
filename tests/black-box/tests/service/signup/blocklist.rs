//! Common passwords, and passwords that are little more than a name.

use serde_json::json;

use crate::check::{Check, checks};
use crate::person::Person;
use crate::signup::SIGNUP;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_common_password_is_refused also Emulator;
        a_common_password_is_refused_whatever_its_case;
        a_longer_common_password_is_refused;
        a_common_password_is_refused_under_a_longer_minimum needs Runner;
        the_own_name_is_refused;
        the_own_email_is_refused;
        the_services_name_is_refused;
        a_name_between_digits_and_punctuation_is_refused;
        another_users_name_is_accepted_as_a_password;
        a_pass_phrase_may_hold_such_a_word;
        a_common_password_is_reported_beside_other_errors;
        a_short_password_is_reported_as_short;
        a_common_password_creates_no_user;
    ]
}

const TOO_COMMON: &str = "Value error, password is too common";
const LIKE_NAME: &str = "Value error, password is too similar to the username";
const LIKE_EMAIL: &str = "Value error, password is too similar to the email address";
const LIKE_SERVICE: &str = "Value error, password is too similar to the name of this service";

/// Asserts a refusal for only the password, with these words.
#[track_caller]
fn refuses(target: &Target, person: &Person, password: &str, words: &str) {
    let person = person.clone().with_password(password);
    // `Accept` names text, so that the form doesn't depend on the target's `ErrorFormat`.
    let ask = target.http.post_json("/api/auth/signup", &person.json());
    let answer = ask.header("accept", "application/json, text/plain, */*").send();
    answer.is_invalid(&[("value_error", json!(["body", "password"]))]);
    assert_eq!(answer.details()[0].msg, words, "{password:?}");
}

#[track_caller]
fn takes(target: &Target, person: &Person, password: &str) {
    let person = person.clone().with_password(password);
    target.signup(&person).is_json(200, &person.public());
}

fn a_common_password_is_refused(target: &Target) {
    let person = Person::new("common");
    for password in [
        "password",
        "12345678",
        "qwertyuiop",
        "iloveyou",
        "sunshine1",
        "1q2w3e4r",
        "princess1",
        "baseball",
        "football1",
        "trustno1",
        "superman",
        "letmein1",
        "dragon123",
        "passw0rd",
        "p@ssw0rd",
        "admin123",
        "welcome1",
        "abc12345",
        "asdfghjkl",
        "zaq12wsx",
        "password1!",
        "йцукенгшщз",
    ] {
        refuses(target, &person, password, TOO_COMMON);
    }
}

fn a_common_password_is_refused_whatever_its_case(target: &Target) {
    let person = Person::new("common");
    for password in ["Password", "PASSWORD", "Password1", "QwertyUiop", "ILoveYou", "ЙЦУКЕНГШЩЗ"]
    {
        refuses(target, &person, password, TOO_COMMON);
    }
}

/// At least twelve characters.
const LONGER: [&str; 7] = [
    "123456789012",
    "qwerty123456",
    "1q2w3e4r5t6y",
    "password1234",
    "1qaz2wsx3edc",
    "manchesterunited",
    "qwertyuiopasdfghjklzxcvbnm",
];

fn a_longer_common_password_is_refused(target: &Target) {
    let person = Person::new("common");
    for password in LONGER {
        refuses(target, &person, password, TOO_COMMON);
    }
}

fn a_common_password_is_refused_under_a_longer_minimum(target: &Target) {
    let person = Person::new("common");
    for password in LONGER {
        refuses(target.variant(), &person, password, TOO_COMMON);
    }
}

fn the_own_name_is_refused(target: &Target) {
    let person = Person::new("Own Name");
    for password in [
        person.username.clone(),
        person.username.to_uppercase(),
        person.username.to_lowercase(),
        person.username.repeat(2),
    ] {
        refuses(target, &person, &password, LIKE_NAME);
    }
    let mut person = Person::new("own");
    person.username = format!("Zoë Ångström {}", person.username);
    refuses(target, &person, &person.username.to_uppercase(), LIKE_NAME);
}

fn the_own_email_is_refused(target: &Target) {
    let person = Person::new("own");
    let local_part = person.email.split_once('@').expect("an address").0;
    for password in [
        person.email.clone(),
        person.email.to_uppercase(),
        local_part.to_owned(),
        local_part.to_uppercase(),
    ] {
        refuses(target, &person, &password, LIKE_EMAIL);
    }
}

fn the_services_name_is_refused(target: &Target) {
    let person = Person::new("service");
    for password in ["latchkey", "LATCHKEY", "LatchKey", "latchkeylatchkey"] {
        refuses(target, &person, password, LIKE_SERVICE);
    }
}

fn a_name_between_digits_and_punctuation_is_refused(target: &Target) {
    let person = Person::new("dress");
    let local_part = person.email.split_once('@').expect("an address").0;
    for (word, words) in [
        (person.username.as_str(), LIKE_NAME),
        (&person.email, LIKE_EMAIL),
        (local_part, LIKE_EMAIL),
        ("Latchkey", LIKE_SERVICE),
    ] {
        for password in [
            format!("{word}123!"),
            format!("{word}2024"),
            format!("!!{word}"),
            format!("007-{word}"),
            format!("(* {word} *)"),
        ] {
            refuses(target, &person, &password, words);
        }
    }
}

fn another_users_name_is_accepted_as_a_password(target: &Target) {
    let someone = Person::new("someone else");
    takes(target, &Person::new("elses"), &someone.username);
    takes(target, &Person::new("elses"), &someone.email);
}

fn a_pass_phrase_may_hold_such_a_word(target: &Target) {
    for password in
        ["latchkey opens the door", "my password is a long one", "correct horse battery staple"]
    {
        takes(target, &Person::new("phrase"), password);
    }
    let person = Person::new("phrase");
    takes(target, &person, &format!("{} was here", person.username));
    let person = Person::new("phrase");
    takes(target, &person, &format!("write to {}", person.email));
}

fn a_common_password_is_reported_beside_other_errors(target: &Target) {
    let body = json!({ "username": "", "email": "not-an-email", "password": "sunshine1" });
    let answer = target.http.post_json(SIGNUP, &body).send();
    answer.is_invalid(&[
        ("string_too_short", json!(["body", "username"])),
        ("value_error", json!(["body", "email"])),
        ("value_error", json!(["body", "password"])),
    ]);
    assert_eq!(answer.details()[2].msg, TOO_COMMON);
    let person = Person::new("beside");
    let body = json!({ "username": person.username, "password": person.username });
    target.http.post_json(SIGNUP, &body).send().is_invalid(&[
        ("missing", json!(["body", "email"])),
        ("value_error", json!(["body", "password"])),
    ]);
}

fn a_short_password_is_reported_as_short(target: &Target) {
    let answer = target.signup(&Person::new("short").with_password("123456"));
    answer.is_invalid(&[("string_too_short", json!(["body", "password"]))]);
}

fn a_common_password_creates_no_user(target: &Target) {
    let person = Person::new("refused");
    refuses(target, &person, "iloveyou", TOO_COMMON);
    target.signin(&person.username, "iloveyou").is_text(401, "Incorrect username or password");
    target.signup(&person).is_json(200, &person.public());
}

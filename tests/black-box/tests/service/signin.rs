//! `POST /api/auth/signin`.

mod hashes;
mod sessions;

use serde_json::json;

use crate::check::{Check, checks};
use crate::person::nobody;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    let own = checks![
        a_right_password_is_answered_with_a_bearer_token also Pooler, Emulator, SamLocal;
        the_token_opens_me also Pooler, Emulator;
        a_wrong_password_has_the_legacy_apps_words also Pooler, Emulator, SamLocal;
        an_unknown_user_and_a_wrong_password_look_alike also Pooler, Emulator;
        empty_credentials_are_wrong_credentials;
        a_refusal_carries_the_challenge also Emulator;
        a_name_is_no_email;
        a_token_is_not_stored_by_caches also Emulator;
        a_missing_field_is_named also Emulator;
        another_type_is_no_string;
        a_nul_or_a_lone_surrogate_is_refused also Emulator;
        the_longest_names_and_passwords_are_just_wrong;
        extra_fields_are_ignored;
        the_last_of_a_repeated_field_counts;
        sql_in_a_name_is_a_name also Pooler, Emulator;
    ];
    own.into_iter().chain(hashes::checks()).chain(sessions::checks()).collect()
}

const SIGNIN: &str = "/api/auth/signin";
const WRONG: &str = "Incorrect username or password";

fn a_right_password_is_answered_with_a_bearer_token(target: &Target) {
    let person = &target.ada().person;
    let answer = target.signin(&person.username, &person.password);
    let token = answer.json()["token"].clone();
    assert_eq!(token.as_str().expect("a token").split('.').count(), 3);
    answer.is_json(200, &json!({ "token": token, "token_type": "bearer" }));
}

fn the_token_opens_me(target: &Target) {
    let ada = target.ada();
    target.get_as(&ada.token, "/api/auth/users/me").is_json(200, &ada.person.public());
}

fn a_wrong_password_has_the_legacy_apps_words(target: &Target) {
    target.signin(&target.signed_up("guessed").username, "not the password").is_text(401, WRONG);
}

fn an_unknown_user_and_a_wrong_password_look_alike(target: &Target) {
    let wrong = target.signin(&target.signed_up("guessed").username, "not the password");
    let unknown = target.signin(&nobody(), "not the password");
    unknown.is_text(401, WRONG);
    assert_eq!(wrong.body, unknown.body);
    let names = |answer: &crate::client::Answer| {
        answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(names(&wrong), names(&unknown));
}

fn empty_credentials_are_wrong_credentials(target: &Target) {
    let person = target.signed_up("guessed");
    target.signin("", "").is_text(401, WRONG);
    target.signin(&person.username, "").is_text(401, WRONG);
    target.signin("", &person.password).is_text(401, WRONG);
}

fn a_refusal_carries_the_challenge(target: &Target) {
    target.signin(&nobody(), "not the password").challenges(target, "Bearer");
}

fn a_name_is_no_email(target: &Target) {
    let person = &target.ada().person;
    target.signin(&person.email, &person.password).is_text(401, WRONG);
}

fn a_token_is_not_stored_by_caches(target: &Target) {
    let person = target.signed_up("guessed");
    for password in [person.password.as_str(), "not the password"] {
        let answer = target.signin(&person.username, password);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

fn a_missing_field_is_named(target: &Target) {
    for (body, missing) in [
        (json!({ "username": "u" }), &["password"][..]),
        (json!({ "password": "p" }), &["username"]),
        (json!({}), &["username", "password"]),
    ] {
        let expected: Vec<_> =
            missing.iter().map(|field| ("missing", json!(["body", field]))).collect();
        target.http.post_json(SIGNIN, &body).send().is_invalid(&expected);
    }
    let empty = target.http.post(SIGNIN, "application/json", "").send();
    empty.is_invalid(&[("missing", json!(["body"]))]);
    let list = target.http.post(SIGNIN, "application/json", "[]").send();
    list.is_invalid(&[("model_attributes_type", json!(["body"]))]);
    let form = target.http.post_form(SIGNIN, &[("username", "u"), ("password", "p")]).send();
    form.is_invalid(&[("model_attributes_type", json!(["body"]))]);
}

fn another_type_is_no_string(target: &Target) {
    for odd in [json!(null), json!(1), json!(true), json!(["x"]), json!({ "x": 1 })] {
        let body = json!({ "username": odd, "password": odd });
        target.http.post_json(SIGNIN, &body).send().is_invalid(&[
            ("string_type", json!(["body", "username"])),
            ("string_type", json!(["body", "password"])),
        ]);
    }
}

fn a_nul_or_a_lone_surrogate_is_refused(target: &Target) {
    for odd in [r"\u0000", r"ada\u0000", r"\ud800", r"x\udfff"] {
        for (username, password) in [(odd, "long enough"), ("ada", odd)] {
            let body = format!(r#"{{"username":"{username}","password":"{password}"}}"#);
            let answer = target.http.post(SIGNIN, "application/json", body).send();
            assert_eq!(answer.status, 422, "{odd}: {}", answer.text());
            assert_eq!(answer.details()[0].loc[0], "body");
        }
    }
}

fn the_longest_names_and_passwords_are_just_wrong(target: &Target) {
    let name = &target.signed_up("guessed").username;
    target.signin(name, &"p".repeat(1024)).is_text(401, WRONG);
    target.signin(name, &"p".repeat(1025)).is_refused();
    target.signin(name, &"p".repeat(60_000)).is_refused();
    target.signin(&"n".repeat(255), "long enough").is_text(401, WRONG);
    target.signin(&"n".repeat(60_000), "long enough").is_refused();
}

fn extra_fields_are_ignored(target: &Target) {
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for value in ["true", "1e999", r#""\ud800""#, r#"{"username":"x"}"#, &deep] {
        let mut body = target.ada().person.json();
        body["admin"] = json!("VALUE");
        let body = body.to_string().replace("\"VALUE\"", value);
        let answer = target.http.post(SIGNIN, "application/json", body).send();
        assert_eq!(answer.status, 200, "{value:.9}: {}", answer.text());
    }
}

fn the_last_of_a_repeated_field_counts(target: &Target) {
    let person = target.signed_up("guessed");
    for (first, last, status) in [
        ("not the password", person.password.as_str(), 200),
        (person.password.as_str(), "not the password", 401),
    ] {
        let body = format!(
            r#"{{"username":"{}","password":"{first}","password":"{last}"}}"#,
            person.username
        );
        assert_eq!(target.http.post(SIGNIN, "application/json", body).send().status, status);
    }
}

fn sql_in_a_name_is_a_name(target: &Target) {
    let ada = &target.ada().person;
    for name in [
        format!("{}' --", ada.username),
        format!("{}'; DROP TABLE users; --", ada.username),
        "' OR 1=1 --".to_owned(),
        "%".to_owned(),
        format!("{}%", &ada.username[..3]),
        format!(" {}", ada.username),
        format!("{} ", ada.username),
    ] {
        target.signin(&name, &ada.password).is_text(401, WRONG);
    }
}

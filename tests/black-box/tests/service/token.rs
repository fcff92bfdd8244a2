//! `POST /api/auth/token`: the password grant of RFC 6749.

mod offline;
mod requests;

use serde_json::json;

use crate::check::{Check, checks};
use crate::client::{Answer, form};
use crate::jws::Draft;
use crate::person::nobody;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    let own = checks![
        a_right_password_is_answered_with_an_access_token also Pooler, Emulator, SamLocal;
        the_access_token_opens_me also Pooler, Emulator;
        the_answer_is_stored_nowhere also Emulator;
        a_multipart_form_is_taken also Emulator, SamLocal;
        a_content_type_with_parameters_and_capitals_is_taken also Emulator;
        a_plus_is_a_space_and_an_escape_a_byte also Emulator;
        the_grant_may_be_named_or_left_empty;
        the_client_is_named_in_the_token_and_no_scope_is_given also Emulator;
        wrong_credentials_are_an_invalid_grant also Pooler, Emulator;
        an_unknown_user_and_a_wrong_password_look_alike;
    ];
    own.into_iter().chain(requests::checks()).chain(offline::checks()).collect()
}

pub(crate) const TOKEN: &str = "/api/auth/token";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A valid user's credentials, and these fields.
#[track_caller]
fn ada_with(target: &Target, more: &[(&str, &str)]) -> Answer {
    let ada = &target.ada().person;
    let mut fields = vec![("username", ada.username.as_str()), ("password", &ada.password)];
    fields.extend_from_slice(more);
    target.token(&fields)
}

#[track_caller]
fn is_token(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    let expected = json!({
        "access_token": body["access_token"], "token_type": "bearer", "expires_in": body["expires_in"],
    });
    answer.is_json(200, &expected);
    assert_eq!(body["access_token"].as_str().expect("a token").split('.').count(), 3);
    assert!(body["expires_in"].as_u64().expect("a number") > 0);
}

fn a_right_password_is_answered_with_an_access_token(target: &Target) {
    is_token(&ada_with(target, &[]));
}

fn the_access_token_opens_me(target: &Target) {
    let body = ada_with(target, &[]).json();
    let token = body["access_token"].as_str().expect("a token");
    target.get_as(token, "/api/auth/users/me").is_json(200, &target.ada().person.public());
}

fn the_answer_is_stored_nowhere(target: &Target) {
    for answer in [
        ada_with(target, &[]),
        target.token(&[]),
        target.token(&[("username", "x"), ("password", "y")]),
    ] {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", answer.status);
        assert_eq!(answer.header("pragma"), Some("no-cache"), "{}", answer.status);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{}", answer.status);
    }
}

/// A multipart body of these fields.
pub(crate) fn multipart(fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    fields.iter().map(part).collect::<String>() + "--b0undary--\r\n"
}

fn a_multipart_form_is_taken(target: &Target) {
    let ada = &target.ada().person;
    let body = multipart(&[
        ("grant_type", "password"),
        ("username", &ada.username),
        ("password", &ada.password),
        ("scope", ""),
    ]);
    for kind in
        ["multipart/form-data; boundary=b0undary", "Multipart/Form-Data; Boundary=\"b0undary\""]
    {
        is_token(&target.http.post(TOKEN, kind, body.clone()).send());
    }
}

fn a_content_type_with_parameters_and_capitals_is_taken(target: &Target) {
    let ada = &target.ada().person;
    let body = form(&[("username", &ada.username), ("password", &ada.password)]);
    for kind in
        ["application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded"]
    {
        is_token(&target.http.post(TOKEN, kind, body.clone()).send());
    }
}

fn a_plus_is_a_space_and_an_escape_a_byte(target: &Target) {
    let password = "a b+c%d&e=f \u{e9}\u{1f40e}";
    let person = crate::person::Person::new("form").with_password(password);
    assert_eq!(target.signup(&person).status, 200);
    let name = &person.username;
    for password in [
        "a+b%2Bc%25d%26e%3Df+%C3%A9%F0%9F%90%8E",
        "a%20b%2bc%25d%26e%3df%20%c3%a9%f0%9f%90%8e",
        "a+b%2Bc%25d%26e=f+\u{e9}\u{1f40e}",
    ] {
        let body = format!("username={name}&password={password}");
        is_token(&target.http.post(TOKEN, FORM, body).send());
    }
}

fn the_grant_may_be_named_or_left_empty(target: &Target) {
    is_token(&ada_with(target, &[("grant_type", "password")]));
    is_token(&ada_with(target, &[("grant_type", "")]));
}

fn the_client_is_named_in_the_token_and_no_scope_is_given(target: &Target) {
    let answer = ada_with(
        target,
        &[
            ("scope", "items:read admin"),
            ("client_id", "some one"),
            ("client_secret", "something"),
            ("further", "ignored"),
        ],
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["scope"], "", "{body}");
    let token = body["access_token"].as_str().expect("a token");
    assert_eq!(Draft::of(token).text("client_id"), "some one");
    target.get_as(token, "/api/auth/users/me").is_json(200, &target.ada().person.public());
    let none = [("scope", ""), ("client_id", ""), ("client_secret", "")];
    let answer = ada_with(target, &none);
    is_token(&answer);
    let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(Draft::of(&token).text("client_id"), "latchkey");
}

fn wrong_credentials_are_an_invalid_grant(target: &Target) {
    let name = &target.signed_up("guessed").username;
    let answer = target.token(&[("username", name), ("password", "not the password")]);
    answer.is_oauth_error(401, "invalid_grant");
    answer.is_json(
        401,
        &json!({
            "error": "invalid_grant", "error_description": "Incorrect username or password",
        }),
    );
    answer.challenges(target, "Bearer");
}

fn an_unknown_user_and_a_wrong_password_look_alike(target: &Target) {
    let name = &target.signed_up("guessed").username;
    let wrong = target.token(&[("username", name), ("password", "not the password")]);
    let unknown = target.token(&[("username", &nobody()), ("password", "not the password")]);
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    let names =
        |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&wrong), names(&unknown));
}

//! Requests to the token endpoint that have an error in RFC 6749 §5.2.

use crate::check::{Check, checks};
use crate::target::Target;
use crate::token::{FORM, TOKEN, ada_with, multipart};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_missing_or_empty_field_is_an_invalid_request also Emulator;
        a_parameter_given_twice_is_an_invalid_request also Emulator;
        another_grant_is_unsupported;
        another_media_type_is_an_invalid_request also Emulator;
        a_broken_multipart_form_is_an_invalid_request also Emulator;
        a_further_file_is_ignored;
        a_nul_is_an_invalid_request;
        a_malformed_client_id_is_an_invalid_request;
        fields_in_the_query_are_no_fields also Emulator;
        nothing_that_was_sent_is_echoed also Emulator;
    ]
}

fn a_missing_or_empty_field_is_an_invalid_request(target: &Target) {
    for fields in [
        &[][..],
        &[("username", "ada")],
        &[("password", "long enough")],
        &[("username", ""), ("password", "long enough")],
        &[("username", "ada"), ("password", "")],
        &[("Username", "ada"), ("Password", "long enough")],
        &[("grant_type", "password")],
        &[("user", "ada"), ("pass", "long enough")],
    ] {
        target.token(fields).is_oauth_error(400, "invalid_request");
    }
    for body in ["&", "=", "&&&", "username", "username&password", "username=ada&password", "%"] {
        let answer = target.http.post(TOKEN, FORM, body).send();
        answer.is_oauth_error(400, "invalid_request");
    }
}

fn a_parameter_given_twice_is_an_invalid_request(target: &Target) {
    let ada = target.ada().person.clone();
    for (name, value) in [
        ("username", ada.username.as_str()),
        ("username", "someone-else"),
        ("password", ada.password.as_str()),
        ("password", "another"),
    ] {
        ada_with(target, &[(name, value)]).is_oauth_error(400, "invalid_request");
    }
    let twice = [("grant_type", "password"), ("grant_type", "password")];
    ada_with(target, &twice).is_oauth_error(400, "invalid_request");
    let twice = [("scope", "a"), ("scope", "b")];
    ada_with(target, &twice).is_oauth_error(400, "invalid_request");
    let body = multipart(&[
        ("username", &ada.username),
        ("password", &ada.password),
        ("password", &ada.password),
    ]);
    let kind = "multipart/form-data; boundary=b0undary";
    target.http.post(TOKEN, kind, body).send().is_oauth_error(400, "invalid_request");
}

fn another_grant_is_unsupported(target: &Target) {
    for grant in [
        "authorization_code",
        "client_credentials",
        "implicit",
        "Password",
        "PASSWORD",
        "password ",
        " password",
        "urn:ietf:params:oauth:grant-type:device_code",
        "x",
    ] {
        let answer = ada_with(target, &[("grant_type", grant)]);
        answer.is_oauth_error(400, "unsupported_grant_type");
    }
}

fn another_media_type_is_an_invalid_request(target: &Target) {
    let ada = &target.ada().person;
    let form = crate::client::form(&[("username", &ada.username), ("password", &ada.password)]);
    for kind in [
        "",
        "text/plain",
        "application/json",
        "application/x-www-form",
        "multipart/mixed; boundary=b0undary",
    ] {
        target.http.post(TOKEN, kind, form.clone()).send().is_oauth_error(400, "invalid_request");
    }
    let json = ada.json().to_string();
    target.http.post(TOKEN, "application/json", json).send().is_oauth_error(400, "invalid_request");
    target.http.post(TOKEN, FORM, "").send().is_oauth_error(400, "invalid_request");
}

fn a_broken_multipart_form_is_an_invalid_request(target: &Target) {
    let ada = &target.ada().person;
    let whole = multipart(&[("username", &ada.username), ("password", &ada.password)]);
    let kind = "multipart/form-data; boundary=b0undary";
    for (kind, body, words) in [
        ("multipart/form-data", whole.clone(), "have a boundary"),
        ("multipart/form-data; charset=utf-8", whole.clone(), "have a boundary"),
        ("multipart/form-data; boundary=other", whole.clone(), "parts"),
        ("multipart/form-data; boundary=", whole.clone(), ""),
        (kind, whole[..whole.len() - 40].to_owned(), "parts"),
        (kind, String::new(), "parts"),
        (kind, "--b0undary--\r\n".to_owned(), "username is required"),
        (kind, whole.replace("name=", "nome="), "parts"),
        (kind, "username=ada&password=x".to_owned(), "parts"),
        (kind, whole.replace("\"password\"", "\"password\"; filename=\"p\""), "not a file"),
    ] {
        let answer = target.http.post(TOKEN, kind, body).send();
        answer.is_oauth_error(400, "invalid_request");
        let description = answer.json()["error_description"].to_string();
        assert!(description.contains(words), "{kind}: {description}");
    }
}

fn a_further_file_is_ignored(target: &Target) {
    let ada = &target.ada().person;
    let whole = multipart(&[
        ("notes\"; filename=\"a.txt", "\u{7f}"),
        ("username", &ada.username),
        ("password", &ada.password),
        ("notes\"; filename=\"b.txt", ""),
    ]);
    let kind = "multipart/form-data; boundary=b0undary";
    assert_eq!(target.http.post(TOKEN, kind, whole).send().status, 200);
}

fn a_malformed_client_id_is_an_invalid_request(target: &Target) {
    for client in ["caf\u{e9}", "a\nb", "\u{7f}", &"x".repeat(256)] {
        ada_with(target, &[("client_id", client)]).is_oauth_error(400, "invalid_request");
    }
}

fn a_nul_is_an_invalid_request(target: &Target) {
    for fields in [
        [("username", "ada\0"), ("password", "long enough")],
        [("username", "ada"), ("password", "long enough\0")],
        [("username", "\0"), ("password", "\0")],
    ] {
        target.token(&fields).is_oauth_error(400, "invalid_request");
    }
}

fn fields_in_the_query_are_no_fields(target: &Target) {
    let ada = &target.ada().person;
    let query = crate::client::form(&[("username", &ada.username), ("password", &ada.password)]);
    let answer = target.http.post(&format!("{TOKEN}?{query}"), FORM, "").send();
    answer.is_oauth_error(400, "invalid_request");
}

fn nothing_that_was_sent_is_echoed(target: &Target) {
    const MARKER: &str = "Zebra77Quagga";
    for body in [
        format!("{MARKER}={MARKER}"),
        format!("username={MARKER}"),
        format!("username=u&password={MARKER}"),
        format!("username=u&password={MARKER}%ff"),
        format!("username=u&password={MARKER}&password={MARKER}"),
        format!("username=u&password=p&grant_type={MARKER}"),
    ] {
        let answer = target.http.post(TOKEN, FORM, body.clone()).send();
        answer.is_refused();
        assert!(!answer.text().contains(MARKER), "{body}: {}", answer.text());
    }
}

//! What counts as a refresh token.

use serde_json::json;

use super::{REFRESH, ask, is_let_in, is_refused, missing, next, refresh, start};
use crate::check::{Check, checks};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        another_form_is_refused_like_any_other also Emulator;
        another_form_changes_nothing also Emulator needs Database;
        an_access_token_is_no_refresh_token also Emulator;
        a_refresh_token_is_no_access_token also Emulator;
        a_refresh_token_in_the_query_or_a_header_does_not_count also Emulator;
        without_a_token_the_field_is_missing also Emulator, SamLocal;
        another_body_is_invalid also Emulator;
    ]
}

/// Texts made of a token that differ from it in their form.
fn of_other_forms(token: &str) -> Vec<String> {
    let body = &token[4..];
    vec![
        String::new(),
        "x".to_owned(),
        token[..89].to_owned(),
        format!("{token}A"),
        "lkr_".to_owned() + &"A".repeat(9_996),
        format!("LKR_{body}"),
        format!("lks_{body}"),
        body.to_owned(),
        format!("{token}=="),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}\0"),
        format!("\0{}", &token[1..]),
        format!("lkr_{}", "+".repeat(86)),
        format!("lkr_{}", "/".repeat(86)),
        format!("lkr_{}", "A".repeat(86)),
        format!("lkr_{}\u{e9}", &body[..84]),
    ]
}

/// The token with its last character replaced by one that lenient decoders take for the same.
fn with_other_bits(token: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = token.as_bytes()[89];
    let at = ALPHABET.iter().position(|byte| *byte == last).expect("base64url");
    format!("{}{}", &token[..89], char::from(ALPHABET[at | 1]))
}

fn another_form_is_refused_like_any_other(target: &Target) {
    let session = start(target);
    let token = &session.refresh_token;
    let unknown = ask(target, &token.replace("lkr_", "lkr_A")[..90]);
    is_refused(target, &unknown);
    for text in of_other_forms(token).into_iter().chain([with_other_bits(token)]) {
        let answer = ask(target, &text);
        is_refused(target, &answer);
        assert_eq!(answer.body, unknown.body, "{text:?}");
    }
    is_let_in(target, &refresh(target, token).token);
}

fn another_form_changes_nothing(target: &Target) {
    let session = start(target);
    let row = session.row(target);
    for text in of_other_forms(&session.refresh_token) {
        is_refused(target, &ask(target, &text));
    }
    assert_eq!(session.row(target), row);
}

fn an_access_token_is_no_refresh_token(target: &Target) {
    let session = start(target);
    is_refused(target, &ask(target, &session.token));
    is_let_in(target, &session.token);
}

fn a_refresh_token_is_no_access_token(target: &Target) {
    let session = start(target);
    target.get_as(&session.refresh_token, "/api/auth/users/me").is_unauthorized(target);
    next(target, &session.refresh_token);
}

fn a_refresh_token_in_the_query_or_a_header_does_not_count(target: &Target) {
    let token = start(target).refresh_token;
    let path = format!("{REFRESH}?refresh_token={token}");
    target.http.request("POST", &path).send().is_invalid(&missing());
    target.http.post_json(&path, &json!({})).send().is_invalid(&missing());
    target.http.request("POST", REFRESH).bearer(&token).send().is_invalid(&missing());
    next(target, &token);
}

fn without_a_token_the_field_is_missing(target: &Target) {
    target.http.request("POST", REFRESH).send().is_invalid(&missing());
    for body in [json!({}), json!({ "refresh_token": null }), json!({ "token": "x" })] {
        target.http.post_json(REFRESH, &body).send().is_invalid(&missing());
    }
}

fn another_body_is_invalid(target: &Target) {
    let location = || json!(["body", "refresh_token"]);
    for value in [json!(7), json!(true), json!([]), json!({})] {
        let body = json!({ "refresh_token": value });
        target.http.post_json(REFRESH, &body).send().is_invalid(&[("string_type", location())]);
    }
    let half = r#"{"refresh_token":"\ud800"}"#;
    let answer = target.http.post(REFRESH, "application/json", half).send();
    answer.is_invalid(&[("string_unicode", location())]);
    let no_object = [("model_attributes_type", json!(["body"]))];
    target.http.post_json(REFRESH, &json!([])).send().is_invalid(&no_object);
    let form = "refresh_token=x";
    let form = target.http.post(REFRESH, "application/x-www-form-urlencoded", form).send();
    form.is_invalid(&no_object);
    let large = json!({ "refresh_token": "x".repeat(70_000) });
    target.http.post_json(REFRESH, &large).send().says(target, 413, "Payload Too Large");
}

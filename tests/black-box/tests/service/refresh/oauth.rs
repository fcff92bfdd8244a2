//! `grant_type=refresh_token` at the token endpoint (RFC 6749 §6).

use serde_json::json;

use super::{Session, ask, generation, is_let_in, is_refused, next, refresh, start};
use crate::check::{Check, checks};
use crate::client::Answer;
use crate::expectation::NO_CREDENTIALS;
use crate::jws::Draft;
use crate::target::Target;
use crate::token::multipart;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_refresh_token_is_exchanged also Pooler, Emulator, SamLocal;
        both_endpoints_exchange_one_token also Emulator;
        a_refused_token_is_an_invalid_grant also Emulator;
        an_old_token_is_an_invalid_grant_and_ends_the_session also Pooler, Emulator needs Database;
        a_missing_or_repeated_token_is_an_invalid_request also Emulator;
        scope_and_client_are_ignored also Emulator;
        the_client_of_the_sign_in_stays also Emulator;
        a_multipart_form_is_taken also Emulator needs BinaryBodies;
        a_token_endpoint_that_is_off_refreshes_nothing needs Runner;
    ]
}

fn grant(target: &Target, refresh_token: &str, more: &[(&str, &str)]) -> Answer {
    let own = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    target.token(&[&own[..], more].concat())
}

/// The tokens of an answer that has exactly these members.
#[track_caller]
fn granted(answer: &Answer) -> super::Tokens {
    let body = answer.json();
    let expected = json!({
        "access_token": body["access_token"], "token_type": "bearer", "expires_in": 3600,
        "refresh_token": body["refresh_token"],
    });
    answer.is_json(200, &expected);
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let text = |name: &str| body[name].as_str().expect("a token").to_owned();
    super::Tokens { token: text("access_token"), refresh_token: text("refresh_token") }
}

fn a_refresh_token_is_exchanged(target: &Target) {
    let session = start(target);
    let renewed = granted(&grant(target, &session.refresh_token, &[]));
    assert_ne!(renewed.refresh_token, session.refresh_token);
    assert_eq!(generation(&renewed), 1);
    assert_eq!(Draft::of(&renewed.token).text("sid"), session.id);
    is_let_in(target, &renewed.token);
}

fn both_endpoints_exchange_one_token(target: &Target) {
    let session = start(target);
    let here = granted(&grant(target, &session.refresh_token, &[])).refresh_token;
    assert_eq!(next(target, &session.refresh_token), here);
    assert_eq!(granted(&grant(target, &here, &[])).refresh_token, here);
}

#[track_caller]
fn is_invalid_grant(answer: &Answer) {
    answer.is_oauth_error(400, "invalid_grant");
    let words = json!({ "error": "invalid_grant", "error_description": NO_CREDENTIALS });
    answer.is_json(400, &words);
    assert_eq!(answer.header("www-authenticate"), None);
}

fn a_refused_token_is_an_invalid_grant(target: &Target) {
    let session = start(target);
    let unknown = session.refresh_token.replace("lkr_", "lkr_A");
    for token in ["x", &session.token, &session.refresh_token[..89], &unknown[..90]] {
        is_invalid_grant(&grant(target, token, &[]));
    }
    granted(&grant(target, &session.refresh_token, &[]));
}

fn an_old_token_is_an_invalid_grant_and_ends_the_session(target: &Target) {
    let session = start(target);
    let first = next(target, &session.refresh_token);
    session.age(target, 60);
    let second = refresh(target, &first);
    super::STOLEN.lock().unwrap().insert(session.id.clone());
    for token in [&session.refresh_token, &second.refresh_token, &session.refresh_token] {
        is_invalid_grant(&grant(target, token, &[]));
    }
    is_refused(target, &ask(target, &second.refresh_token));
    target.get_as(&second.token, "/api/auth/users/me").is_unauthorized(target);
}

fn a_missing_or_repeated_token_is_an_invalid_request(target: &Target) {
    let Session { refresh_token, .. } = start(target);
    let missing = target.token(&[("grant_type", "refresh_token")]);
    missing.is_oauth_error(400, "invalid_request");
    assert_eq!(missing.json()["error_description"], "refresh_token is required");
    grant(target, "", &[]).is_oauth_error(400, "invalid_request");
    for again in [&*refresh_token, "x", ""] {
        let twice = grant(target, &refresh_token, &[("refresh_token", again)]);
        twice.is_oauth_error(400, "invalid_request");
    }
    // Not by another way: the grant is named in the form alone.
    let path = "/api/auth/token?grant_type=refresh_token";
    let answer = target.http.post_form(path, &[("refresh_token", &refresh_token)]).send();
    answer.is_oauth_error(400, "invalid_request");
    granted(&grant(target, &refresh_token, &[]));
}

fn scope_and_client_are_ignored(target: &Target) {
    for scope in ["admin items:read", "offline_access"] {
        let session = start(target);
        let more = [("scope", scope), ("client_id", "caf\u{e9}"), ("client_secret", "x y z")];
        let renewed = granted(&grant(target, &session.refresh_token, &more));
        assert_eq!(Draft::of(&renewed.token).text("client_id"), "latchkey");
        assert!(!Draft::of(&renewed.token).claims.contains_key("scope"));
    }
}

fn the_client_of_the_sign_in_stays(target: &Target) {
    let ada = &target.ada().person;
    let fields = [
        ("username", &*ada.username),
        ("password", &*ada.password),
        ("scope", "offline_access"),
        ("client_id", "some one"),
    ];
    let body = target.token(&fields).json();
    let token = body["refresh_token"].as_str().expect("a refresh token");
    let renewed = granted(&grant(target, token, &[("client_id", "another")]));
    assert_eq!(Draft::of(&renewed.token).text("client_id"), "some one");
}

fn a_multipart_form_is_taken(target: &Target) {
    let session = start(target);
    let body =
        multipart(&[("grant_type", "refresh_token"), ("refresh_token", &session.refresh_token)]);
    let kind = "multipart/form-data; boundary=b0undary";
    granted(&target.http.post("/api/auth/token", kind, body).send());
}

fn a_token_endpoint_that_is_off_refreshes_nothing(target: &Target) {
    let variant = target.variant();
    let session = start(variant);
    grant(variant, &session.refresh_token, &[]).says(variant, 404, "Not Found");
    next(variant, &session.refresh_token);
}

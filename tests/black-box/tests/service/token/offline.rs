//! The scope `offline_access`, which asks for a refresh token.

use serde_json::json;

use crate::check::{Check, checks};
use crate::jws::Draft;
use crate::target::Target;
use crate::token::ada_with;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        offline_access_gives_a_refresh_token also Pooler, Emulator;
        another_scope_gives_none;
        offline_access_and_the_roles_are_one_scope needs Runner;
        a_session_of_the_token_endpoint_has_its_client also Emulator needs Database;
    ]
}

fn offline_access_gives_a_refresh_token(target: &Target) {
    for scope in ["offline_access", "openid offline_access profile"] {
        let answer = ada_with(target, &[("scope", scope)]);
        let body = answer.json();
        let expected = json!({
            "access_token": body["access_token"], "token_type": "bearer", "expires_in": 3600,
            "refresh_token": body["refresh_token"], "scope": "offline_access",
        });
        answer.is_json(200, &expected);
        let token = body["refresh_token"].as_str().expect("a refresh token");
        assert!(token.starts_with("lkr_") && token.len() == 90, "{token}");
        assert_eq!(answer.cookie("__Host-latchkey_session"), None);
        assert_eq!(answer.header("pragma"), Some("no-cache"));
    }
}

fn another_scope_gives_none(target: &Target) {
    for scope in ["Offline_access", "offline_accessx", "offline,offline_access", "a"] {
        let answer = ada_with(target, &[("scope", scope)]);
        let token = answer.json()["access_token"].clone();
        let whole = format!(
            r#"{{"access_token":{token},"token_type":"bearer","expires_in":3600,"scope":""}}"#
        );
        assert_eq!((answer.status, answer.text()), (200, whole), "{scope}");
    }
    let answer = ada_with(target, &[]);
    let token = answer.json()["access_token"].clone();
    let whole = format!(r#"{{"access_token":{token},"token_type":"bearer","expires_in":3600}}"#);
    assert_eq!(answer.text(), whole);
}

fn offline_access_and_the_roles_are_one_scope(target: &Target) {
    // Its tokens have the roles.
    let target = target.costly();
    let body = ada_with(target, &[("scope", "offline_access")]).json();
    assert_eq!(body["scope"], "ROLE_USER offline_access");
    let token = body["access_token"].as_str().expect("a token");
    assert_eq!(Draft::of(token).text("scope"), "ROLE_USER");
    let refresh_token = body["refresh_token"].as_str().expect("a refresh token");
    let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    let renewed = target.token(&[&grant[..], &[("scope", "offline_access")]].concat()).json();
    assert_eq!(renewed["scope"], "ROLE_USER");
    let body = ada_with(target, &[("scope", "other")]).json();
    assert_eq!((&body["scope"], &body["refresh_token"]), (&json!("ROLE_USER"), &json!(null)));
}

fn a_session_of_the_token_endpoint_has_its_client(target: &Target) {
    let row = "SELECT client_id, kind FROM sign_ins WHERE id::text = $1";
    for (scope, kind) in [("", "access"), ("offline_access", "token")] {
        let body = ada_with(target, &[("scope", scope), ("client_id", "some one")]).json();
        let token = Draft::of(body["access_token"].as_str().expect("a token"));
        let rows = target.database().query(row, &[&token.text("sid")]);
        assert_eq!((rows[0].get(0), rows[0].get(1)), ("some one", kind));
    }
}

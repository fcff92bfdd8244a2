//! Refresh tokens, genuine and not, and what they cost.

use std::thread;

use refresh::Refresh;
use serde_json::{Value, json};
use shared::db::Group;
use shared::db::sessions::{Kind, Sessions, Start};
use shared::limits::Refund;
use shared::{ClientId, Clock, Device, Random, RefreshToken, SessionId, UserId};
use signup::Signup;
use token::Token;

use crate::container::{Answer, Container, runtime};
use crate::fixture::{Fixture, side_by_side, wait_until};
use crate::service::sign_up;

pub(crate) fn refresh(token: &str) -> Value {
    let body = json!({ "refresh_token": token }).to_string();
    let headers = json!({ "Content-Type": "application/json" });
    json!({ "resource": "/api/auth/refresh", "httpMethod": "POST", "headers": headers, "body": body })
}

/// The refresh token of a new session of a new user.
fn session(fixture: &Fixture) -> RefreshToken {
    fixture.start::<Signup>().ask(&sign_up("ada")).is_good();
    let (now, random) = (Clock::System.now(), Random::System);
    let token = RefreshToken::first(SessionId::new(now, &random), &random);
    let start = Start {
        user_id: UserId::new(1),
        session_epoch: 0,
        kind: Kind::Token(&token),
        client_id: &ClientId::default(),
        now,
        expires_at: now.plus(3_600),
        idle_seconds: 3_600,
        device: &Device::default(),
        refund: &Refund::NONE,
        notice: None,
    };
    let sessions = Sessions::new(fixture.stage.database());
    assert!(runtime().block_on(sessions.start(&start)).unwrap());
    token
}

fn next(answer: &Answer) -> String {
    answer.is_good();
    answer.body["refresh_token"].as_str().unwrap().to_owned()
}

#[test]
fn a_refresh_is_one_statement_and_a_text_of_another_form_none() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let token = session(&fixture);
    let genuine = token.to_text();
    wait_until("sign-up has gone", || fixture.proxy.open() == 0);
    let (connects, statements) = (fixture.proxy.connects(), fixture.proxy.statements());
    let counts = || (fixture.proxy.connects() - connects, fixture.proxy.statements() - statements);

    let container = fixture.start::<Refresh>();
    let genuine = genuine.expose().as_str();
    for text in ["", "x", &genuine[..89], &format!("{genuine}A"), &genuine.replace("lkr", "LKR")] {
        assert_eq!(container.ask(&refresh(text)).status, 401, "{text}");
        assert_eq!(counts(), (0, 0), "{text}");
    }
    // One that only the database can refuse keeps no connection in a container that is frozen.
    let random = Random::System;
    let unknown = RefreshToken::first(token.session(), &random).to_text();
    assert_eq!(container.ask(&refresh(unknown.expose())).status, 401);
    assert_eq!(counts(), (1, 1));
    wait_until("it is given up", || fixture.proxy.open() == 0);

    let first = next(&container.ask(&refresh(genuine)));
    assert_eq!((counts(), fixture.proxy.open()), ((2, 2), 1));
    for number in 3..6 {
        assert_eq!(next(&container.ask(&refresh(genuine))), first);
        assert_eq!(counts(), (2, number));
    }
}

#[test]
fn connections_that_are_killed_sign_nobody_out_and_rotate_once() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let mut token = session(&fixture).to_text().expose().clone();
    let container = fixture.start::<Refresh>();
    for generation in 1..=20 {
        // Half of them before the statement, half of them while it runs.
        if generation % 2 == 0 {
            fixture.end_connections();
        }
        let successor = thread::scope(|scope| {
            let killer = scope.spawn(|| {
                if generation % 2 == 1 {
                    fixture.end_connections();
                }
            });
            let successor = next(&container.ask(&refresh(&token)));
            killer.join().unwrap();
            successor
        });
        assert_ne!(successor, token);
        token = successor;
        let state = "SELECT generation || ' ' || (reused_at IS NULL) FROM sign_ins";
        assert_eq!(fixture.value(state), format!("{generation} true"));
        fixture.execute("UPDATE sign_ins SET rotated_at = '-infinity'");
    }
}

#[test]
fn a_token_endpoint_for_refresh_tokens_alone_takes_no_password() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let token = session(&fixture).to_text();
    let url = fixture.stage.url_of(Group::Token);
    let endpoint: Container<Token> =
        Container::with(runtime(), &url, &[("TOKEN_ENDPOINT", "refresh")]);
    let ask = |form: &str| {
        let headers = json!({ "Content-Type": "application/x-www-form-urlencoded" });
        endpoint.ask(&json!({
            "resource": "/api/auth/token", "httpMethod": "POST", "headers": headers, "body": form,
        }))
    };
    for grant in ["", "grant_type=password&", "grant_type=&", "grant_type=x&"] {
        let answer = ask(&format!("{grant}username=ada&password=correct+horse"));
        let error = json!({
            "error": "unsupported_grant_type", "error_description": "grant_type must be refresh_token",
        });
        assert_eq!((answer.status, answer.body), (400, error), "{grant}");
    }
    next(&ask(&format!("grant_type=refresh_token&refresh_token={}", token.expose())));
}

//! What a limited client is answered.

use serde_json::{Value, json};

use super::{AT_ONCE, LIMITED, SIGNIN, TOKEN, WRONG, guess, guess_times};
use crate::check::{Check, checks};
use crate::client::{Request, form};
use crate::person::nobody;
use crate::target::Target;
use crate::token::FORM;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_limit_has_one_answer_in_two_forms also Pooler, Emulator;
        a_page_may_read_when_to_retry needs OwnCors;
        no_cookie_is_set_over_a_limit also Emulator;
        a_name_that_nobody_has_is_answered_alike also Pooler, Emulator;
        what_is_refused_without_a_password_counts_nothing also Pooler, Emulator;
    ]
}

/// A name whose guesses are spent.
fn spent(target: &Target) -> String {
    let name = target.signed_up("limited").username;
    guess_times(target, &name, AT_ONCE);
    name
}

fn signin<'a>(target: &'a Target, name: &str) -> Request<'a> {
    target.http.post_json(SIGNIN, &json!({ "username": name, "password": WRONG }))
}

fn token<'a>(target: &'a Target, name: &str) -> Request<'a> {
    target.http.post(TOKEN, FORM, form(&[("username", name), ("password", WRONG)]))
}

fn a_limit_has_one_answer_in_two_forms(target: &Target) {
    let name = spent(target);
    for ask in [signin, token] {
        for accept in ["*/*", "text/plain", "application/json, text/plain, */*"] {
            let answer = ask(target, &name).header("accept", accept).send();
            answer.is_text(429, LIMITED);
            answer.retry_after();
        }
        for accept in ["application/json", "application/problem+json"] {
            let answer = ask(target, &name).header("accept", accept).send();
            assert_eq!((answer.status, answer.media_type()), (429, "application/problem+json"));
            let problem = json!({
                "type": "about:blank", "title": LIMITED, "status": 429, "detail": LIMITED,
                "code": "rate_limited",
            });
            assert_eq!(answer.json(), problem);
            answer.retry_after();
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
}

fn a_page_may_read_when_to_retry(target: &Target) {
    let name = spent(target);
    for ask in [signin, token] {
        let origin = "http://localhost:3000";
        let answer = ask(target, &name).header("origin", origin).send();
        answer.is_limited();
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
        assert!(exposed.contains("Retry-After"), "{exposed}");
    }
}

fn no_cookie_is_set_over_a_limit(target: &Target) {
    let person = target.signed_up("limited");
    guess_times(target, &person.username, AT_ONCE);
    let mut body = person.json();
    for session in ["cookie", "token"] {
        body["session"] = session.into();
        let answer = target.http.post_json(SIGNIN, &body).send();
        answer.is_limited();
        assert_eq!(answer.header("set-cookie"), None);
    }
}

fn a_name_that_nobody_has_is_answered_alike(target: &Target) {
    let (known, unknown) = (target.signed_up("limited").username, nobody());
    // Alternately, so that their guesses come back at the same time.
    for _ in 0..AT_ONCE {
        guess_times(target, &known, 1);
        guess_times(target, &unknown, 1);
    }
    for ask in [signin, token] {
        let (one, other) = (ask(target, &known).send(), ask(target, &unknown).send());
        let (wait, other_wait) = (one.is_limited(), other.is_limited());
        assert!(wait.abs_diff(other_wait) <= 5, "{wait} {other_wait}");
        assert_eq!(one.body, other.body);
        assert_eq!(one.lasting(), other.lasting());
    }
}

fn what_is_refused_without_a_password_counts_nothing(target: &Target) {
    let name = target.signed_up("limited").username;
    let large = "x".repeat(70_000);
    let bodies: [Value; 4] = [
        json!({ "username": name, "password": large }),
        json!({ "username": name, "password": "\0" }),
        json!({ "username": name }),
        json!({ "username": name, "password": WRONG, "session": "x" }),
    ];
    for _ in 0..5 {
        for (body, status) in bodies.iter().zip([413, 422, 422, 422]) {
            assert_eq!(target.http.post_json(SIGNIN, body).send().status, status);
        }
        let bad: [&[(&str, &str)]; 4] = [
            &[("username", &name)],
            &[("username", &name), ("password", "\0")],
            &[("username", &name), ("password", WRONG), ("client_id", "caf\u{e9}")],
            &[("username", &name), ("password", WRONG), ("grant_type", "x")],
        ];
        for fields in bad {
            assert_eq!(target.token(fields).status, 400);
        }
    }
    guess_times(target, &name, AT_ONCE);
    guess(target, &name).is_limited();
    // A limit says nothing before the request is read.
    let answer = target.http.post_json(SIGNIN, &bodies[2]).send();
    assert_eq!(answer.status, 422);
}

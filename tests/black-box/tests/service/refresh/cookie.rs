//! A refresh token in a cookie.

use serde_json::json;

use super::{REFRESH, is_let_in, is_refused, missing, next, start};
use crate::check::{Check, checks};
use crate::client::{Answer, Request};
use crate::crowd::at_once;
use crate::jws::Draft;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_cookie_is_exchanged_for_an_access_token_and_the_next_cookie also Emulator, SamLocal;
        a_token_that_is_kept_sets_no_cookie also Emulator;
        a_previous_token_sets_its_successor_again also Emulator;
        two_tabs_with_one_cookie_are_never_signed_out also Emulator needs Crowds;
        without_the_header_or_from_another_origin_a_cookie_is_refused also Emulator, SamLocal;
        two_cookies_of_the_name_or_one_in_quotes_are_none also Emulator;
        a_refused_refresh_leaves_the_cookie also Emulator needs Database;
        the_body_counts_and_the_cookie_is_left_alone also Emulator;
    ]
}

const NAME: &str = "__Host-latchkey_session";

/// The cookie of a new session, as the browser sends it.
#[track_caller]
fn signed_in(target: &Target) -> String {
    let mut body = target.ada().person.json();
    body["session"] = json!("cookie");
    let answer = target.http.post_json("/api/auth/signin", &body).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    set(target, &answer).expect("a cookie")
}

/// The cookie that an answer sets.
#[track_caller]
fn set(target: &Target, answer: &Answer) -> Option<String> {
    let (pair, attributes) = answer.header("set-cookie")?.split_once("; ").expect("attributes");
    let (lasts, others) = attributes.split_once("; ").expect("attributes");
    assert_eq!(others, "Path=/; Secure; HttpOnly; SameSite=Strict");
    let seconds: u32 = lasts.strip_prefix("Max-Age=").unwrap().parse().unwrap();
    assert!((2_591_900..=2_592_000).contains(&seconds), "until the end of the session");
    let value = pair.strip_prefix(&format!("{NAME}=")).expect("the name");
    target.secrets.add_token(value);
    Some(pair.to_owned())
}

/// A request of a page with this cookie.
fn with<'a>(target: &'a Target, cookie: &str) -> Request<'a> {
    target.http.request("POST", REFRESH).header("cookie", cookie)
}

fn by_page<'a>(target: &'a Target, cookie: &str) -> Request<'a> {
    with(target, cookie).header("x-requested-with", "fetch")
}

/// Refreshes, which succeeds, and returns the access token.
#[track_caller]
fn renewed(answer: &Answer) -> String {
    let token = answer.json()["token"].clone();
    answer.is_json(200, &json!({ "token": token, "token_type": "bearer", "expires_in": 3600 }));
    token.as_str().expect("a token").to_owned()
}

fn a_cookie_is_exchanged_for_an_access_token_and_the_next_cookie(target: &Target) {
    let cookie = signed_in(target);
    let answer = by_page(target, &cookie).send();
    is_let_in(target, &renewed(&answer));
    let next = set(target, &answer).expect("the next cookie");
    assert_ne!(next, cookie);
    let other = signed_in(target);
    let answer = by_page(target, &format!("a=b; {other}; c=d")).body("{}");
    let answer = answer.header("content-type", "application/json").send();
    renewed(&answer);
    assert!(set(target, &answer).is_some());
}

fn a_token_that_is_kept_sets_no_cookie(target: &Target) {
    let cookie = set(target, &by_page(target, &signed_in(target)).send()).expect("a cookie");
    let again = by_page(target, &cookie).send();
    is_let_in(target, &renewed(&again));
    assert_eq!(again.header("set-cookie"), None, "its answer may be later than a rotation's");
}

fn a_previous_token_sets_its_successor_again(target: &Target) {
    let cookie = signed_in(target);
    let next = set(target, &by_page(target, &cookie).send());
    for _ in 0..2 {
        assert_eq!(set(target, &by_page(target, &cookie).send()), next);
    }
}

fn two_tabs_with_one_cookie_are_never_signed_out(target: &Target) {
    let mut cookie = signed_in(target);
    for _ in 0..6 {
        let answers = at_once(&[cookie.as_str(); 2], |cookie| by_page(target, cookie).send());
        for answer in answers {
            is_let_in(target, &renewed(&answer));
            cookie = set(target, &answer).unwrap_or(cookie);
        }
    }
}

fn without_the_header_or_from_another_origin_a_cookie_is_refused(target: &Target) {
    let cookie = signed_in(target);
    let ours = "http://localhost:3000";
    for answer in [
        with(target, &cookie).send(),
        with(target, &cookie).header("origin", ours).send(),
        by_page(target, &cookie).header("origin", "https://evil.example").send(),
        by_page(target, &cookie).header("origin", "null").send(),
        by_page(target, &cookie).header("origin", &format!("{ours}/")).send(),
    ] {
        answer.says(target, 403, "Cross-site request");
        assert_eq!(answer.header("set-cookie"), None);
    }
    renewed(&by_page(target, &cookie).header("origin", ours).send());
}

fn two_cookies_of_the_name_or_one_in_quotes_are_none(target: &Target) {
    let (cookie, other) = (signed_in(target), signed_in(target));
    let (name, value) = cookie.split_once('=').expect("a pair");
    for sent in [
        format!("{cookie}; {cookie}"),
        format!("{cookie}; {other}"),
        format!("{name}=\"{value}\""),
        format!("{name}="),
        format!("latchkey_session={value}"),
    ] {
        by_page(target, &sent).send().is_invalid(&missing());
    }
    let twice = by_page(target, &cookie).header("cookie", &other).send();
    twice.is_invalid(&missing());
    renewed(&by_page(target, &cookie).send());
}

fn a_refused_refresh_leaves_the_cookie(target: &Target) {
    let cookie = signed_in(target);
    let answer = by_page(target, &cookie).send();
    let session = Draft::of(&renewed(&answer)).text("sid").to_owned();
    let ended = "DELETE FROM sign_ins WHERE id = $1::text::uuid RETURNING 1";
    assert_eq!(target.database().query(ended, &[&session]).len(), 1);
    for cookie in [cookie, set(target, &answer).expect("a cookie")] {
        is_refused(target, &by_page(target, &cookie).send());
    }
}

fn the_body_counts_and_the_cookie_is_left_alone(target: &Target) {
    let (cookie, session) = (signed_in(target), start(target));
    let body = |token: &str| json!({ "refresh_token": token }).to_string();
    // The cookie doesn't count, so neither do its rules.
    for request in [with(target, &cookie), by_page(target, &cookie)] {
        let request = request.header("content-type", "application/json");
        let answer = request.body(body(&session.refresh_token)).send();
        let token = super::tokens(&answer).token;
        assert_eq!(Draft::of(&token).text("sid"), session.id);
    }
    let refused = by_page(target, &cookie).header("content-type", "application/json");
    is_refused(target, &refused.body(body("x")).send());
    let first = set(target, &by_page(target, &cookie).send());
    assert!(first.is_some_and(|first| first != cookie), "it was the first refresh of the cookie");
    next(target, &session.refresh_token);
}

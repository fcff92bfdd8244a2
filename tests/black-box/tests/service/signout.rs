//! `POST /api/auth/signout`.

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::client::{Answer, Request};
use crate::expectation::{INVALID_TOKEN, NO_CREDENTIALS};
use crate::jws::{Draft, Key};
use crate::person::Person;
use crate::sessions::{LIST, is_refused_by_the_function, without_session};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        each_token_ends_its_session_alone_and_twice also Pooler, Emulator;
        an_expired_access_token_signs_out also Emulator needs OwnKey;
        a_token_without_a_session_is_over needs OwnKey;
        an_old_refresh_token_signs_out_and_a_forged_one_does_not also Pooler needs Database;
        an_access_token_that_is_not_ours_ends_nothing also Emulator;
        all_that_is_named_ends also Pooler, Emulator;
        the_cookie_needs_a_page_of_ours also Emulator;
        a_request_without_a_token_of_ours_is_refused also Emulator;
        a_sign_out_bites_whatever_policy_is_kept also Emulator needs CachedPolicies;
    ]
}

const SIGN_OUT: &str = "/api/auth/signout";
const COOKIE: &str = "__Host-latchkey_session";
const ME: &str = "/api/auth/users/me";
/// What removes the cookie.
const CLEARED: &str =
    "__Host-latchkey_session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict";

/// A session with both of its tokens.
pub(crate) struct Started {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Started {
    #[track_caller]
    pub(crate) fn by(target: &Target, person: &Person) -> Self {
        let mut body = person.json();
        body["session"] = json!("token");
        let answer = target.http.post_json("/api/auth/signin", &body).send();
        let text = |name: &str| answer.json()[name].as_str().expect("a token").to_owned();
        Self { access: text("token"), refresh: text("refresh_token") }
    }

    /// Whether its access token opens a route.
    pub(crate) fn goes_on(&self, target: &Target) -> bool {
        target.get_as(&self.access, ME).status == 200
    }
}

/// A sign-out without a body.
fn sign_out(target: &Target) -> Request<'_> {
    target.http.post(SIGN_OUT, "", "")
}

/// A sign-out with a refresh token in the body.
fn with_body<'a>(target: &'a Target, refresh: &str) -> Request<'a> {
    target.http.post_json(SIGN_OUT, &json!({ "refresh_token": refresh }))
}

/// A request of a page of ours with the cookie.
fn with_cookie<'a>(request: Request<'a>, refresh: &str) -> Request<'a> {
    let request = request.header("cookie", &format!("a=b; {COOKIE}={refresh}"));
    request.header("x-requested-with", "fetch")
}

/// Asserts 204, with the cookie removed.
#[track_caller]
fn is_over(answer: &Answer) {
    assert_eq!((answer.status, answer.text().as_str()), (204, ""), "{answer:?}");
    assert_eq!(answer.header("set-cookie"), Some(CLEARED));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// Asserts the 401 of a request that names no session.
#[track_caller]
fn names_nothing(answer: &Answer, target: &Target) {
    answer.says(target, 401, NO_CREDENTIALS);
    answer.challenges(target, INVALID_TOKEN);
    assert_eq!(answer.header("set-cookie"), None);
}

/// The refresh token with other characters from this one on.
fn altered(refresh: &str, at: usize) -> String {
    let other = if &refresh[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &refresh[..at], &refresh[at + 1..])
}

fn each_token_ends_its_session_alone_and_twice(target: &Target) {
    let person = target.signed_up("leaving");
    let other = Started::by(target, &person);
    let ways: [fn(&Target, &Started) -> Answer; 3] = [
        |target, it| sign_out(target).bearer(&it.access).send(),
        |target, it| with_body(target, &it.refresh).send(),
        |target, it| with_cookie(sign_out(target), &it.refresh).send(),
    ];
    for way in ways {
        let it = Started::by(target, &person);
        assert!(it.goes_on(target));
        for _ in 0..2 {
            is_over(&way(target, &it));
            assert!(!it.goes_on(target));
        }
        // By any of its tokens, it is over.
        for way in ways {
            is_over(&way(target, &it));
        }
    }
    assert!(other.goes_on(target));
}

fn an_expired_access_token_signs_out(target: &Target) {
    let it = Started::by(target, &target.signed_up("late"));
    let draft = Draft::of(&it.access);
    let issued = draft.number("iat") - 90_000;
    let expired = draft.claim("iat", issued).claim("exp", issued + 60).sign(target.key());
    target.get_as(&expired, ME).is_unauthorized(target);
    is_over(&sign_out(target).bearer(&expired).send());
    assert!(!it.goes_on(target));
}

fn a_token_without_a_session_is_over(target: &Target) {
    let token = target.signed_in("jti").token;
    let [ended, other] = ["one", "another"].map(|jti| without_session(target, &token, jti));
    for _ in 0..2 {
        is_over(&sign_out(target).bearer(&ended).send());
        target.get_as(&ended, ME).is_unauthorized(target);
    }
    for goes_on in [other, token] {
        assert_eq!(target.get_as(&goes_on, ME).status, 200);
    }
}

fn an_old_refresh_token_signs_out_and_a_forged_one_does_not(target: &Target) {
    let person = target.signed_up("old");
    let it = Started::by(target, &person);
    let stranger = Started::by(target, &target.signed_up("stranger"));
    // The session's id, its constant part, the part that rotates: characters 4, 25 and 46 on.
    let spliced = format!("{}{}", &it.refresh[..25], &stranger.refresh[25..]);
    for forged in [altered(&it.refresh, 10), altered(&it.refresh, 30), spliced] {
        is_over(&with_body(target, &forged).send());
        is_over(&with_cookie(sign_out(target), &forged).send());
    }
    assert!(it.goes_on(target) && stranger.goes_on(target));
    let old = altered(&it.refresh, 60);
    is_over(&with_body(target, &old).send());
    assert!(!it.goes_on(target) && stranger.goes_on(target));
    let rows = "SELECT count(*) FROM sign_ins WHERE user_id = $1";
    let id = target.database().id_of(&person.username);
    assert_eq!(target.database().count(rows, &[&id]), 0);
}

fn an_access_token_that_is_not_ours_ends_nothing(target: &Target) {
    let it = Started::by(target, &target.signed_up("forged"));
    let draft = Draft::of(&it.access);
    let (message, signature) = it.access.rsplit_once('.').expect("a signature");
    for token in [
        draft.sign(&Key::stranger()),
        draft.header("kid", Key::stranger().kid()).sign(&Key::stranger()),
        format!("{message}."),
        format!("{message}.{}", altered(signature, 20)),
        format!("{}.", it.access),
        it.refresh.clone(),
    ] {
        names_nothing(&sign_out(target).bearer(&token).send(), target);
    }
    assert!(it.goes_on(target));
    // Beside a good one, it does no harm.
    let request = with_body(target, &it.refresh).bearer(&draft.sign(&Key::stranger()));
    is_over(&request.send());
    assert!(!it.goes_on(target));
}

fn all_that_is_named_ends(target: &Target) {
    let person = target.signed_up("all");
    let [access, body, cookie, other] = [(); 4].map(|()| Started::by(target, &person));
    let request = with_body(target, &body.refresh).bearer(&access.access);
    is_over(&with_cookie(request, &cookie.refresh).send());
    let go_on = [&access, &body, &cookie, &other].map(|it| it.goes_on(target));
    assert_eq!(go_on, [false, false, false, true]);
}

fn the_cookie_needs_a_page_of_ours(target: &Target) {
    let it = Started::by(target, &target.signed_up("page"));
    let cookie = format!("{COOKIE}={}", it.refresh);
    let plain = || sign_out(target).header("cookie", &cookie);
    let ajax = || plain().header("x-requested-with", "XMLHttpRequest");
    for request in [
        plain(),
        plain().header("origin", "http://localhost:3000"),
        ajax().header("origin", "https://evil.example"),
        ajax().header("origin", "null"),
    ] {
        let answer = request.send();
        answer.says(target, 403, "Cross-site request");
        assert_eq!(answer.header("set-cookie"), None);
    }
    // Where another token is named, the cookie is left alone.
    let other = Started::by(target, &target.signed_up("other-page"));
    let answer = plain().bearer(&other.access).send();
    assert_eq!((answer.status, answer.header("set-cookie")), (204, None));
    assert!(it.goes_on(target) && !other.goes_on(target));
    is_over(&ajax().header("origin", "http://localhost:3000").send());
    assert!(!it.goes_on(target));
}

fn a_request_without_a_token_of_ours_is_refused(target: &Target) {
    let it = Started::by(target, &target.signed_up("nothing"));
    let body = |body: &Value| target.http.post_json(SIGN_OUT, body);
    let twice = format!("{COOKIE}={0}; {COOKIE}={0}", it.refresh);
    for request in [
        sign_out(target),
        body(&json!({})),
        body(&json!({ "refresh_token": null })),
        body(&json!({ "refresh_token": "" })),
        body(&json!({ "refresh_token": it.refresh[..89] })),
        body(&json!({ "refresh_token": it.refresh.replace("lkr_", "lkx_") })),
        body(&json!({ "refresh_token": format!("{}=", it.refresh) })),
        body(&json!({ "refresh_token": it.access })),
        body(&json!({ "token": it.refresh })),
        sign_out(target).header("authorization", &it.access),
        sign_out(target).header("authorization", &format!("Basic {}", it.access)),
        sign_out(target).bearer("x"),
        sign_out(target).header("cookie", &twice).header("x-requested-with", ""),
        with_cookie(sign_out(target), &format!("\"{}\"", it.refresh)),
        target.http.post(&format!("{SIGN_OUT}?refresh_token={}", it.refresh), "", ""),
    ] {
        names_nothing(&request.send(), target);
    }
    body(&json!({ "refresh_token": 7 }))
        .bearer(&it.access)
        .send()
        .is_invalid(&[("string_type", json!(["body", "refresh_token"]))]);
    body(&json!([])).send().is_invalid(&[("model_attributes_type", json!(["body"]))]);
    assert!(it.goes_on(target));
}

fn a_sign_out_bites_whatever_policy_is_kept(target: &Target) {
    let target = target.caching();
    let it = Started::by(target, &target.signed_up("cached"));
    assert_eq!(target.get_as(&it.access, LIST).status, 200);
    is_over(&with_body(target, &it.refresh).send());
    is_refused_by_the_function(&target.get_as(&it.access, LIST), target);
    // The gateway's policy still opens what asks no database.
    assert!(it.goes_on(target));
}

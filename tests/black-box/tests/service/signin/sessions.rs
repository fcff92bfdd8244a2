//! What renews the session of a sign-in, if the client asks for it.

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::jws::Draft;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        without_a_session_the_answer_is_that_of_the_legacy_app also Emulator, SamLocal;
        a_refresh_token_is_in_the_answer also Pooler, Emulator, SamLocal;
        a_refresh_token_is_in_a_cookie_alone also Emulator, SamLocal;
        another_session_is_refused_before_the_password;
        no_cookie_is_set_for_a_page_of_another_site also Emulator;
        every_sign_in_starts_a_session also Pooler, Emulator needs Database;
        a_session_has_the_device_of_its_client needs Database;
        a_refused_sign_in_starts_no_session needs Database;
        a_disabled_user_is_refused_like_a_wrong_password also Pooler needs Database;
    ]
}

const COOKIE: &str = "__Host-latchkey_session";

/// A sign-in of the valid user with this `session`.
#[track_caller]
fn sign_in(target: &Target, session: &Value, headers: &[(&str, &str)]) -> Answer {
    let mut body = target.ada().person.json();
    body["session"] = session.clone();
    let request = target.http.post_json("/api/auth/signin", &body);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
}

#[track_caller]
fn refresh_token(text: &str) -> &str {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    assert!(text.len() == 90 && text.starts_with("lkr_") && text.chars().all(allowed), "{text}");
    text
}

/// The session that a token names.
#[track_caller]
fn session_of(answer: &Answer) -> String {
    let body = answer.json();
    Draft::of(body["token"].as_str().expect("a token")).text("sid").to_owned()
}

fn without_a_session_the_answer_is_that_of_the_legacy_app(target: &Target) {
    let ada = &target.ada().person;
    for answer in [target.signin(&ada.username, &ada.password), sign_in(target, &json!(null), &[])]
    {
        let token = answer.json()["token"].clone();
        let whole = format!(r#"{{"token":{token},"token_type":"bearer"}}"#);
        assert_eq!((answer.status, answer.text()), (200, whole));
        assert_eq!(answer.cookie(COOKIE), None);
    }
}

fn a_refresh_token_is_in_the_answer(target: &Target) {
    let answer = sign_in(target, &json!("token"), &[]);
    let body = answer.json();
    let expected = json!({
        "token": body["token"], "token_type": "bearer", "expires_in": 3600,
        "refresh_token": body["refresh_token"], "refresh_expires_in": 2_592_000,
    });
    answer.is_json(200, &expected);
    refresh_token(body["refresh_token"].as_str().expect("a refresh token"));
    assert_eq!(answer.cookie(COOKIE), None);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let token = body["token"].as_str().expect("a token");
    target.get_as(token, "/api/auth/users/me").is_json(200, &target.ada().person.public());
}

fn a_refresh_token_is_in_a_cookie_alone(target: &Target) {
    for site in [None, Some("same-origin"), Some("same-site"), Some("none")] {
        let headers: Vec<_> = site.map(|site| ("sec-fetch-site", site)).into_iter().collect();
        let answer = sign_in(target, &json!("cookie"), &headers);
        let token = answer.json()["token"].clone();
        let expected = json!({ "token": token, "token_type": "bearer", "expires_in": 3600 });
        answer.is_json(200, &expected);
        let (value, attributes) = answer.cookie(COOKIE).expect("a cookie");
        refresh_token(value);
        let wanted = "Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Strict";
        assert_eq!(attributes, wanted);
    }
}

fn another_session_is_refused_before_the_password(target: &Target) {
    for session in [
        json!("access"),
        json!("Token"),
        json!("cookie "),
        json!(""),
        json!(7),
        json!(true),
        json!(["token"]),
        json!({ "token": 1 }),
    ] {
        let body = json!({ "username": "nobody", "password": "wrong", "session": session });
        let answer = target.http.post_json("/api/auth/signin", &body).send();
        answer.is_invalid(&[("literal_error", json!(["body", "session"]))]);
        assert_eq!(answer.details()[0].msg, "Input should be 'token' or 'cookie'");
    }
    let body = json!({ "session": 7 });
    target.http.post_json("/api/auth/signin", &body).send().is_invalid(&[
        ("missing", json!(["body", "username"])),
        ("missing", json!(["body", "password"])),
        ("literal_error", json!(["body", "session"])),
    ]);
}

fn no_cookie_is_set_for_a_page_of_another_site(target: &Target) {
    let cross_site = [("sec-fetch-site", "cross-site")];
    let answer = sign_in(target, &json!("cookie"), &cross_site);
    answer.is_invalid(&[("value_error", json!(["body", "session"]))]);
    assert!(answer.details()[0].msg.ends_with("the page and the API have to be of one site"));
    assert_eq!(answer.cookie(COOKIE), None);
    assert_eq!(sign_in(target, &json!("token"), &cross_site).status, 200);
}

fn every_sign_in_starts_a_session(target: &Target) {
    let row = "SELECT user_id, kind, client_id, generation, \
                   extract(epoch FROM expires_at - created_at)::int4, idle_seconds, \
                   extract(epoch FROM expires_at)::int8 \
               FROM sign_ins WHERE id::text = $1";
    let id = target.database().id_of(&target.ada().person.username);
    for (session, kind, seconds, idle) in [
        (json!(null), "access", 3600, 3600),
        (json!("token"), "token", 2_592_000, 1_209_600),
        (json!("cookie"), "cookie", 2_592_000, 1_209_600),
    ] {
        let answer = sign_in(target, &session, &[]);
        let rows = target.database().query(row, &[&session_of(&answer)]);
        let found: (i32, String, String, i32, i32, i32) = (
            rows[0].get(0),
            rows[0].get(1),
            rows[0].get(2),
            rows[0].get(3),
            rows[0].get(4),
            rows[0].get(5),
        );
        assert_eq!(found, (id, kind.to_owned(), "latchkey".to_owned(), 0, seconds, idle));
        let token = answer.json()["token"].as_str().expect("a token").to_owned();
        let (expires_at, exp): (i64, _) = (rows[0].get(6), Draft::of(&token).number("exp"));
        assert!(exp <= expires_at && (kind != "access" || exp == expires_at), "{exp} {expires_at}");
    }
}

fn a_session_has_the_device_of_its_client(target: &Target) {
    let row = "SELECT user_agent, ip_prefix FROM sign_ins WHERE id::text = $1";
    let agent = format!("Quagga-Browser/1.0 {}", "x".repeat(200));
    let headers = [("user-agent", agent.as_str()), ("x-forwarded-for", "198.51.100.7")];
    let answer = sign_in(target, &json!("token"), &headers);
    let rows = target.database().query(row, &[&session_of(&answer)]);
    assert_eq!(rows[0].get::<_, &str>(0), &agent[..128]);
    let prefix: &str = rows[0].get(1);
    assert!(prefix.ends_with(".0/24") || prefix.ends_with("/48"), "{prefix}");
    assert!(!prefix.starts_with("198.51."), "{prefix}");
}

fn sessions_of(target: &Target, username: &str) -> i64 {
    let count = "SELECT count(*) FROM sign_ins WHERE user_id = $1";
    target.database().count(count, &[&target.database().id_of(username)])
}

fn a_refused_sign_in_starts_no_session(target: &Target) {
    let person = target.signed_up("refused");
    let body = json!({ "username": person.username, "password": "wrong", "session": "cookie" });
    let answer = target.http.post_json("/api/auth/signin", &body).send();
    assert_eq!((answer.status, answer.header("set-cookie")), (401, None));
    assert_eq!(sessions_of(target, &person.username), 0);
}

fn a_disabled_user_is_refused_like_a_wrong_password(target: &Target) {
    let person = target.signed_up("disabled");
    let disable = "UPDATE users SET disabled_at = now() WHERE username = $1";
    target.database().query(disable, &[&person.username]);
    let wrong = target.signin(&person.username, "not the password");
    let right = target.signin(&person.username, &person.password);
    wrong.is_text(401, "Incorrect username or password");
    assert_eq!((right.status, &right.body), (wrong.status, &wrong.body));
    let names = |answer: &Answer| answer.headers.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&right), names(&wrong));
    assert_eq!(sessions_of(target, &person.username), 0);
}

//! A session that is over isn't renewed.

use super::{Session, ask, is_refused, refresh, start};
use crate::check::{Check, checks};
use crate::jws::Draft;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        an_idle_session_is_over also Emulator needs Database;
        a_session_is_over_at_its_end also Emulator needs Database;
        a_session_that_was_ended_is_over also Emulator needs Database;
        no_access_token_outlives_its_session also Emulator needs Database;
        the_roles_are_those_of_today needs Operator;
    ]
}

/// Asserts that the refresh token is refused, and that nothing is written. Another check's sign-in may
/// remove a session at its end.
#[track_caller]
fn is_over(target: &Target, session: &Session) {
    let row = session.row(target);
    for _ in 0..2 {
        is_refused(target, &ask(target, &session.refresh_token));
    }
    let left = session.row(target);
    assert!(left == row || left.is_none(), "{left:?} {row:?}");
}

fn an_idle_session_is_over(target: &Target) {
    let session = start(target);
    let idle = "used_at = used_at - (idle_seconds + 1) * interval '1 second'";
    session.set(target, idle);
    is_over(target, &session);
    session.set(target, "used_at = used_at + interval '1 minute'");
    refresh(target, &session.refresh_token);
    // The refresh counts as a use.
    assert_eq!(session.value(target, "used_at > now() - interval '1 minute'"), "true");
}

fn a_session_is_over_at_its_end(target: &Target) {
    let session = start(target);
    session.set(target, "expires_at = now() - interval '1 second'");
    is_over(target, &session);
}

fn a_session_that_was_ended_is_over(target: &Target) {
    let session = start(target);
    let ended = "DELETE FROM sign_ins WHERE id = $1::text::uuid RETURNING 1";
    assert_eq!(target.database().query(ended, &[&session.id]).len(), 1);
    is_over(target, &session);
    target.get_as(&session.token, "/api/auth/users/me").is_unauthorized(target);
}

fn no_access_token_outlives_its_session(target: &Target) {
    let session = start(target);
    session.set(target, "expires_at = date_trunc('second', now()) + interval '100 seconds'");
    let answer = ask(target, &session.refresh_token);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    let expires_in = body["expires_in"].as_i64().expect("a number");
    assert!((90..=100).contains(&expires_in), "{expires_in}");
    let end: i64 = session.value(target, "extract(epoch FROM expires_at)::int8").parse().unwrap();
    assert_eq!(Draft::of(body["token"].as_str().expect("a token")).number("exp"), end);
}

fn the_roles_are_those_of_today(target: &Target) {
    let target = target.costly();
    let roles = |token: &str| Draft::of(token).claims["roles"].to_string();
    let person = target.signed_up("refreshed");
    let mut body = person.json();
    body["session"] = "token".into();
    let signed_in = target.http.post_json("/api/auth/signin", &body).send().json();
    assert_eq!(roles(signed_in["token"].as_str().unwrap()), r#"["ROLE_USER"]"#);
    target.operator().grant(&person.username, "ROLE_MODERATOR");
    let renewed = refresh(target, signed_in["refresh_token"].as_str().unwrap());
    assert_eq!(roles(&renewed.token), r#"["ROLE_USER","ROLE_MODERATOR"]"#);
}

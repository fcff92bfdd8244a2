//! An old token ends its session, and nothing else does.

use std::collections::BTreeSet;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Session, ask, is_let_in, is_refused, next, refresh, start};
use crate::check::{Check, checks};
use crate::crowd::at_once;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_token_two_generations_old_ends_its_session_however_often_it_comes also Pooler, Emulator needs Database;
        the_previous_token_ends_its_session_after_receipt_and_leeway also Pooler, Emulator needs Database;
        an_old_token_sent_many_times_at_once_ends_its_session_once also Pooler, Emulator needs Database Crowds;
        a_theft_ends_no_other_session also Pooler needs Database;
        a_forged_token_with_a_right_id_changes_nothing also Pooler, Emulator needs Database;
        another_rotating_part_in_a_genuine_token_is_an_old_token needs Database;
    ]
}

/// The sessions that an old token has ended: the log has one event of each.
pub(crate) static STOLEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Asserts that an old token has ended the session, and that all tokens of it are refused.
#[track_caller]
fn is_ended(target: &Target, session: &Session, refresh_tokens: &[&str], access_token: &str) {
    STOLEN.lock().expect("no check panics with it").insert(session.id.clone());
    assert_eq!(session.value(target, "reused_at IS NOT NULL"), "true");
    let row = session.row(target);
    for token in refresh_tokens.iter().chain(refresh_tokens) {
        is_refused(target, &ask(target, token));
    }
    assert_eq!(session.row(target), row, "what comes later changes nothing");
    target.get_as(access_token, "/api/auth/users/me").is_unauthorized(target);
}

fn a_token_two_generations_old_ends_its_session_however_often_it_comes(target: &Target) {
    let session = start(target);
    let first = next(target, &session.refresh_token);
    session.age(target, 60);
    let second = refresh(target, &first);
    is_let_in(target, &second.token);
    is_refused(target, &ask(target, &session.refresh_token));
    let all = [&*session.refresh_token, &*first, &*second.refresh_token];
    is_ended(target, &session, &all, &second.token);
}

fn the_previous_token_ends_its_session_after_receipt_and_leeway(target: &Target) {
    let session = start(target);
    let first = refresh(target, &session.refresh_token);
    is_let_in(target, &first.token);
    session.age(target, 60);
    is_refused(target, &ask(target, &session.refresh_token));
    is_ended(target, &session, &[&session.refresh_token, &first.refresh_token], &first.token);
}

fn an_old_token_sent_many_times_at_once_ends_its_session_once(target: &Target) {
    let session = start(target);
    let first = refresh(target, &session.refresh_token);
    is_let_in(target, &first.token);
    session.age(target, 60);
    for answer in at_once(&[&session.refresh_token; 8], |token| ask(target, token)) {
        is_refused(target, &answer);
    }
    is_ended(target, &session, &[&session.refresh_token, &first.refresh_token], &first.token);
}

fn a_theft_ends_no_other_session(target: &Target) {
    let (stolen, other) = (start(target), start(target));
    let first = next(target, &stolen.refresh_token);
    stolen.age(target, 60);
    let second = refresh(target, &first);
    is_refused(target, &ask(target, &stolen.refresh_token));
    is_ended(target, &stolen, &[&second.refresh_token], &second.token);
    is_let_in(target, &refresh(target, &other.refresh_token).token);
}

/// A token of these parts: the id, the constant and the rotating one.
fn forged(parts: [&[u8]; 3]) -> String {
    format!("lkr_{}", URL_SAFE_NO_PAD.encode(parts.concat()))
}

fn bytes(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(&token[4..]).expect("base64url")
}

fn a_forged_token_with_a_right_id_changes_nothing(target: &Target) {
    let (session, other) = (start(target), start(target));
    let (ours, theirs) = (bytes(&session.refresh_token), bytes(&other.refresh_token));
    let rows = || (session.row(target), other.row(target));
    let before = rows();
    for token in [
        forged([&ours[..16], &[0; 16], &[0; 32]]),
        forged([&ours[..16], &[0; 16], &ours[32..]]),
        forged([&ours[..16], &theirs[16..32], &ours[32..]]),
        forged([&ours[..16], &theirs[16..32], &theirs[32..]]),
        forged([&theirs[..16], &ours[16..32], &ours[32..]]),
    ] {
        is_refused(target, &ask(target, &token));
        assert_eq!(rows(), before, "nothing is written");
    }
    is_let_in(target, &session.token);
    next(target, &session.refresh_token);
}

/// Its constant part was in a token of ours alone.
fn another_rotating_part_in_a_genuine_token_is_an_old_token(target: &Target) {
    let session = start(target);
    let ours = bytes(&session.refresh_token);
    is_refused(target, &ask(target, &forged([&ours[..16], &ours[16..32], &[7; 32]])));
    is_ended(target, &session, &[&session.refresh_token], &session.token);
}

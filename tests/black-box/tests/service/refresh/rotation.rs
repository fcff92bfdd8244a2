//! Which refresh token is answered, and with what: one client, in whatever order its requests are.

use super::{ask, generation, is_let_in, next, refresh, start, tokens};
use crate::check::{Check, checks};
use crate::crowd::at_once;
use crate::jws::Draft;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        the_first_refresh_after_a_sign_in_rotates also Emulator, SamLocal;
        the_access_token_is_of_the_same_session_and_client also Emulator;
        within_the_leeway_the_current_token_is_kept also Pooler, Emulator needs Database;
        after_the_leeway_the_current_token_rotates also Pooler, Emulator needs Database;
        within_the_leeway_the_previous_token_gets_its_successor_again also Pooler, Emulator needs Database;
        a_lost_answer_is_had_a_day_later also Pooler, Emulator needs Database;
        only_the_current_generation_is_a_receipt also Pooler, Emulator needs Database;
        of_16_at_once_all_get_one_successor also Pooler, Emulator needs Database Crowds;
        two_tabs_are_never_signed_out also Pooler, Emulator needs Database Crowds;
        without_a_leeway_each_refresh_rotates needs Runner;
    ]
}

fn the_first_refresh_after_a_sign_in_rotates(target: &Target) {
    let session = start(target);
    let renewed = refresh(target, &session.refresh_token);
    assert_ne!(renewed.refresh_token, session.refresh_token);
    assert_eq!(renewed.refresh_token.len(), 90);
    assert_eq!((generation(&renewed), Draft::of(&session.token).number("gen")), (1, 0));
    is_let_in(target, &renewed.token);
    is_let_in(target, &session.token);
}

fn the_access_token_is_of_the_same_session_and_client(target: &Target) {
    let session = start(target);
    let answer = ask(target, &session.refresh_token);
    let renewed = tokens(&answer);
    let (old, new) = (Draft::of(&session.token), Draft::of(&renewed.token));
    for claim in ["iss", "aud", "sub", "client_id", "sid", "database_id"] {
        assert_eq!(old.text(claim), new.text(claim), "{claim}");
    }
    assert_ne!(old.text("jti"), new.text("jti"));
    assert_eq!(new.number("exp") - new.number("iat"), 3600);
    assert_eq!(answer.json()["expires_in"], 3600);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

fn within_the_leeway_the_current_token_is_kept(target: &Target) {
    let session = start(target);
    let first = refresh(target, &session.refresh_token);
    session.age(target, 55);
    let row = session.value(target, "current_hash");
    let again = refresh(target, &first.refresh_token);
    assert_eq!((&again.refresh_token, generation(&again)), (&first.refresh_token, 1));
    assert_ne!(again.token, first.token);
    is_let_in(target, &again.token);
    assert_eq!(session.value(target, "current_hash"), row);
}

fn after_the_leeway_the_current_token_rotates(target: &Target) {
    let session = start(target);
    let mut token = session.refresh_token.clone();
    for number in 1..=3 {
        let renewed = refresh(target, &token);
        assert_ne!(renewed.refresh_token, token);
        assert_eq!(generation(&renewed), number);
        session.age(target, 60);
        token = renewed.refresh_token;
    }
}

fn within_the_leeway_the_previous_token_gets_its_successor_again(target: &Target) {
    let session = start(target);
    let first = refresh(target, &session.refresh_token);
    is_let_in(target, &first.token);
    session.age(target, 55);
    for _ in 0..3 {
        let again = refresh(target, &session.refresh_token);
        assert_eq!((&again.refresh_token, generation(&again)), (&first.refresh_token, 1));
    }
}

fn a_lost_answer_is_had_a_day_later(target: &Target) {
    let session = start(target);
    let lost = next(target, &session.refresh_token);
    for _ in 0..2 {
        session.age(target, 86_400);
        assert_eq!(next(target, &session.refresh_token), lost);
    }
    // The leeway has begun again.
    assert_eq!(next(target, &lost), lost);
    session.age(target, 60);
    assert_ne!(next(target, &lost), lost);
}

fn only_the_current_generation_is_a_receipt(target: &Target) {
    let session = start(target);
    let lost = next(target, &session.refresh_token);
    is_let_in(target, &session.token);
    session.age(target, 86_400);
    assert_eq!(next(target, &session.refresh_token), lost);
    assert_eq!(session.value(target, "seen_generation"), "-1");
}

fn of_16_at_once_all_get_one_successor(target: &Target) {
    for _ in 0..3 {
        let session = start(target);
        let all = [session.refresh_token.as_str(); 16];
        let mut successors = at_once(&all, |token| next(target, token));
        successors.dedup();
        assert_eq!(successors.len(), 1, "{}", session.id);
        assert_eq!(session.value(target, "generation"), "1");
    }
}

/// A client stores no token that it sent.
fn two_tabs_are_never_signed_out(target: &Target) {
    let session = start(target);
    let mut stored = session.refresh_token.clone();
    for round in 0..8 {
        let sent = stored.clone();
        let answers = at_once(&[sent.as_str(); 2], |token| refresh(target, token));
        for answer in answers.into_iter().filter(|answer| answer.refresh_token != sent) {
            if round % 2 == 0 {
                is_let_in(target, &answer.token);
            }
            stored = answer.refresh_token;
        }
        session.age(target, if round % 3 == 0 { 60 } else { 20 });
    }
    assert_eq!(session.value(target, "reused_at IS NULL"), "true");
}

fn without_a_leeway_each_refresh_rotates(target: &Target) {
    let variant = target.variant();
    let session = start(variant);
    let first = next(variant, &session.refresh_token);
    let second = next(variant, &first);
    assert!(first != session.refresh_token && second != first);
    // Its answer may have been lost.
    assert_eq!(next(variant, &first), second);
}

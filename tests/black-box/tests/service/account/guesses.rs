//! How often a signed-in user guesses their own password. A user has twenty guesses at once.

use super::{DELETE, PASSWORD, WRONG, both, fresh};
use crate::check::{Check, checks};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        both_routes_share_one_count also Pooler, Emulator;
        a_breach_of_a_rule_counts_nothing also Emulator;
        a_session_that_is_over_counts_nothing also Pooler needs CachedPolicies;
        right_passwords_are_never_refused also Pooler;
        guesses_at_sign_in_are_others also Emulator;
    ]
}

const AT_ONCE: usize = 20;
const SECONDS: u32 = 1_080;

/// So many wrong guesses, all of which are counted.
#[track_caller]
fn guess_times(target: &Target, token: &str, times: usize) {
    for _ in 0..times / 2 {
        for answer in both(target, token, "not the password") {
            answer.is_text(403, WRONG);
        }
    }
}

#[track_caller]
fn are_limited(target: &Target, token: &str, password: &str) {
    for answer in both(target, token, password) {
        let wait = answer.is_limited();
        assert!(wait <= SECONDS && wait + 60 >= SECONDS, "{wait}");
    }
}

fn both_routes_share_one_count(target: &Target) {
    let (someone, other) = (target.signed_in("guessing"), target.signed_in("other"));
    guess_times(target, &someone.token, AT_ONCE);
    for password in ["not the password", &someone.person.password] {
        are_limited(target, &someone.token, password);
    }
    // Another token of the user is no other budget; another user has one.
    let token = target.token_of(&someone.person);
    are_limited(target, &token, &someone.person.password);
    target.opens_me(&someone.token, true);
    target.change_password(&other.token, &other.person.password, &fresh()).is_done();
    for path in [PASSWORD, DELETE] {
        let body = serde_json::json!({
            "old_password": "x", "new_password": fresh(), "password": "x",
        });
        let request = target.http.post_json(path, &body).bearer(&token);
        let problem = request.header("accept", "application/json").send();
        assert_eq!((problem.status, &problem.json()["code"]), (429, &"rate_limited".into()));
    }
}

fn a_breach_of_a_rule_counts_nothing(target: &Target) {
    let someone = target.signed_in("guessing");
    let (token, name) = (&someone.token, &someone.person.username);
    for new in ["short", "password", name, &format!("{name}1!")].repeat(AT_ONCE / 2) {
        assert_eq!(target.change_password(token, "not the password", new).status, 422);
    }
    guess_times(target, token, AT_ONCE);
    are_limited(target, token, "not the password");
    // A rule is read before a limit.
    assert_eq!(target.change_password(token, "not the password", name).status, 422);
}

fn a_session_that_is_over_counts_nothing(target: &Target) {
    let target = target.caching();
    let someone = target.signed_in("guessing");
    target.opens_me(&someone.token, true);
    assert_eq!(
        target.http.request("POST", "/api/auth/signout").bearer(&someone.token).send().status,
        204
    );
    for _ in 0..AT_ONCE {
        for answer in both(target, &someone.token, "not the password") {
            assert_eq!(answer.status, 401, "{}", answer.text());
        }
    }
    let token = target.token_of(&someone.person);
    for _ in 0..AT_ONCE {
        assert_eq!(target.delete_account(&token, "not the password").status, 403);
    }
    assert_eq!(target.delete_account(&token, "not the password").status, 429);
}

fn right_passwords_are_never_refused(target: &Target) {
    let someone = target.signed_in("changing");
    let mut old = someone.person.password;
    for _ in 0..AT_ONCE + 5 {
        let new = fresh();
        target.change_password(&someone.token, &old, &new).is_done();
        old = new;
    }
    guess_times(target, &someone.token, AT_ONCE - 2);
}

fn guesses_at_sign_in_are_others(target: &Target) {
    let someone = target.signed_in("guessing");
    guess_times(target, &someone.token, AT_ONCE);
    target.token_of(&someone.person);
    let guessed = target.signed_in("guessed");
    while target.signin(&guessed.person.username, "not the password").status == 401 {}
    target.change_password(&guessed.token, &guessed.person.password, &fresh()).is_done();
}

//! What an operator does to a user's account: `sign-out`, `disable`, `enable`, `delete`.

use serde_json::json;

use crate::check::{Check, checks};
use crate::person::{Person, SignedIn};
use crate::sessions::{LIST, is_refused_by_the_function, revoke, without_session};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_sign_out_by_the_operator_ends_every_token_and_no_account also Pooler, Emulator, SamLocal needs Operator OwnKey;
        a_disabled_user_is_answered_like_a_wrong_password also Pooler, Emulator needs Operator;
        an_enabled_user_signs_in_and_what_was_ended_stays_so also Pooler, Emulator needs Operator OwnKey;
        a_deleted_user_is_unknown_and_the_name_is_free also Pooler, Emulator needs Operator OwnKey;
        an_account_that_the_operator_ends_lists_nothing_whatever_policy_is_cached also Emulator needs CachedPolicies Operator;
        an_unknown_user_is_refused_by_each_verb also Pooler needs Operator;
    ]
}

/// Two tokens of a user, and one without a session.
fn tokens(target: &Target, someone: &SignedIn) -> [String; 3] {
    let other = target.token_of(&someone.person);
    let without = without_session(target, &other, "of-no-session");
    [someone.token.clone(), other, without]
}

#[track_caller]
fn opens(target: &Target, tokens: &[String], person: &Person) {
    for token in tokens {
        target.get_as(token, "/api/auth/users/me").is_json(200, &person.public());
    }
}

#[track_caller]
fn opens_nothing(target: &Target, tokens: &[String]) {
    for token in tokens {
        for path in ["/api/auth/users/me", "/api/test/user", "/api/test/profile", LIST] {
            target.get_as(token, path).is_unauthorized(target);
        }
    }
}

fn a_sign_out_by_the_operator_ends_every_token_and_no_account(target: &Target) {
    let (someone, other) = (target.signed_in("out"), target.signed_in("in"));
    let name = &someone.person.username;
    for _ in 0..2 {
        let mut ended = tokens(target, &someone).to_vec();
        ended.remove(0);
        let signed_out = target.operator().succeeds(&["sign-out", name]);
        assert!(signed_out.starts_with(&format!("{name}: signed out, sessions ended: ")));
        ended.push(someone.token.clone());
        opens_nothing(target, &ended);
    }
    opens(target, &[target.token_of(&someone.person)], &someone.person);
    opens(target, std::slice::from_ref(&other.token), &other.person);
}

/// All of a refused sign-in that a client sees.
fn refusals(target: &Target, username: &str, password: &str) -> [(u16, String, Option<String>); 2] {
    let fields = [("username", username), ("password", password)];
    [target.signin(username, password), target.token(&fields)].map(|answer| {
        let challenge = answer.header("x-amzn-remapped-www-authenticate").map(str::to_owned);
        (answer.status, answer.text(), challenge)
    })
}

fn a_disabled_user_is_answered_like_a_wrong_password(target: &Target) {
    let someone = target.signed_in("disabled");
    let Person { username, password, .. } = &someone.person;
    let wrong = refusals(target, username, "not the password");
    let disabled = target.operator().succeeds(&["disable", username]);
    assert!(disabled.starts_with(&format!("{username}: disabled since 20")), "{disabled}");
    assert_eq!(refusals(target, username, password), wrong);
    assert_eq!(refusals(target, username, "not the password"), wrong);
    opens_nothing(target, std::slice::from_ref(&someone.token));
    let (_, since) = disabled.trim_end().rsplit_once(' ').expect("a time");
    let list = target.operator().succeeds(&["list"]);
    let line = list.lines().find(|line| line.contains(username)).expect("the user");
    // The runner marks the user, `admin.sh` prints the time.
    assert!(line.contains("(disabled)") || line.contains(since), "{line}");
}

fn an_enabled_user_signs_in_and_what_was_ended_stays_so(target: &Target) {
    let someone = target.signed_in("enabled");
    let (name, old) = (&someone.person.username, tokens(target, &someone));
    opens(target, &old, &someone.person);
    let mut body = json!({ "username": name, "password": someone.person.password });
    body["session"] = json!("token");
    let session = target.http.post_json("/api/auth/signin", &body).send().json();
    let refresh = || {
        let body = json!({ "refresh_token": session["refresh_token"] });
        target.http.post_json("/api/auth/refresh", &body).send().status
    };
    assert_eq!(refresh(), 200);
    target.operator().succeeds(&["disable", name]);
    opens_nothing(target, &old);
    assert_eq!(refresh(), 401);
    let enabled = target.operator().succeeds(&["enable", name]);
    assert_eq!(enabled, format!("{name}: enabled\n"));
    assert_eq!(refresh(), 401);
    opens(target, &[target.token_of(&someone.person)], &someone.person);
    opens_nothing(target, &old);
}

fn a_deleted_user_is_unknown_and_the_name_is_free(target: &Target) {
    let someone = target.signed_in("deleted");
    let (person, old) = (&someone.person, tokens(target, &someone));
    let deleted = target.operator().succeeds(&["delete", &person.username]);
    assert!(deleted.starts_with(&format!("{}: deleted, ", person.username)), "{deleted}");
    assert_eq!(target.signin(&person.username, &person.password).status, 401);
    opens_nothing(target, &old);
    target.signup(person).is_json(200, &person.public());
    opens(target, &[target.token_of(person)], person);
    opens_nothing(target, &old);
}

fn an_account_that_the_operator_ends_lists_nothing_whatever_policy_is_cached(target: &Target) {
    let target = target.caching();
    for verb in ["sign-out", "disable", "delete"] {
        let someone = target.signed_in("policy");
        assert_eq!(target.get_as(&someone.token, LIST).status, 200);
        target.operator().succeeds(&[verb, &someone.person.username]);
        // The policy is still there.
        let cached = target.get_as(&someone.token, "/api/auth/users/me");
        cached.is_json(200, &someone.person.public());
        is_refused_by_the_function(&target.get_as(&someone.token, LIST), target);
        let all = revoke(target, &someone.token, &json!({ "which": "all" }));
        is_refused_by_the_function(&all, target);
    }
}

fn an_unknown_user_is_refused_by_each_verb(target: &Target) {
    let nobody = Person::new("nobody").username;
    for verb in ["sign-out", "disable", "enable", "delete"] {
        let output = target.operator().run(&[verb, &nobody]);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && complaint.contains("No user"), "{complaint}");
    }
}

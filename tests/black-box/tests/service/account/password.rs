//! A change of the password.

use std::thread;

use serde_json::{Value, json};

use super::{HASH, SHORT, WRONG, both, fresh, with_hash};
use crate::check::{Check, checks};
use crate::client::Answer;
use crate::crowd::at_once;
use crate::person::Person;
use crate::sessions::without_session;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        the_new_password_signs_in_and_the_old_one_does_not also Pooler, Emulator;
        all_but_the_callers_session_end also Pooler, Emulator needs OwnKey;
        the_callers_refresh_token_goes_on also Pooler, Emulator;
        with_a_token_without_a_session_everything_ends also Pooler, Emulator needs OwnKey;
        the_new_hash_is_ours needs Database;
        the_new_password_obeys_the_rules_of_sign_up also Emulator;
        a_rule_is_applied_before_the_old_password_is_checked;
        the_name_that_counts_is_the_one_of_now needs CachedPolicies Database;
        of_changes_at_once_one_succeeds also Pooler, Emulator needs Crowds;
        no_sign_in_under_way_outlives_a_change also Pooler needs Crowds Quick;
    ]
}

fn the_new_password_signs_in_and_the_old_one_does_not(target: &Target) {
    let someone = target.signed_in("changed");
    let (name, old) = (&someone.person.username, &someone.person.password);
    for new in [fresh(), "🔑".repeat(100), "x y".repeat(340)] {
        let before = target.signin(name, old);
        let token = before.json()["token"].as_str().expect("a token").to_owned();
        target.change_password(&token, old, &new).is_done();
        target.signin(name, old).is_text(401, "Incorrect username or password");
        target.opens_me(&token, true);
        let back = target.signin(name, &new).json()["token"].as_str().expect("it").to_owned();
        target.change_password(&back, &new, old).is_done();
    }
}

fn all_but_the_callers_session_end(target: &Target) {
    let someone = target.signed_in("others");
    let others = [target.token_of(&someone.person), target.token_of(&someone.person)];
    let without = without_session(target, &someone.token, "others");
    let (stranger, new) = (target.signed_in("stranger"), fresh());
    for token in others.iter().chain([&without]) {
        target.opens_me(token, true);
    }
    target.change_password(&someone.token, &someone.person.password, &new).is_done();
    for token in others.iter().chain([&without]) {
        target.opens_me(token, false);
        for answer in both(target, token, &new) {
            answer.is_unauthorized(target);
        }
    }
    target.opens_me(&someone.token, true);
    target.opens_me(&stranger.token, true);
}

fn the_callers_refresh_token_goes_on(target: &Target) {
    let someone = target.signed_up("renewed");
    let start = || {
        let mut body = someone.json();
        body["session"] = json!("token");
        target.http.post_json("/api/auth/signin", &body).send().json()
    };
    let refresh = |session: &Value| {
        let body = json!({ "refresh_token": session["refresh_token"] });
        target.http.post_json("/api/auth/refresh", &body).send().status
    };
    let (mine, other) = (start(), start());
    let token = mine["token"].as_str().expect("a token");
    target.change_password(token, &someone.password, &fresh()).is_done();
    assert_eq!((refresh(&mine), refresh(&other)), (200, 401));
}

fn with_a_token_without_a_session_everything_ends(target: &Target) {
    let someone = target.signed_in("everything");
    let other = target.token_of(&someone.person);
    let without = without_session(target, &someone.token, "everything");
    target.change_password(&without, &someone.person.password, &fresh()).is_done();
    for token in [&without, &someone.token, &other] {
        target.opens_me(token, false);
    }
}

fn the_new_hash_is_ours(target: &Target) {
    let someone = with_hash(target, Some(HASH));
    let name = &someone.person.username;
    let database = target.database();
    database.query("UPDATE users SET hashed_by = 'app' WHERE username = $1", &[name]);
    let of = |new: &str| {
        target.change_password(&someone.token, SHORT, new).is_done();
        let hash = database.hash_of(name).expect("a hash");
        let by = "SELECT hashed_by FROM users WHERE username = $1";
        let by: String = database.query(by, &[name])[0].get(0);
        database.set_hash(name, Some(HASH));
        (hash, by)
    };
    let cost = target.bcrypt_cost();
    let (hash, by) = of(&fresh());
    assert!(hash.starts_with(&format!("$2b${cost:02}$")), "{}", &hash[..8]);
    assert_eq!(by, "latchkey");
    let (hash, _) = of(&"p q".repeat(30));
    assert!(hash.starts_with(&format!("$bcrypt-sha256$v=2,t=2b,r={cost}$")), "{}", &hash[..25]);
}

/// New passwords of a user that a rule refuses, with the rule's type and the start of its words.
pub(crate) fn refused(person: &Person) -> Vec<(String, &'static str, &'static str)> {
    let common = "Value error, password is too common";
    let like_name = "Value error, password is too similar to the username";
    let like_email = "Value error, password is too similar to the email address";
    let local_part = person.email.split('@').next().expect("one");
    vec![
        ("1234567".into(), "string_too_short", "String should have at least 8 characters"),
        ("x".repeat(1025), "value_error", "Value error, string should have at most 1024 bytes"),
        ("with\0nul in it".into(), "value_error", "Value error, string should have no NUL"),
        ("pAsSwOrD".into(), "value_error", common),
        (person.username.to_uppercase(), "value_error", like_name),
        (format!("{}123!", person.username), "value_error", like_name),
        (person.email.clone(), "value_error", like_email),
        (format!("!{local_part}{local_part}!"), "value_error", like_email),
        ("Latchkey 2024".into(), "value_error", "Value error, password is too similar to the name"),
    ]
}

#[track_caller]
fn is_refused_for(answer: &Answer, kind: &str, words: &str) {
    answer.is_invalid(&[(kind, json!(["body", "new_password"]))]);
    assert!(answer.details()[0].msg.starts_with(words), "{}", answer.text());
}

fn the_new_password_obeys_the_rules_of_sign_up(target: &Target) {
    let someone = target.signed_in("ruled");
    let old = &someone.person.password;
    for (new, kind, words) in refused(&someone.person) {
        is_refused_for(&target.change_password(&someone.token, old, &new), kind, words);
    }
    target.opens_me(&someone.token, true);
    assert_eq!(target.signin(&someone.person.username, old).status, 200);
    let other = target.signed_up("another");
    target.change_password(&someone.token, old, &other.username).is_done();
}

fn a_rule_is_applied_before_the_old_password_is_checked(target: &Target) {
    let someone = target.signed_in("order");
    for (new, kind, words) in refused(&someone.person) {
        let answer = target.change_password(&someone.token, "not the password", &new);
        is_refused_for(&answer, kind, words);
    }
}

fn the_name_that_counts_is_the_one_of_now(target: &Target) {
    let target = target.caching();
    let someone = target.signed_in("renamed");
    target.opens_me(&someone.token, true);
    let name = format!("{}-{}", "n".repeat(13), someone.person.username);
    let rename = "UPDATE users SET username = $2 WHERE username = $1";
    target.database().query(rename, &[&someone.person.username, &name]);
    // No password is verified, so none of so many is counted.
    for old in [&someone.person.password, "not the password"].repeat(11) {
        let answer = target.change_password(&someone.token, old, &name);
        answer.breaks_rule("new_password", &["similar", "username"]);
    }
}

fn of_changes_at_once_one_succeeds(target: &Target) {
    let someone = target.signed_in("at-once");
    let new: Vec<_> = (0..4).map(|_| fresh()).collect();
    let change =
        |new: &String| target.change_password(&someone.token, &someone.person.password, new);
    let answers = at_once(&new, change);
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    for (answer, new) in answers.iter().zip(&new) {
        let signs_in = target.signin(&someone.person.username, new).status == 200;
        assert_eq!(signs_in, answer.status == 204);
        match answer.status {
            204 => {}
            403 => answer.is_text(403, WRONG),
            _ => answer.is_text(409, "Password already changed"),
        }
    }
}

/// 150 changes, each with two sign-ins by the password that it replaces. A name takes ten wrong guesses.
fn no_sign_in_under_way_outlives_a_change(target: &Target) {
    let (mut started, mut refused) = (0, 0);
    for _ in 0..38 {
        let (more_started, more_refused) = race_with_changes(target, 4);
        (started, refused) = (started + more_started, refused + more_refused);
    }
    assert!(started > 0, "no sign-in came before a change, and {refused} after one");
}

/// Changes the password of a new user so often; returns how many sign-ins came before a change and after
/// one.
fn race_with_changes(target: &Target, changes: usize) -> (u32, u32) {
    let someone = target.signed_in("racing");
    let name = &someone.person.username;
    let passwords = [someone.person.password.clone(), fresh()];
    let (mut started, mut refused) = (0, 0);
    for round in 0..changes {
        let (old, new) = (&passwords[round % 2], &passwords[(round + 1) % 2]);
        let answers = thread::scope(|scope| {
            let sign_ins = [(); 2].map(|()| scope.spawn(|| target.signin(name, old)));
            target.change_password(&someone.token, old, new).is_done();
            sign_ins.map(|sign_in| sign_in.join().expect("an answer"))
        });
        for answer in answers {
            if answer.status == 200 {
                let token = answer.json()["token"].as_str().expect("a token").to_owned();
                target.opens_me(&token, false);
                started += 1;
            } else {
                answer.is_text(401, "Incorrect username or password");
                refused += 1;
            }
        }
        target.opens_me(&someone.token, true);
    }
    (started, refused)
}

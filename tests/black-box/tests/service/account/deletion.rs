//! The deletion of one's own account.

use std::sync::Arc;

use serde_json::json;

use super::{DELETE, both, fresh};
use crate::check::{Check, checks};
use crate::sessions::without_session;
use crate::target::{CHEAP, Target};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_deleted_account_is_gone also Pooler, Emulator needs Database OwnKey;
        a_later_user_of_the_name_is_another_one also Emulator needs Database;
        a_user_that_the_teams_own_table_needs_stays also Pooler, Emulator needs Database;
        the_cookie_of_a_session_is_removed_if_it_was_sent also Emulator;
        a_deletion_that_is_off_is_not_found needs Runner;
    ]
}

/// How many rows there are of a user.
fn rows_of(target: &Target, id: i32) -> i64 {
    let rows = "SELECT (SELECT count(*) FROM users WHERE id = $1) \
                + (SELECT count(*) FROM users_to_roles WHERE user_id = $1) \
                + (SELECT count(*) FROM sign_ins WHERE user_id = $1)";
    target.database().count(rows, &[&id])
}

fn a_deleted_account_is_gone(target: &Target) {
    let (someone, stranger) = (target.signed_in("gone"), target.signed_in("stays"));
    let (name, password) = (&someone.person.username, &someone.person.password);
    let others =
        [target.token_of(&someone.person), without_session(target, &someone.token, "gone")];
    let id = target.database().id_of(name);
    target.delete_account(&someone.token, password).is_done();
    assert_eq!(rows_of(target, id), 0);
    for token in others.iter().chain([&someone.token]) {
        target.opens_me(token, false);
        for answer in both(target, token, password) {
            answer.is_unauthorized(target);
        }
    }
    target.signin(name, password).is_text(401, "Incorrect username or password");
    target.opens_me(&stranger.token, true);
    assert_eq!(target.signin(&stranger.person.username, &stranger.person.password).status, 200);
}

fn a_later_user_of_the_name_is_another_one(target: &Target) {
    let someone = target.signed_in("later");
    let name = &someone.person.username;
    let before = target.database().id_of(name);
    target.delete_account(&someone.token, &someone.person.password).is_done();
    target.signup(&someone.person).is_json(200, &someone.person.public());
    assert!(target.database().id_of(name) > before);
    target.opens_me(&someone.token, false);
    target.opens_me(&target.token_of(&someone.person), true);
}

fn a_user_that_the_teams_own_table_needs_stays(target: &Target) {
    for (number, reference) in [
        "REFERENCES users",
        "REFERENCES users DEFERRABLE INITIALLY DEFERRED",
        "NOT NULL REFERENCES users ON DELETE SET NULL",
    ]
    .into_iter()
    .enumerate()
    {
        let someone = target.signed_in("buyer");
        let database = target.database();
        let id = database.id_of(&someone.person.username);
        let (rows, table) = (rows_of(target, id), format!("orders_{number}_of_{id}"));
        database.query(&format!("CREATE TABLE {table} (buyer int {reference})"), &[]);
        database.query(&format!("INSERT INTO {table} VALUES ($1)"), &[&id]);
        // A right password's charge is given back, so none of so many is limited.
        let times = if number == 0 { 21 } else { 1 };
        let delete = || target.delete_account(&someone.token, &someone.person.password);
        let answers: Vec<_> = (0..times).map(|_| delete()).collect();
        assert_eq!(rows_of(target, id), rows, "{reference}");
        target.opens_me(&someone.token, true);
        database.query(&format!("DROP TABLE {table}"), &[]);
        for answer in answers {
            answer.is_text(409, "Account in use");
        }
        target.delete_account(&someone.token, &someone.person.password).is_done();
    }
}

fn the_cookie_of_a_session_is_removed_if_it_was_sent(target: &Target) {
    for sends in [true, false] {
        let person = target.signed_up("cookie");
        let mut body = person.json();
        body["session"] = json!("cookie");
        let signed_in = target.http.post_json("/api/auth/signin", &body).send();
        let cookie = signed_in.header("set-cookie").expect("a cookie").to_owned();
        let token = signed_in.json()["token"].as_str().expect("a token").to_owned();
        let (cookie, _) = cookie.split_once(';').expect("its attributes");
        let body = json!({ "password": person.password });
        let ask = target.http.post_json(DELETE, &body).bearer(&token);
        let answer = if sends { ask.header("cookie", cookie) } else { ask }.send();
        answer.is_done();
        let cleared = answer.header("set-cookie");
        assert_eq!(cleared.is_some(), sends);
        assert!(
            cleared
                .is_none_or(|it| { it.starts_with("__Host-latchkey_session=; Max-Age=0; Path=/") })
        );
    }
}

fn a_deletion_that_is_off_is_not_found(target: &Target) {
    let settings = ["AuthorizerCacheSeconds=0", "AccountDeletion=off", CHEAP];
    let other = Target::runner("keeps-accounts", &settings, Arc::clone(&target.secrets));
    let other = other.unwrap_or_else(|sentence| panic!("{sentence}"));
    let ada = other.ada();
    for password in [ada.person.password.as_str(), "not the password"] {
        other.delete_account(&ada.token, password).is_text(404, "Not Found");
    }
    other.opens_me(&ada.token, true);
    other.change_password(&ada.token, &ada.person.password, &fresh()).is_done();
    other.stop();
}

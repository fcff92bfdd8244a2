//! `POST /api/auth/users/me/password` and `/api/auth/users/me/delete`.

mod deletion;
mod guesses;
mod password;

use serde_json::{Value, json};

pub(crate) use self::password::refused;

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::expectation::{INVALID_TOKEN, NO_CREDENTIALS};
use crate::person::{Person, SignedIn};
use crate::sessions::{REVOKE, without_session};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    let own = checks![
        both_need_a_token also Emulator;
        a_wrong_password_is_403_and_ends_nothing also Pooler, Emulator needs Database;
        no_password_and_a_foreign_hash_are_wrong_passwords also Pooler, Emulator needs Database;
        every_hash_of_the_legacy_app_is_verified needs Database;
        a_missing_field_is_named also Emulator;
        another_type_is_no_string;
        a_body_that_is_too_large_or_no_json_is_refused also Emulator;
        what_was_sent_is_not_echoed also Emulator;
        what_is_over_changes_nothing_whatever_policy_is_kept also Emulator needs CachedPolicies OwnKey;
    ];
    [own, password::checks(), deletion::checks(), guesses::checks()].into_iter().flatten().collect()
}

/// The path of a change of the password.
pub(crate) const PASSWORD: &str = "/api/auth/users/me/password";
/// The path of the deletion.
pub(crate) const DELETE: &str = "/api/auth/users/me/delete";
const ME: &str = "/api/auth/users/me";
const WRONG: &str = "Incorrect password";
/// passlib's hash of `SHORT`, of cost 4.
const HASH: &str = "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S";
const SHORT: &str = "correct horse battery";

impl Target {
    /// Asks for another password.
    #[track_caller]
    pub(crate) fn change_password(&self, token: &str, old: &str, new: &str) -> Answer {
        let body = json!({ "old_password": old, "new_password": new });
        self.http.post_json(PASSWORD, &body).bearer(token).send()
    }

    /// Asks for the deletion of the account.
    #[track_caller]
    pub(crate) fn delete_account(&self, token: &str, password: &str) -> Answer {
        self.http.post_json(DELETE, &json!({ "password": password })).bearer(token).send()
    }

    /// Asserts that the token opens `me`, or that it doesn't.
    #[track_caller]
    pub(crate) fn opens_me(&self, token: &str, opens: bool) {
        let answer = self.get_as(token, ME);
        if opens {
            assert_eq!(answer.status, 200, "{}", answer.text());
        } else {
            answer.is_unauthorized(self);
        }
    }
}

impl Answer {
    /// Asserts an empty 204 that no cache stores.
    #[track_caller]
    pub(crate) fn is_done(&self) {
        assert_eq!((self.status, self.body.len()), (204, 0), "{} {}", self.asked, self.text());
        assert_eq!(self.header("cache-control"), Some("no-store"));
    }
}

/// A new password that no rule refuses.
pub(crate) fn fresh() -> String {
    Person::new("fresh").password
}

/// Both routes, each with this as the caller's password.
fn both(target: &Target, token: &str, password: &str) -> [Answer; 2] {
    [target.change_password(token, password, &fresh()), target.delete_account(token, password)]
}

/// A user with a token, and with this as the stored password.
fn with_hash(target: &Target, hash: Option<&str>) -> SignedIn {
    let someone = target.signed_in("hash");
    target.database().set_hash(&someone.person.username, hash);
    someone
}

fn both_need_a_token(target: &Target) {
    for (path, body) in [
        (PASSWORD, json!({ "old_password": "a", "new_password": "b" })),
        (DELETE, json!({ "password": "a" })),
    ] {
        target.http.post_json(path, &body).send().is_unauthorized(target);
        target.http.post_json(path, &body).bearer("x").send().is_unauthorized(target);
    }
}

fn a_wrong_password_is_403_and_ends_nothing(target: &Target) {
    let someone = target.signed_in("wrong");
    let (name, right) = (&someone.person.username, &someone.person.password);
    let before = target.database().hash_of(name);
    for wrong in ["", "not the password", &format!("{right} "), &right[1..], &right.to_uppercase()]
    {
        for answer in both(target, &someone.token, wrong) {
            answer.is_text(403, WRONG);
            assert_eq!(answer.header("x-amzn-remapped-www-authenticate"), None);
        }
    }
    let body = json!({ "password": "not the password" });
    let ask = target.http.post_json(DELETE, &body).bearer(&someone.token);
    let problem = ask.header("accept", "application/json").send().json();
    assert_eq!((&problem["code"], &problem["status"]), (&json!("wrong_password"), &json!(403)));
    assert_eq!(target.database().hash_of(name), before);
    target.opens_me(&someone.token, true);
    assert_eq!(target.signin(name, right).status, 200);
}

fn no_password_and_a_foreign_hash_are_wrong_passwords(target: &Target) {
    for hash in [
        None,
        Some(""),
        Some("plaintext"),
        Some("$2b$12$idOji.NscpM.NzOJirVM1O"),
        Some("$1$salt$qJH7.N4xYta3aEG/dfqo/0"),
    ] {
        let someone = with_hash(target, hash);
        for password in ["", hash.unwrap_or("null"), SHORT] {
            for answer in both(target, &someone.token, password) {
                answer.is_text(403, WRONG);
            }
        }
        assert_eq!(target.database().hash_of(&someone.person.username).as_deref(), hash);
        target.opens_me(&someone.token, true);
    }
}

fn every_hash_of_the_legacy_app_is_verified(target: &Target) {
    let long = "correct horse battery staple correct horse battery staple correct horse \
                battery staple correct horse";
    for (password, hash) in [
        (SHORT, HASH),
        (SHORT, "$2a$05$10llMOJSJasMS2vJFKZ1I.96eQ9N9hHDQpZ8gelCTiFPmrkVyVUbq"),
        (SHORT, "$2$04$XM2Abp0Ui4yDHY8uepZ0GeNQMCxVeCOd.rCJxBwQcVU5Oc50AdyNK"),
        (long, "$2b$04$.ZwY/X2ML0g5CFyeA/aL6O8H57a2fMaykNiEKEdky9.tN3pJYl4Dm"),
        (
            long,
            "$bcrypt-sha256$v=2,t=2b,r=4$6tc0gtDC5xyfcKiXyYCype$J/NPKK3msDEN1glBPop/NfQ4IekFc2q",
        ),
        (long, "$bcrypt-sha256$2b,4$VVzYQIwc1Lky9cVO316hGO$5ij0qQlFFvBt8/rFvknSRrwqtxNjobu"),
    ] {
        let (changed, deleted) = (with_hash(target, Some(hash)), with_hash(target, Some(hash)));
        for someone in [&changed, &deleted] {
            // As in the legacy app's rows.
            target.database().query(
                "UPDATE users SET hashed_by = 'app' WHERE username = $1",
                &[&someone.person.username],
            );
        }
        let new = fresh();
        target.change_password(&changed.token, &password[1..], &new).is_text(403, WRONG);
        target.change_password(&changed.token, password, &new).is_done();
        assert_eq!(target.signin(&changed.person.username, &new).status, 200);
        target.delete_account(&deleted.token, &password[1..]).is_text(403, WRONG);
        target.delete_account(&deleted.token, password).is_done();
    }
}

fn a_missing_field_is_named(target: &Target) {
    let token = &target.ada().token;
    for (path, body, missing) in [
        (PASSWORD, json!({}), &["old_password", "new_password"][..]),
        (PASSWORD, json!({ "old_password": "a" }), &["new_password"]),
        (PASSWORD, json!({ "new_password": fresh() }), &["old_password"]),
        (DELETE, json!({ "old_password": "a" }), &["password"]),
    ] {
        let expected: Vec<_> =
            missing.iter().map(|field| ("missing", json!(["body", field]))).collect();
        target.http.post_json(path, &body).bearer(token).send().is_invalid(&expected);
    }
}

fn another_type_is_no_string(target: &Target) {
    let token = &target.ada().token;
    for odd in [json!(null), json!(1), json!(true), json!(["x"]), json!({ "x": 1 })] {
        let body = json!({ "old_password": odd, "new_password": odd, "password": odd });
        target.http.post_json(PASSWORD, &body).bearer(token).send().is_invalid(&[
            ("string_type", json!(["body", "old_password"])),
            ("string_type", json!(["body", "new_password"])),
        ]);
        let answer = target.http.post_json(DELETE, &body).bearer(token).send();
        answer.is_invalid(&[("string_type", json!(["body", "password"]))]);
    }
}

fn a_body_that_is_too_large_or_no_json_is_refused(target: &Target) {
    let token = &target.ada().token;
    for path in [PASSWORD, DELETE] {
        let send = |media_type: &str, body: String| {
            target.http.post(path, media_type, body).bearer(token).send()
        };
        assert_eq!(send("application/json", "x".repeat(70_000)).status, 413);
        for (media_type, body) in [
            ("application/json", ""),
            ("application/json", "{"),
            ("application/json", "[]"),
            ("application/x-www-form-urlencoded", "password=x&old_password=x&new_password=x"),
            ("text/plain", r#"{"password":"x"}"#),
            (
                "application/json",
                r#"{"password":"\ud800","old_password":"\u0000","new_password":"x"}"#,
            ),
        ] {
            assert_eq!(send(media_type, body.to_owned()).status, 422, "{media_type} {body}");
        }
    }
}

fn what_was_sent_is_not_echoed(target: &Target) {
    let someone = target.signed_in("echo");
    let marker = "MARKER-of-7f3a";
    let answers = [
        target.change_password(&someone.token, marker, marker),
        target.change_password(&someone.token, marker, "short"),
        target.change_password(&someone.token, &someone.person.password, "password"),
        target.delete_account(&someone.token, marker),
    ];
    for answer in answers {
        assert!(!answer.text().contains(marker) && !answer.text().contains(&someone.token));
        assert!(!format!("{:?}", answer.headers).contains(marker));
    }
}

/// Asserts that a function refuses the token, whatever policy the gateway has.
#[track_caller]
fn is_refused_by_the_function(answer: &Answer, target: &Target) {
    answer.says(target, 401, NO_CREDENTIALS);
    answer.challenges(target, INVALID_TOKEN);
}

fn what_is_over_changes_nothing_whatever_policy_is_kept(target: &Target) {
    let target = target.caching();
    let someone = target.signed_in("over");
    let other = target.token_of(&someone.person);
    let without = without_session(target, &someone.token, "over");
    let is = |which: &str| -> Value { json!({ "which": which }) };
    for token in [&someone.token, &without] {
        target.opens_me(token, true);
        let ended = target.http.post_json(REVOKE, &is("current")).bearer(token).send();
        assert_eq!(ended.status, 200, "{}", ended.text());
        for answer in both(target, token, &someone.person.password) {
            is_refused_by_the_function(&answer, target);
        }
        // The policy is still there.
        target.opens_me(token, true);
    }
    target.opens_me(&other, true);
    assert_eq!(target.signin(&someone.person.username, &someone.person.password).status, 200);
}

//! `POST /api/auth/refresh`, and `grant_type=refresh_token` at the token endpoint.

mod cookie;
mod ends;
mod oauth;
mod presented;
mod rotation;
mod theft;

use serde_json::{Value, json};

use crate::check::Check;
use crate::client::Answer;
use crate::expectation::NO_CREDENTIALS;
use crate::jws::Draft;
use crate::target::Target;

pub(crate) use theft::STOLEN;

pub(crate) fn checks() -> Vec<Check> {
    [
        rotation::checks(),
        theft::checks(),
        ends::checks(),
        presented::checks(),
        cookie::checks(),
        oauth::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The path.
pub(crate) const REFRESH: &str = "/api/auth/refresh";

/// A session whose client has a refresh token.
struct Session {
    id: String,
    /// The access token.
    token: String,
    refresh_token: String,
}

/// The tokens of a refresh.
#[derive(Debug, PartialEq, Eq)]
struct Tokens {
    token: String,
    refresh_token: String,
}

/// A new session of the valid user.
#[track_caller]
fn start(target: &Target) -> Session {
    let mut body = target.ada().person.json();
    body["session"] = json!("token");
    let answer = target.http.post_json("/api/auth/signin", &body).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = |name: &str| answer.json()[name].as_str().expect("a token").to_owned();
    let token = text("token");
    let id = Draft::of(&token).text("sid").to_owned();
    Session { id, token, refresh_token: text("refresh_token") }
}

#[track_caller]
fn ask(target: &Target, refresh_token: &str) -> Answer {
    target.http.post_json(REFRESH, &json!({ "refresh_token": refresh_token })).send()
}

/// The tokens of an answer that has exactly these members.
#[track_caller]
fn tokens(answer: &Answer) -> Tokens {
    let body = answer.json();
    let expected = json!({
        "token": body["token"], "token_type": "bearer", "expires_in": body["expires_in"],
        "refresh_token": body["refresh_token"],
    });
    answer.is_json(200, &expected);
    assert_eq!(answer.header("set-cookie"), None);
    let text = |name: &str| body[name].as_str().expect("a token").to_owned();
    Tokens { token: text("token"), refresh_token: text("refresh_token") }
}

/// Refreshes, which succeeds.
#[track_caller]
fn refresh(target: &Target, refresh_token: &str) -> Tokens {
    tokens(&ask(target, refresh_token))
}

/// Refreshes, and returns the next refresh token.
#[track_caller]
fn next(target: &Target, refresh_token: &str) -> String {
    refresh(target, refresh_token).refresh_token
}

#[track_caller]
fn is_refused(target: &Target, answer: &Answer) {
    answer.says(target, 401, NO_CREDENTIALS);
    answer.challenges(target, "Bearer");
    assert_eq!(answer.header("set-cookie"), None, "a refusal leaves the cookie");
}

/// Uses an access token, which the authorizer notes.
#[track_caller]
fn is_let_in(target: &Target, token: &str) {
    target.get_as(token, "/api/auth/users/me").is_json(200, &target.ada().person.public());
}

/// A number in the claims of a token.
fn generation(tokens: &Tokens) -> i64 {
    Draft::of(&tokens.token).number("gen")
}

impl Session {
    /// Changes its row.
    #[track_caller]
    fn set(&self, target: &Target, assignments: &str) {
        let update =
            format!("UPDATE sign_ins SET {assignments} WHERE id = $1::text::uuid RETURNING 1");
        assert_eq!(target.database().query(&update, &[&self.id]).len(), 1);
    }

    /// Lets time pass since the last rotation.
    #[track_caller]
    fn age(&self, target: &Target, seconds: u32) {
        let interval = format!("interval '{seconds} seconds'");
        self.set(target, &format!("rotated_at = rotated_at - {interval}"));
    }

    /// The whole row; `None` if there is none.
    #[track_caller]
    fn row(&self, target: &Target) -> Option<String> {
        let row = "SELECT s::text FROM sign_ins AS s WHERE id = $1::text::uuid";
        target.database().query(row, &[&self.id]).first().map(|row| row.get(0))
    }

    /// A part of the row as text.
    #[track_caller]
    fn value(&self, target: &Target, of: &str) -> String {
        let value = format!("SELECT ({of})::text FROM sign_ins WHERE id = $1::text::uuid");
        target.database().query(&value, &[&self.id])[0].get(0)
    }
}

/// The body of a 422 without a refresh token.
fn missing() -> [(&'static str, Value); 1] {
    [("missing", json!(["body", "refresh_token"]))]
}

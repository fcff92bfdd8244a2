//! Limits on guesses and sign-ups. A name takes ten guesses at once from one address, and twenty from all.

mod accounts;
mod answers;
mod networks;
mod processes;
mod proxies;
mod rows;

use std::net::Ipv4Addr;

use serde_json::json;

use crate::check::Check;
use crate::client::Answer;
use crate::target::Target;

/// The checks that may run side by side.
pub(crate) fn checks() -> Vec<Check> {
    [
        accounts::checks(),
        answers::checks(),
        networks::checks(),
        processes::checks(),
        proxies::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The checks that compare or move the rows of all keys, or count hashes.
pub(crate) fn alone() -> Vec<Check> {
    rows::checks()
}

const SIGNIN: &str = "/api/auth/signin";
const TOKEN: &str = "/api/auth/token";
const WRONG: &str = "not the password";
const LIMITED: &str = "Too Many Requests";

/// The guesses of one name that one address has at once, and that all have.
const AT_ONCE: usize = 10;
const AT_ONCE_BY_ALL: usize = 20;

/// The seconds after which one of each comes back.
const PAIR_SECONDS: u32 = 2_160;
const ACCOUNT_SECONDS: u32 = 1_080;

/// A wrong guess.
#[track_caller]
fn guess(target: &Target, username: &str) -> Answer {
    target.signin(username, WRONG)
}

/// A sign-in from another address of this machine.
#[track_caller]
fn signin_from(target: &Target, source: [u8; 4], username: &str, password: &str) -> Answer {
    let body = json!({ "username": username, "password": password });
    target.http.post_json(SIGNIN, &body).send_from(Ipv4Addr::from(source))
}

/// Wrong guesses that are all counted.
#[track_caller]
fn guess_times(target: &Target, username: &str, times: usize) {
    for number in 0..times {
        let answer = guess(target, username);
        assert_eq!(answer.status, 401, "guess {number}: {}", answer.text());
    }
}

/// Wrong guesses that are all counted, from another address.
#[track_caller]
fn guess_times_from(target: &Target, source: [u8; 4], username: &str, times: usize) {
    for number in 0..times {
        let answer = signin_from(target, source, username, WRONG);
        assert_eq!(answer.status, 401, "guess {number}: {}", answer.text());
    }
}

impl Answer {
    /// Asserts the answer over a limit; returns its `Retry-After`.
    #[track_caller]
    pub(crate) fn is_limited(&self) -> u32 {
        assert_eq!((self.status, self.text().as_str()), (429, LIMITED), "{}", self.asked);
        self.retry_after()
    }

    #[track_caller]
    fn retry_after(&self) -> u32 {
        let text = self.header("retry-after").unwrap_or_else(|| panic!("{self:?}"));
        let seconds = text.parse().expect("whole seconds");
        assert!((1..=86_400).contains(&seconds), "{text}");
        seconds
    }
}

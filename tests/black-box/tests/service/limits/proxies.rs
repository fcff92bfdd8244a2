//! Whose network it is behind a proxy of the operator's, and networks without a limit, at a runner with
//! these settings.

use std::sync::{Arc, OnceLock};

use serde_json::json;

use super::{AT_ONCE, AT_ONCE_BY_ALL, SIGNIN, WRONG};
use crate::check::{Check, checks};
use crate::client::Answer;
use crate::person::nobody;
use crate::target::{CHEAP, Target};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_proxy_says_whose_guess_it_is needs Runner;
        an_unlimited_network_is_limited_by_the_account_alone needs Runner;
    ]
}

static RUNNER: OnceLock<Target> = OnceLock::new();

/// The runner behind one proxy, with a network without limits.
fn proxied(target: &Target) -> &'static Target {
    RUNNER.get_or_init(|| {
        let settings =
            [CHEAP, "TrustedProxies=1", "UnlimitedNetworks=198.51.100.0/24,2001:db8::/48"];
        let runner = Target::runner("proxied", &settings, Arc::clone(&target.secrets));
        runner.unwrap_or_else(|sentence| panic!("{sentence}"))
    })
}

/// A guess through the proxy, which adds the last of these addresses.
fn guess(target: &Target, username: &str, forwarded: &str) -> Answer {
    let body = json!({ "username": username, "password": WRONG });
    target.http.post_json(SIGNIN, &body).header("x-forwarded-for", forwarded).send()
}

fn a_proxy_says_whose_guess_it_is(target: &Target) {
    let (target, name) = (proxied(target), nobody());
    for number in 0..AT_ONCE {
        let answer = guess(target, &name, &format!("198.51.100.{number}, 203.0.113.7:{number}"));
        assert_eq!(answer.status, 401, "guess {number}: {}", answer.text());
    }
    assert_eq!(guess(target, &name, "192.0.2.1, ::ffff:203.0.113.7").status, 429);
    assert_eq!(guess(target, &name, "203.0.113.7, 203.0.113.8").status, 401);
}

fn an_unlimited_network_is_limited_by_the_account_alone(target: &Target) {
    let (target, name) = (proxied(target), nobody());
    for number in 0..AT_ONCE_BY_ALL {
        let forwarded = ["198.51.100.7", "::ffff:198.51.100.7", "[2001:db8::1]:443"][number % 3];
        let answer = guess(target, &name, forwarded);
        assert_eq!(answer.status, 401, "guess {number}: {}", answer.text());
    }
    assert_eq!(guess(target, &name, "198.51.100.7").status, 429);
}

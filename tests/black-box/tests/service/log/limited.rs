//! The log of what was over a limit.

use super::{lines, text};
use crate::account::{DELETE, PASSWORD};
use crate::check::{Check, checks};
use crate::mail::{CHANGE, FORGOT, REQUEST_VERIFY, RESET, VERIFY};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        what_is_over_a_limit_is_an_event also Pooler needs Runner;
    ]
}

fn what_is_over_a_limit_is_an_event(target: &Target) {
    for line in lines(target).into_iter().filter(|line| line["status"] == 429) {
        let (guess, other) = ("authn_login_fail_max", "excess_rate_limit_exceeded");
        let events: &[&str] = match (text(&line, "route"), text(&line, "cause")) {
            (_, "mailbox") => &[other],
            // A user has a number of guesses, and of changes.
            (CHANGE, "caller") => &[guess, other],
            _ => &[guess],
        };
        assert!(events.contains(&text(&line, "event")), "{line}");
        assert_eq!(text(&line, "error"), "rate_limited", "{line}");
        assert_eq!(line["level"], "WARN", "{line}");
        let causes: &[&str] = match text(&line, "route") {
            PASSWORD | DELETE => &["caller"],
            CHANGE => &["caller", "mailbox"],
            FORGOT | REQUEST_VERIFY | RESET | VERIFY => &["mailbox"],
            _ => &["account", "pair", "client"],
        };
        assert!(causes.contains(&text(&line, "cause")), "{line}");
    }
}

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
        let is_mail = text(&line, "cause") == "mailbox";
        let event = if is_mail { "excess_rate_limit_exceeded" } else { "authn_login_fail_max" };
        assert_eq!(text(&line, "event"), event, "{line}");
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

//! The log of the secrets of mails.

use super::{lines, text};
use crate::check::{Check, checks};
use crate::mail::{CHANGE, RESET, VERIFY};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        what_a_secret_does_is_an_event also Pooler needs Runner;
    ]
}

/// The event of an answer, and whether its user is known.
fn event(route: &str, status: u64) -> Option<(&'static str, Option<bool>)> {
    match (route, status) {
        (RESET, 200) => Some(("authn_password_change", Some(true))),
        // Of a race, whose loser had found the user.
        (RESET, 400) => Some(("authn_password_change_fail", None)),
        (VERIFY, 200) => Some(("user_updated", Some(true))),
        (CHANGE, 202) => Some(("email_change_asked", Some(true))),
        (CHANGE, 403) => Some(("authn_login_fail", Some(true))),
        _ => None,
    }
}

fn what_a_secret_does_is_an_event(target: &Target) {
    for line in lines(target) {
        let status = line["status"].as_u64().expect("a status");
        let route = line["route"].as_str().unwrap_or_default();
        if ![RESET, VERIFY, CHANGE].contains(&route) || status == 429 {
            continue;
        }
        let Some((event, is_known)) = event(route, status) else {
            assert_eq!(line.get("event"), None, "{line}");
            continue;
        };
        assert_eq!(text(&line, "event"), event, "{line}");
        assert!(is_known.is_none_or(|is_known| is_known == line["user_id"].is_i64()), "{line}");
    }
}

//! The log of the whole run, read after the service has ended: one line per request, no secrets.

mod limited;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use aho_corasick::AhoCorasick;
use serde_json::{Value, json};

use crate::account::{DELETE, PASSWORD};
use crate::check::{Check, checks};
use crate::jws::KNOWN_KEY;
use crate::refresh::{REFRESH, STOLEN};
use crate::target::Target;
use crate::tokens::legacy;

pub(crate) fn checks() -> Vec<Check> {
    let own = checks![
        no_password_token_or_email_is_in_the_log also Pooler needs Runner;
        nothing_that_looks_like_a_hash_or_a_token_is_in_the_log also Pooler needs Runner;
        every_request_has_one_line also Pooler needs Runner;
        a_line_has_the_request_and_its_outcome also Pooler needs Runner;
        sign_ins_refusals_and_sign_ups_are_events also Pooler needs Runner;
        renewals_are_events_of_a_session also Pooler needs Runner;
        an_old_refresh_token_is_one_event also Pooler needs Runner;
        each_end_of_a_session_says_its_outcome also Pooler needs Runner;
        changes_of_accounts_are_events also Pooler needs Runner;
        legacy_tokens_are_events also Pooler needs Runner;
        the_user_is_named_by_id_where_known also Pooler needs Runner;
        an_unknown_hash_is_logged_by_the_name_of_its_scheme also Pooler needs Runner;
        nothing_failed also Pooler needs Runner;
        nothing_panicked also Pooler needs Runner;
    ];
    [own, limited::checks(), secrets::checks()].into_iter().flatten().collect()
}

/// The lines of requests, as JSON. The authorizer writes one for each token that it verified.
fn lines(target: &Target) -> Vec<Value> {
    let log = target.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let request = |line: &Value| line["message"] == "request" && line["function"] != "authorizer";
    lines.filter(request).collect()
}

/// A line of the log with its secret removed.
fn around(log: &str, start: usize, end: usize) -> String {
    let head = log[..start].rfind('\n').map_or(0, |at| at + 1);
    let tail = log[end..].find('\n').map_or(log.len(), |at| end + at);
    format!("{}<here>{}", &log[head..start], &log[end..tail])
}

fn no_password_token_or_email_is_in_the_log(target: &Target) {
    let log = target.log();
    let patterns = target.secrets.patterns();
    let searcher = AhoCorasick::new(&patterns).expect("a searcher");
    let found: BTreeSet<_> =
        searcher.find_iter(&log).map(|hit| around(&log, hit.start(), hit.end())).take(10).collect();
    assert!(found.is_empty(), "of {} secrets: {found:#?}", patterns.len());
}

fn nothing_that_looks_like_a_hash_or_a_token_is_in_the_log(target: &Target) {
    let log = target.log();
    for mark in [
        "$2a$",
        "$2b$",
        "$2y$",
        "$bcrypt",
        "eyJ",
        "Bearer ey",
        "lkr_",
        "Quagga-Browser",
        "@mail.example",
        "nobody-of-that-name",
        "limited-",
        "127.3.",
        "password\":",
        KNOWN_KEY,
        legacy::SECRET,
    ] {
        let found = log.find(mark).map(|start| around(&log, start, start + mark.len()));
        assert_eq!(found, None, "{mark}");
    }
}

/// Routes with requests on bare connections, which the client doesn't count.
const UNCOUNTED: [&str; 5] =
    ["GET /", "GET /api/auth/users/me", "GET /api/test/all", "GET /docs", "POST /api/auth/signin"];
/// The statuses on those routes that only functions answer.
const ANSWERED: [u64; 7] = [200, 204, 400, 404, 409, 422, 429];

fn every_request_has_one_line(target: &Target) {
    let routes: Vec<_> = target.routes().iter().map(|route| (route, route.to_string())).collect();
    let counted = |route: &str, status| !UNCOUNTED.contains(&route) && ANSWERED.contains(&status);
    let mut logged = BTreeMap::new();
    for line in lines(target) {
        let route = format!("{} {}", text(&line, "method"), text(&line, "route"));
        let status = line["status"].as_u64().expect("a status");
        let is_described = routes.iter().any(|(_, name)| *name == route);
        if is_described && counted(&route, status) {
            *logged.entry((route, status)).or_insert(0_u32) += 1;
        }
    }
    let mut asked = BTreeMap::new();
    for ((request, status), count) in target.asked() {
        let exact = routes.iter().find(|(_, name)| *name == request);
        let found = exact.or_else(|| routes.iter().find(|(route, _)| route.serves(&request)));
        if let Some((_, name)) = found.filter(|(_, name)| counted(name, status)) {
            *asked.entry((name.clone(), status)).or_insert(0_u32) += count;
        }
    }
    assert_eq!(logged, asked);
}

fn text<'a>(line: &'a Value, name: &str) -> &'a str {
    line[name].as_str().unwrap_or_else(|| panic!("no {name} in {line}"))
}

fn a_line_has_the_request_and_its_outcome(target: &Target) {
    let lines = lines(target);
    assert!(!lines.is_empty());
    let mut ids = BTreeSet::new();
    for line in &lines {
        let id = (text(line, "function").to_owned(), text(line, "request_id").to_owned());
        assert!(!id.1.is_empty(), "{line}");
        assert!(ids.insert(id), "a second line of one request: {line}");
        // The gateway refuses some requests before it knows their route, or for lack of one.
        let unrouted = matches!(line["status"].as_u64(), Some(404 | 413));
        assert!(text(line, "route").starts_with('/') || unrouted, "{line}");
        assert!(line["status"].is_u64(), "{line}");
        assert!(line["duration_ms"].as_f64().is_some_and(|time| time > 0.0), "{line}");
    }
}

/// The events of a route's lines with this status.
fn events(lines: &[Value], route: &str, status: u64) -> BTreeSet<String> {
    lines
        .iter()
        .filter(|line| line["route"] == route && line["status"] == status)
        .map(|line| text(line, "event").to_owned())
        .collect()
}

fn sign_ins_refusals_and_sign_ups_are_events(target: &Target) {
    let lines = lines(target);
    let mut names = BTreeSet::new();
    for (route, status) in
        [("/api/auth/signin", 200), ("/api/auth/signin", 401), ("/api/auth/signup", 200)]
    {
        let found = events(&lines, route, status);
        assert!(found.len() <= 1, "{route} {status}: {found:?}");
        names.extend(found);
    }
    let seen = lines.iter().any(|line| line["route"] == "/api/auth/signup");
    assert!(!seen || !names.is_empty());
    for status in [200, 401] {
        let one = events(&lines, "/api/auth/signin", status);
        let mut other = events(&lines, "/api/auth/token", status);
        other.remove("session_renewed"); // the endpoint's other grant
        assert!(one.is_empty() || other.is_empty() || one == other, "{one:?} {other:?}");
    }
}

/// The lines with this event.
fn with_event(target: &Target, event: &str) -> Vec<Value> {
    lines(target).into_iter().filter(|line| line["event"] == event).collect()
}

fn renewals_are_events_of_a_session(target: &Target) {
    let renewed = with_event(target, "session_renewed");
    for line in &renewed {
        assert!(["rotated", "kept", "replayed"].contains(&text(line, "outcome")), "{line}");
        assert_eq!((text(line, "session_id").len(), &line["status"]), (36, &json!(200)), "{line}");
        assert!(line["user_id"].is_i64(), "{line}");
    }
    let is_renewal = |line: &&Value| line["route"] == REFRESH && line["status"] == 200;
    let answered = lines(target).iter().filter(is_renewal).count();
    assert!(renewed.len() >= answered, "each has one");
}

fn an_old_refresh_token_is_one_event(target: &Target) {
    let reused = with_event(target, "session_reused");
    for line in &reused {
        assert_eq!(line["level"], "WARN", "{line}");
        assert!(line["user_id"].is_i64(), "{line}");
    }
    let mut ended: Vec<_> = reused.iter().map(|line| text(line, "session_id")).collect();
    ended.sort_unstable();
    let stolen = STOLEN.lock().expect("no check panics with it");
    assert_eq!(ended, stolen.iter().map(String::as_str).collect::<Vec<_>>());
}

fn each_end_of_a_session_says_its_outcome(target: &Target) {
    let log = target.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    for line in lines.filter(|line| line["event"] == "session_ended") {
        assert!(["signed_out", "revoked"].contains(&text(&line, "outcome")), "{line}");
        assert!(line["user_id"].is_i64() && line.get("cause").is_none(), "{line}");
    }
}

fn changes_of_accounts_are_events(target: &Target) {
    for line in lines(target) {
        let events = match text(&line, "route") {
            PASSWORD => ["authn_password_change", "authn_password_change_fail"],
            DELETE => ["user_deleted", "authn_login_fail"],
            _ => continue,
        };
        let event = match line["status"].as_u64() {
            Some(204) => events[0],
            Some(403) => events[1],
            Some(429) => continue,
            _ => {
                assert_eq!(line.get("event"), None, "{line}");
                continue;
            }
        };
        assert_eq!(text(&line, "event"), event, "{line}");
        assert!(line["user_id"].is_i64(), "{line}");
        let reasons = ["wrong_password", "no_password", "unknown_hash"];
        let is_refused = line["status"] == 403;
        assert_eq!(line["cause"].as_str().is_some_and(|it| reasons.contains(&it)), is_refused);
    }
}

fn legacy_tokens_are_events(target: &Target) {
    let log = target.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let events = lines.filter(|line| line["function"] == "authorizer" && line["event"].is_string());
    let mut accepted = 0;
    for line in events {
        let is_accepted = line["status"] == 200;
        let event = if is_accepted { "legacy_token_accepted" } else { "legacy_token_refused" };
        assert_eq!(text(&line, "event"), event, "{line}");
        assert_eq!(line["user_id"].is_i64(), is_accepted, "{line}");
        accepted += usize::from(is_accepted);
    }
    // One line per token, whatever its number of requests, since the policy is cached.
    assert_eq!(accepted, legacy::ACCEPTED.load(Ordering::Relaxed));
}

fn the_user_is_named_by_id_where_known(target: &Target) {
    for line in lines(target) {
        let known =
            ["/api/auth/signin", "/api/auth/signup", "/api/auth/users/me", "/api/test/profile"];
        if line["status"] == 200 && known.contains(&text(&line, "route")) {
            assert!(line["user_id"].as_i64().is_some_and(|id| id > 0), "{line}");
        }
    }
}

fn an_unknown_hash_is_logged_by_the_name_of_its_scheme(target: &Target) {
    let mut schemes = BTreeSet::new();
    for line in lines(target) {
        let is_unknown = line["cause"] == "unknown_hash";
        assert_eq!(line.get("hash_scheme").is_some(), is_unknown, "{line}");
        if is_unknown {
            schemes.insert(text(&line, "hash_scheme").to_owned());
        }
    }
    // The schemes of the hashes that `signin::hashes` stores, if it has run.
    let known = [
        "argon2",
        "bcrypt_2x",
        "bcrypt_damaged",
        "bcrypt_sha256_damaged",
        "bcrypt_too_costly",
        "ldap_sha1",
        "md5_crypt",
        "unknown",
    ];
    assert!(schemes.iter().all(|name| known.contains(&name.as_str())), "{schemes:?}");
}

fn nothing_failed(target: &Target) {
    let failed: Vec<_> = lines(target)
        .into_iter()
        .filter(|line| line["status"].as_u64().is_none_or(|status| status >= 500))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn nothing_panicked(target: &Target) {
    let log = target.log();
    let panicked: Vec<_> = log.lines().filter(|line| line.contains("panicked at")).collect();
    assert!(panicked.is_empty(), "{panicked:#?}");
}

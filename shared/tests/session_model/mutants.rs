//! The search finds what is broken in the functions.

use crate::search::{Search, search};
use crate::{HONEST, IDLE};

const FUNCTIONS: &str = concat!(
    include_str!("../../../migrations/V8__session_functions.sql"),
    include_str!("../../../migrations/V11__sign_out.sql"),
);

/// The function with a change.
fn changed(function: &str, from: &str, to: &str) -> String {
    let (_, text) =
        FUNCTIONS.split_once(&format!("CREATE OR REPLACE FUNCTION {function}(")).unwrap();
    let (text, _) = text.split_once("\n$$;").unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from}");
    format!("CREATE OR REPLACE FUNCTION {function}({}\n$$;", text.replace(from, to))
}

async fn finds(config: Search, change: &str, violation: &str) {
    let found = search(config, Some(change)).await;
    let found = found.err().unwrap_or_else(|| panic!("the search finds nothing"));
    assert!(found.contains(violation), "{found}");
}

const THIEF: Search = Search { tabs: 1, refreshes: 3, lost: 0, thefts: 3, ..HONEST };

#[tokio::test]
async fn a_fresh_token_that_is_rotated() {
    let change = changed("refresh_session", "session.current_hash AND is_fresh", "NULL");
    finds(HONEST, &change, "an honest tab is refused").await;
}

#[tokio::test]
async fn a_late_replay_that_does_not_begin_the_leeway_again() {
    let change = changed("refresh_session", "IF NOT is_seen THEN", "IF FALSE THEN");
    finds(Search { lost: 2, ..HONEST }, &change, "an honest tab is refused").await;
}

#[tokio::test]
async fn a_previous_token_that_is_answered_in_the_leeway_alone() {
    let change = changed("refresh_session", "(is_fresh OR NOT is_seen)", "is_fresh");
    finds(HONEST, &change, "an honest tab is refused").await;
}

#[tokio::test]
async fn a_previous_token_that_is_always_answered() {
    let change = changed("refresh_session", "(is_fresh OR NOT is_seen)", "TRUE");
    finds(THIEF, &change, "an old token").await;
}

#[tokio::test]
async fn a_receipt_of_any_generation() {
    let change = changed(
        "authorize",
        "s.generation = generation AND s.seen_generation < generation",
        "s.seen_generation < s.generation",
    )
    .replace("WHEN s.generation = generation THEN generation", "WHEN TRUE THEN s.generation");
    finds(HONEST, &change, "an honest tab is refused").await;
}

#[tokio::test]
async fn a_reuse_that_forgets_what_found_it() {
    let end = "session.reused_at := asked_at;\n        session.salt := new_salt;";
    let change = changed("refresh_session", end, "session.reused_at := asked_at;");
    finds(THIEF, &change, "once more changes something").await;
}

#[tokio::test]
async fn a_rotation_that_forgets_itself() {
    let change =
        changed("refresh_session", "session.previous_hash AND session.salt = new_salt", "NULL");
    finds(HONEST, &change, "once more changes something").await;
}

#[tokio::test]
async fn a_reuse_that_ends_nothing() {
    let change = changed("refresh_session", "session.reused_at := asked_at;", "NULL;");
    finds(THIEF, &change, "an old token").await;
}

#[tokio::test]
async fn a_replay_in_the_leeway_that_does_not_begin_it_again() {
    let change = changed("refresh_session", "IF NOT is_seen THEN", "IF NOT is_fresh THEN");
    finds(HONEST, &change, "an honest tab is refused").await;
}

#[tokio::test]
async fn a_session_that_goes_on_after_a_reuse() {
    let change = changed("is_live", "reused_at IS NULL AND", "");
    finds(THIEF, &change, "a session that is over opens").await;
}

#[tokio::test]
async fn a_session_that_goes_on_without_use() {
    let change =
        changed("is_live", "used_at + idle_seconds::float8 * interval '1 second'", "'infinity'");
    finds(IDLE, &change, "a session that is over opens").await;
}

#[tokio::test]
async fn a_use_that_is_noted_every_15_minutes_alone() {
    let noted = "least(900::float8, s.idle_seconds::float8 / 4::float8)";
    let change = changed("authorize", noted, "900::float8");
    finds(IDLE, &change, "a session in use is over").await;
}

#[tokio::test]
async fn a_use_that_is_noted_though_the_session_is_over() {
    let live = "is_live(o.reused_at, o.expires_at, o.used_at, o.idle_seconds, asked_at)";
    let change =
        changed("authorize", live, "TRUE").replace("IF signed_in AND is_news", "IF is_news");
    finds(IDLE, &change, "once more changes something").await;
}

#[tokio::test]
async fn a_sign_out_that_ends_nothing() {
    let change = changed(
        "sign_out",
        "DELETE FROM sign_ins AS s WHERE s.id = ANY (named)",
        "DELETE FROM sign_ins AS s WHERE FALSE",
    );
    finds(Search { signs_out: true, ..HONEST }, &change, "a sign-out doesn't end").await;
}

#[tokio::test]
async fn a_sign_out_that_ends_the_session_once_more() {
    let once_more = "g.was_live UNION ALL SELECT is_accepted, 1, refreshed";
    let change = changed("sign_out", "g.was_live;", &format!("{once_more};"));
    finds(Search { signs_out: true, ..HONEST }, &change, "once more changes something").await;
}

/// The promise is for clients that store a token only if it isn't the one that they sent.
#[tokio::test]
async fn a_client_that_stores_a_kept_token() {
    finds(Search { stores_kept: true, ..HONEST }, "", "an honest tab is refused").await;
}

/// Requests that take longer than the leeway are beyond the promise.
#[tokio::test]
async fn without_a_leeway_honest_tabs_are_refused() {
    finds(Search { leeway: 0, ..HONEST }, "", "an honest tab is refused").await;
}

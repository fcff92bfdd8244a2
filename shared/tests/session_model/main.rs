//! Every order in which honest tabs, a thief and a sign-out can meet one session, over the SQL itself.
//!
//! Time passes in ticks of 29 s, the longest that API Gateway lets a request take. A request and its
//! answer see at most one tick; the leeway is 60 s.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod mutants;
mod search;
mod sql;
mod state;

use search::{Search, search};

const HONEST: Search = Search {
    tabs: 2,
    refreshes: 2,
    lost: 1,
    uses: true,
    stores_kept: false,
    thefts: 0,
    signs_out: false,
    leeway: 60,
    idle: None,
};

/// The session ends after four ticks without a use.
const IDLE: Search = Search { tabs: 1, refreshes: 3, idle: Some(116), ..HONEST };

async fn holds(config: Search) {
    let found = search(config, None).await;
    let (states, moves) = found.unwrap_or_else(|violation| panic!("{violation}"));
    println!("{config:?}: {states} states, {moves} moves");
    assert!(states > 500, "{states} states");
}

#[tokio::test]
async fn two_tabs_that_lose_an_answer_are_never_refused() {
    holds(HONEST).await;
}

#[tokio::test]
async fn three_tabs_that_lose_an_answer_are_never_refused() {
    holds(Search { tabs: 3, refreshes: 1, ..HONEST }).await;
}

#[tokio::test]
async fn tabs_whose_access_tokens_are_not_used_are_never_refused() {
    holds(Search { lost: 2, uses: false, ..HONEST }).await;
}

#[tokio::test]
#[ignore = "takes three minutes: CI runs it by itself"]
async fn three_tabs_that_refresh_twice_are_never_refused() {
    holds(Search { tabs: 3, lost: 2, ..HONEST }).await;
}

#[tokio::test]
async fn a_session_without_use_ends_and_one_in_use_goes_on() {
    holds(IDLE).await;
}

#[tokio::test]
async fn after_a_sign_out_nothing_opens() {
    holds(Search { signs_out: true, ..HONEST }).await;
}

#[tokio::test]
async fn a_thief_is_caught_two_generations_on_or_after_receipt_and_leeway() {
    holds(Search { tabs: 1, refreshes: 3, lost: 0, thefts: 3, ..HONEST }).await;
}

#[tokio::test]
async fn a_thief_beside_two_tabs_is_caught_too() {
    holds(Search { refreshes: 1, thefts: 2, ..HONEST }).await;
}

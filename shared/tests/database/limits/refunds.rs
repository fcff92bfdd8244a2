//! A right password gets back what its own attempt was charged, and nothing else.

use std::collections::HashMap;

use proptest::prelude::*;
use shared::NumericDate;
use shared::db::limits::Columns;
use shared::db::{Database, Sql};
use shared::limits::Refund;
use tokio_postgres::types::Type;

use super::*;

const GIVE_BACK: Sql = Sql::for_owner("SELECT give_back($1, $2, $3, to_timestamp($4))");

pub(super) async fn give_back(database: &Database, refund: &Refund, now: NumericDate) {
    let columns = Columns::of_refund(refund);
    let [keys, every, charged_until] = columns.refunded();
    let now = now.to_timestamp();
    let parameters = [keys, every, charged_until, (&now as _, Type::FLOAT8)];
    database.rows(&GIVE_BACK, &parameters).await.unwrap();
}

#[tokio::test]
async fn right_passwords_are_free_and_buy_no_guess() {
    let stage = Stage::new().await;
    let (database, charges) = (stage.database(), guess("ada", "2001:db8::1"));
    let limits = Limits::new(database.clone());
    let count = async |now| limits.count(&charges, now).await.unwrap();
    // A hundred, in parts of ten at once.
    for _ in 0..10 {
        let mut refunds = Vec::new();
        for _ in 0..10 {
            refunds.push(count(NOW).await.unwrap());
        }
        assert!(count(NOW).await.is_err());
        for refund in refunds {
            give_back(&database, &refund, NOW).await;
        }
    }
    let free =
        format!("SELECT count(*) FROM limits WHERE spent_until > to_timestamp({})", NOW.seconds());
    assert_eq!(stage.value(&free).await, "0");
    let mut guesses = 0;
    for _ in 0..3 {
        for _ in 0..9 {
            guesses += u32::from(count(NOW).await.is_ok());
        }
        if let Ok(right) = count(NOW).await {
            give_back(&database, &right, NOW.plus(1)).await;
        }
    }
    assert_eq!(guesses, 10);
}

#[tokio::test]
async fn a_refund_that_waits_for_a_row_is_given_and_one_that_can_not_is_given_up() {
    let stage = Stage::new().await;
    let (database, charges) = (stage.database(), one("a", Budget::per_day(50, 10)));
    let limits = Limits::new(database.clone());
    let first = limits.count(&charges, NOW).await.unwrap().unwrap();
    let second = limits.count(&charges, NOW).await.unwrap().unwrap();
    let until =
        format!("SELECT (extract(epoch FROM spent_until) - {})::int FROM limits", NOW.seconds());
    let other = stage.client().await;
    other.batch_execute("BEGIN; SELECT FROM limits FOR UPDATE").await.unwrap();
    let given = async { give_back(&database, &first, NOW).await };
    let released = async {
        // It waits for the row.
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                     AND datname = current_database() AND query LIKE '%give_back%'";
        while stage.value(waits).await != "1" {
            tokio::task::yield_now().await;
        }
        other.batch_execute("COMMIT").await.unwrap();
    };
    tokio::join!(given, released);
    assert_eq!(stage.value(&until).await, "2160");
    let impatient = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lock_timeout = 1', \
                     current_database()); END $$";
    stage.execute(impatient).await;
    other.batch_execute("BEGIN; SELECT FROM limits FOR UPDATE").await.unwrap();
    give_back(&stage.database(), &second, NOW).await;
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(stage.value(&until).await, "2160");
}

/// An attempt at `at` seconds; a right one gets its charge back this many seconds later.
fn attempts() -> impl Strategy<Value = Vec<(i64, Option<i64>)>> {
    let right = prop::option::of(prop_oneof![0_i64..30, 0_i64..5_000]);
    prop::collection::vec((prop_oneof![0_i64..30, 0_i64..20_000], right), 1..60)
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Attempt { is_right: bool },
    GiveBack,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever is given back, the key is spent as long as by the wrong attempts alone, but for the time that
    /// the slowest right one took.
    #[test]
    fn a_refund_takes_nothing_from_what_others_were_charged(
        attempts in attempts(), per_day in 5_u32..5_000, burst in 1_u32..200,
    ) {
        let budget = Budget::per_day(per_day, burst);
        let every = budget.charge(None, 0).unwrap();
        let micros = |seconds: i64| seconds * 1_000_000;
        let slowest = micros(attempts.iter().filter_map(|(_, right)| *right).max().unwrap_or(0));
        let mut events = Vec::new();
        for (number, (at, right)) in attempts.iter().enumerate() {
            events.push((*at, Event::Attempt { is_right: right.is_some() }, number));
            events.extend(right.map(|after| (at + after, Event::GiveBack, number)));
        }
        events.sort();
        let mut charged = HashMap::new();
        let (mut spent, mut by_wrong) = (0, 0);
        for (at, event, number) in events {
            let now = micros(at);
            match event {
                Event::Attempt { is_right } => {
                    if let Ok(until) = budget.charge(Some(spent), now) {
                        spent = until;
                        charged.insert(number, until);
                        by_wrong = if is_right { by_wrong } else { by_wrong.max(now) + every };
                    }
                }
                Event::GiveBack => {
                    if let Some(charged_until) = charged.get(&number) {
                        spent = budget.give_back(spent, *charged_until, now);
                    }
                }
            }
            prop_assert!(spent.max(now) + slowest >= by_wrong);
        }
    }
}

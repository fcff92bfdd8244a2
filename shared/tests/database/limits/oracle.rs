//! SQL, and a process by itself, count as the pure function of Rust does.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::{Config, TestRunner};
use shared::NumericDate;
use shared::db::Database;
use shared::limits::{InProcess, Refund};

use super::refunds::give_back;
use super::*;

#[derive(Debug, Clone)]
enum Step {
    /// This many seconds pass.
    Pass(u32),
    /// An attempt.
    Attempt(Vec<Charge>),
    /// One of the counted attempts proves right.
    GiveBack(prop::sample::Index),
}

fn budgets() -> impl Strategy<Value = Budget> {
    // 86,400 s divided by 2,939 or 7 is no whole number of microseconds.
    prop_oneof![
        (2_u32..9, 1_u32..4).prop_map(|(attempts, burst)| Budget::per_day(attempts, burst)),
        (2_930_u32..3_000, 1_u32..70)
            .prop_map(|(attempts, burst)| Budget::per_day(attempts, burst)),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let keys = subsequence(vec!["a", "b", "c", "d", "e"], 0..=4).prop_shuffle();
    let attempt = keys.prop_flat_map(|keys| {
        let charges = keys.into_iter().map(|key| budgets().prop_map(move |it| charge(key, it)));
        charges.collect::<Vec<_>>().prop_map(Step::Attempt)
    });
    let pass = prop_oneof![Just(1_u32), 1_u32..60, 1_000_u32..60_000].prop_map(Step::Pass);
    let back = any::<prop::sample::Index>().prop_map(Step::GiveBack);
    prop::collection::vec(prop_oneof![2 => pass, 6 => attempt, 2 => back], 1..40)
}

/// Microseconds since 1970 by key.
type Rows = HashMap<Key, i64>;

fn micros(time: NumericDate) -> i64 {
    time.seconds() * 1_000_000
}

/// What the pure function makes of an attempt.
fn expected(rows: &mut Rows, charges: &Charges, now: NumericDate) -> Result<Refund, Over> {
    let outcomes: Vec<_> = charges
        .iter()
        .map(|it| (it, it.budget.charge(rows.get(&it.key).copied(), micros(now))))
        .collect();
    let worst = outcomes.iter().filter_map(|(it, outcome)| Some((it, outcome.err()?)));
    // The first of several equal ones.
    let worst = worst.rev().max_by_key(|(_, wait)| *wait);
    if let Some((charge, wait)) = worst {
        #[expect(clippy::cast_precision_loss, reason = "a wait of days")]
        return Err(Over { by: charge.kind, wait: wait as f64 / 1e6 });
    }
    let until: Vec<_> = outcomes.iter().map(|(_, outcome)| outcome.unwrap()).collect();
    rows.extend(charges.iter().map(|it| it.key).zip(until.iter().copied()));
    Ok(Refund::new(charges.clone(), until))
}

/// The rows that aren't spent.
async fn stored(stage: &Stage, now: NumericDate) -> Rows {
    let query = "SELECT key, floor(extract(epoch FROM spent_until) * 1000000)::int8 FROM limits";
    let rows = stage.client().await.query(query, &[]).await.unwrap();
    let known = ["a", "b", "c", "d", "e"].map(key);
    let rows = rows.iter().map(|row| {
        let bytes: &[u8] = row.get(0);
        (*known.iter().find(|it| it.as_bytes() == bytes).unwrap(), row.get(1))
    });
    rows.filter(|(_, until)| *until > micros(now)).collect()
}

async fn check(stage: &Stage, database: &Database, steps: Vec<Step>) {
    stage.execute("TRUNCATE limits").await;
    let (limits, process) = (Limits::new(database.clone()), InProcess::default());
    let (mut rows, mut now, mut refunds) = (Rows::new(), NOW, Vec::<Refund>::new());
    for step in steps {
        match step {
            Step::Pass(seconds) => now = now.plus(seconds),
            Step::Attempt(charges) => {
                let charges = charges.into_iter().collect();
                let expected = expected(&mut rows, &charges, now);
                assert_eq!(limits.count(&charges, now).await.unwrap(), expected);
                assert_eq!(process.count(&charges, now), expected);
                refunds.extend(expected.ok());
            }
            Step::GiveBack(_) if refunds.is_empty() => {}
            Step::GiveBack(index) => {
                let refund = refunds.swap_remove(index.index(refunds.len()));
                give_back(database, &refund, now).await;
                process.give_back(&refund, now);
                for (charge, charged_until) in refund.iter() {
                    let until = rows.get_mut(&charge.key).unwrap();
                    *until = charge.budget.give_back(*until, charged_until, micros(now));
                }
            }
        }
    }
    let left: Rows = rows.into_iter().filter(|(_, until)| *until > micros(now)).collect();
    assert_eq!(stored(stage, now).await, left);
}

#[test]
fn sql_and_a_process_count_as_the_pure_function_does() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(Stage::new());
    let database = stage.database();
    let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&steps(), |steps| {
        runtime.block_on(check(&stage, &database, steps));
        Ok(())
    });
    run.unwrap();
}

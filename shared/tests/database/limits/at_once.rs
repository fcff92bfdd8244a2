//! Attempts that meet.

use std::sync::Arc;

use shared::db::{Database, Error};
use shared::limits::Refund;
use tokio::sync::Barrier;

use super::refunds::give_back;
use super::*;

const AT_ONCE: usize = 90;

/// Connections of their own.
async fn databases(stage: &Stage, count: usize) -> Vec<Database> {
    let mut databases = Vec::new();
    for _ in 0..count {
        let database = stage.database();
        database.warm_up().await.unwrap();
        databases.push(database);
    }
    databases
}

/// Counts the attempts of each list one after another, the lists at the same time.
async fn count(
    databases: &[Database],
    attempts: impl Fn(usize) -> Vec<Charges>,
) -> Vec<Result<Result<Refund, Over>, Error>> {
    let barrier = Arc::new(Barrier::new(databases.len()));
    let runs = databases.iter().enumerate().map(|(n, database)| {
        let (limits, attempts) = (Limits::new(database.clone()), attempts(n));
        let barrier = barrier.clone();
        tokio::spawn(async move {
            barrier.wait().await;
            let mut outcomes = Vec::new();
            for charges in &attempts {
                outcomes.push(limits.count(charges, NOW).await);
            }
            outcomes
        })
    });
    let mut outcomes = Vec::new();
    for run in runs.collect::<Vec<_>>() {
        outcomes.extend(run.await.unwrap());
    }
    outcomes
}

/// How many attempts each key was charged.
async fn charged(stage: &Stage, charges: &Charges) -> Vec<String> {
    let mut counts = Vec::new();
    for charge in charges.iter() {
        let count = format!(
            "SELECT round((extract(epoch FROM spent_until) - {}) / {}::numeric, 3)::float8 \
             FROM limits WHERE encode(key, 'hex') = '{}'",
            NOW.seconds(),
            charge.budget.every(),
            hex(&charge.key),
        );
        counts.push(stage.value(&count).await);
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_budget_of_a_hundred_and_eighty_attempts_is_counted() {
    let stage = Stage::new().await;
    let databases = databases(&stage, AT_ONCE).await;
    let here = guess("ada", "2001:db8::1");
    let outcomes = count(&databases, |_| vec![here.clone(); 2]).await;
    assert_eq!(outcomes.len(), 180);
    let outcomes: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 10);
    for over in outcomes.iter().filter_map(|it| it.as_ref().err()) {
        assert_eq!((over.by, over.wait), (Kind::Pair, 2160.0));
    }
    // By all keys or by none.
    assert_eq!(charged(&stage, &here).await, ["10", "10", "10", "10"]);
    let from = |n: usize| guess("bob", &format!("2001:db8:{:x}:{:x}::1", n / 16, n % 16));
    let outcomes = count(&databases, |n| vec![from(2 * n), from(2 * n + 1)]).await;
    let counted = outcomes.into_iter().filter(|it| it.as_ref().unwrap().is_ok()).count();
    assert_eq!(counted, 20);
    assert_eq!(charged(&stage, &from(0)).await[0], "20");
    let sums = format!(
        "SELECT string_agg(n || ' of ' || attempts, ', ' ORDER BY attempts) FROM ( \
             SELECT count(*) AS n, \
                 round((extract(epoch FROM spent_until) - {}) / 2160)::int AS attempts \
             FROM limits WHERE encode(key, 'hex') IN ({}) GROUP BY 2 \
         ) AS s WHERE attempts > 0",
        NOW.seconds(),
        (0..180).map(|n| pair(&from(n))).collect::<Vec<_>>().join(", "),
    );
    assert_eq!(stage.value(&sums).await, "20 of 1");
}

/// The key of a name together with a network, as SQL.
fn pair(charges: &Charges) -> String {
    let pair = charges.iter().find(|it| it.kind == Kind::Pair).unwrap();
    format!("'{}'", hex(&pair.key))
}

/// Attempts that share keys in different orders, and give back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_in_a_circle() {
    let stage = Stage::new().await;
    let names = ["a", "b", "c", "d", "e", "f"];
    let runs = databases(&stage, 24).await.into_iter().enumerate().map(|(n, database)| {
        tokio::spawn(async move {
            let limits = Limits::new(database.clone());
            for round in 0..40 {
                let mut names = names;
                names.rotate_left((n + round) % 6);
                if n % 2 == 0 {
                    names.reverse();
                }
                let charges =
                    names[..4].iter().map(|it| charge(it, Budget::per_day(1_000_000, 100_000)));
                let now = NOW.plus(u32::try_from(round).unwrap());
                let refund = limits.count(&charges.collect(), now).await.unwrap().unwrap();
                give_back(&database, &refund, now).await;
            }
        })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(stage.value(deadlocks).await, "0");
    let spent = format!(
        "SELECT count(*) FROM limits WHERE spent_until > to_timestamp({} + 40)",
        NOW.seconds()
    );
    assert_eq!(stage.value(&spent).await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_another_isolation_level_never_more_are_counted_and_no_retry_storm_follows() {
    for level in ["repeatable read", "serializable"] {
        let stage = Stage::new().await;
        let isolated = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = %L', \
                 current_database(), '{level}'); END $$"
        );
        stage.execute(&isolated).await;
        let databases = databases(&stage, 30).await;
        let here = guess("ada", "192.0.2.1");
        let outcomes = count(&databases, |_| vec![here.clone()]).await;
        let mut counted = 0;
        for outcome in outcomes {
            match outcome {
                Ok(outcome) => counted += usize::from(outcome.is_ok()),
                Err(Error::Conflict(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!((1..=10).contains(&counted), "{level}: {counted}");
        let charged = charged(&stage, &here).await;
        assert!(charged.iter().all(|it| *it == counted.to_string()), "{level}: {charged:?}");
    }
}

//! Attempts are counted exactly, by all keys or by none.

use shared::db::limits::Limits;
use shared::limits::{Budget, Charge, Charges, Key, Kind, Over};
use stage::{NOW, Stage};

fn charge(kind: Kind, value: &str, attempts: u32, burst: u32) -> Charge {
    let key = Key::new("guess", kind, &[value.as_bytes()]);
    Charge { kind, key, budget: Budget::per_day(attempts, burst) }
}

#[tokio::test]
async fn a_try_is_counted_until_the_burst_is_spent_and_a_refused_one_writes_nothing() {
    let stage = Stage::new().await;
    let limits = Limits::new(stage.database());
    let charges: Charges =
        [charge(Kind::Account, "ada", 100, 20), charge(Kind::Pair, "ada, here", 50, 10)]
            .into_iter()
            .collect();
    for n in 0..10 {
        let refund = limits.count(&charges, NOW).await.unwrap().unwrap();
        assert_eq!(refund == charges, n > 0, "{n}");
    }
    let rows = "SELECT string_agg(encode(key, 'hex') || spent_until, ',' ORDER BY key) FROM limits";
    let before = stage.value(rows).await;
    for _ in 0..2 {
        let over = limits.count(&charges, NOW).await.unwrap();
        assert_eq!(over, Err(Over { by: Kind::Pair, wait: 2160.0 }));
    }
    assert_eq!(stage.value(rows).await, before);
    assert!(limits.count(&charges, NOW.plus(2160)).await.unwrap().is_ok());
}

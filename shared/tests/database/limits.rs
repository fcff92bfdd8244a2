//! Attempts are counted exactly, by all keys or by none.

mod at_once;
mod clean_up;
mod oracle;
mod refunds;
mod statements;

use shared::db::Group;
use shared::db::limits::Limits;
use shared::limits::{Budget, Charge, Charges, Guesses, Key, Kind, Network, Over};
use shared::{Environment, Username};
use stage::{NOW, Stage};

fn key(value: &str) -> Key {
    Key::new("guess", Kind::Account, &[value.as_bytes()])
}

fn charge(value: &str, budget: Budget) -> Charge {
    Charge { kind: Kind::Account, key: key(value), budget }
}

fn one(value: &str, budget: Budget) -> Charges {
    [charge(value, budget)].into_iter().collect()
}

/// What a guess of a name from an address is charged to, with the settings of nobody.
fn guess(name: &str, address: &str) -> Charges {
    let guesses = Guesses::from_env(&mut Environment::default());
    let name = Username::parse(name.into()).unwrap();
    guesses.of_stranger(&name, &Network::new(Some(address.parse().unwrap())))
}

/// The key as `encode(key, 'hex')` has it.
fn hex(key: &Key) -> String {
    format!("{:032x}", u128::from_be_bytes(*key.as_bytes()))
}

/// All rows, byte for byte, with their versions.
async fn rows(stage: &Stage) -> String {
    let rows = "SELECT string_agg(concat_ws(' ', encode(key, 'hex'), spent_until, xmin, xmax, ctid), \
                    ',' ORDER BY key) FROM limits";
    stage.value(rows).await
}

/// Adds this many seconds to the age of all attempts.
async fn pass(stage: &Stage, seconds: u32) {
    let pass = format!("UPDATE limits SET spent_until = spent_until - interval '{seconds} s'");
    stage.execute(&pass).await;
}

#[tokio::test]
async fn an_attempt_is_counted_until_the_burst_is_spent_and_a_refused_one_writes_nothing() {
    let stage = Stage::new().await;
    let limits = Limits::new(stage.database_of(Group::Signup));
    let charges = guess("ada", "2001:db8::1");
    for n in 0..10 {
        assert!(limits.count(&charges, NOW).await.unwrap().is_ok(), "{n}");
    }
    let before = rows(&stage).await;
    for _ in 0..2 {
        let over = limits.count(&charges, NOW).await.unwrap();
        assert_eq!(over, Err(Over { by: Kind::Pair, wait: 2160.0 }));
    }
    let elsewhere = limits.count(&guess("ada", "2001:db8:0:1::1"), NOW).await.unwrap();
    assert!(elsewhere.is_ok());
    for _ in 0..2 {
        pass(&stage, 0).await;
        let before = rows(&stage).await;
        assert!(limits.count(&charges, NOW.plus(2159)).await.unwrap().is_err());
        assert_eq!(rows(&stage).await, before);
    }
    assert_ne!(rows(&stage).await, before);
    assert!(limits.count(&charges, NOW.plus(2160)).await.unwrap().is_ok());
}

#[tokio::test]
async fn a_day_of_guesses_from_ten_thousand_networks_is_a_hundred() {
    let stage = Stage::new().await;
    let database = stage.database();
    let limits = Limits::new(database);
    let mut counted = 0;
    for n in 0..10_000_u32 {
        let address = format!("2001:{:x}:{:x}::1", n >> 8, n & 0xff);
        let charges = guess("ada", &address);
        // Of 24 hours, each is the next 8.64 seconds.
        let now = NOW.plus(n * 864 / 100);
        counted += u32::from(limits.count(&charges, now).await.unwrap().is_ok());
    }
    assert!((95..=100).contains(&counted), "{counted}");
    let mut alone = 0;
    for n in 0..10_000_u32 {
        let now = NOW.plus(172_800 + n * 864 / 100);
        alone += u32::from(limits.count(&guess("ada", "192.0.2.1"), now).await.unwrap().is_ok());
    }
    assert!((45..=50).contains(&alone), "{alone}");
}

#[tokio::test]
async fn without_keys_each_attempt_is_counted_and_nothing_is_written() {
    let stage = Stage::new().await;
    let reads_only = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET \
                      default_transaction_read_only = on', current_database()); END $$";
    for step in ["SELECT", reads_only] {
        stage.execute(step).await;
        let limits = Limits::new(stage.database_of(Group::Signup));
        for _ in 0..30 {
            let refund = limits.count(&Charges::NONE, NOW).await.unwrap().unwrap();
            assert_eq!(refund.iter().count(), 0);
        }
    }
    assert_eq!(stage.value("SELECT count(*) FROM limits").await, "0");
    let refused = Limits::new(stage.database()).count(&guess("ada", "192.0.2.1"), NOW).await;
    assert!(matches!(refused, Err(shared::db::Error::ReadOnly(_))), "{refused:?}");
}

#[tokio::test]
async fn the_table_is_unlogged() {
    let stage = Stage::new().await;
    let persistence = "SELECT string_agg(relname || relpersistence::text, ' ' ORDER BY relname) \
                       FROM pg_class WHERE relname IN ('limits', 'limits_pkey', 'proof_keys')";
    assert_eq!(stage.value(persistence).await, "limitsu limits_pkeyu proof_keysp");
}

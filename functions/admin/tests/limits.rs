//! What `migrate` does with the tables of the limits.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use serde_json::{Value, json};
use stage::{NOW, Stage};

async fn migrate(stage: &Stage, event: Value) -> bool {
    let answer = stage.admin().handle(event).await.unwrap();
    answer["proof_key"]["is_new"].as_bool().unwrap()
}

fn plain() -> Value {
    json!({ "verb": "migrate" })
}

async fn secret(stage: &Stage) -> String {
    stage.value("SELECT encode(secret, 'hex') FROM proof_keys").await
}

#[tokio::test]
async fn a_database_keeps_its_proof_key_until_an_operator_replaces_it() {
    let stage = Stage::empty().await;
    assert!(migrate(&stage, plain()).await);
    let mut secrets = vec![secret(&stage).await];
    assert!(!migrate(&stage, plain()).await);
    assert_eq!(secret(&stage).await, secrets[0]);
    let replacements = [
        json!({ "verb": "migrate", "new_proof_key": true }),
        json!({ "verb": "migrate", "new_database_id": true }),
    ];
    for event in replacements {
        assert!(migrate(&stage, event).await);
        secrets.push(secret(&stage).await);
    }
    // As after a dump without this row.
    stage.execute("DELETE FROM proof_keys").await;
    assert!(migrate(&stage, plain()).await);
    secrets.push(secret(&stage).await);
    assert_eq!(stage.value("SELECT find_proof_secret()").await, format!("\\x{}", secrets[3]));
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 4);
    let halves = |secret: &String| secret.len() == 64 && secret[..32] != secret[32..];
    assert!(secrets.iter().all(halves));
}

#[tokio::test]
async fn concurrent_migrations_make_one_proof_key() {
    let stage = Stage::empty().await;
    let migrations = (0..4).map(|_| {
        let admin = stage.admin();
        tokio::spawn(async move { admin.handle(plain()).await.unwrap()["proof_key"].take() })
    });
    let mut made = Vec::new();
    let migrations: Vec<_> = migrations.collect();
    for migration in migrations {
        made.push(migration.await.unwrap()["is_new"] == true);
    }
    assert_eq!(made.iter().filter(|is_new| **is_new).count(), 1);
    assert_eq!(stage.value("SELECT count(*) FROM proof_keys").await, "1");
}

#[tokio::test]
async fn a_migration_empties_what_is_spent_and_waits_for_no_attempt() {
    let stage = Stage::new().await;
    let now = NOW.seconds();
    let rows = format!(
        "INSERT INTO limits SELECT decode(md5(n::text), 'hex'), to_timestamp({now} + n) \
         FROM generate_series(-20000, 3) AS n"
    );
    stage.execute(&rows).await;
    let attempt = stage.client().await;
    let locked = "BEGIN; SELECT FROM limits WHERE key = decode(md5('-7'), 'hex') FOR UPDATE";
    attempt.batch_execute(locked).await.unwrap();
    migrate(&stage, plain()).await;
    let left = format!(
        "SELECT string_agg((extract(epoch FROM spent_until) - {now})::int::text, ' ' \
             ORDER BY spent_until) FROM limits"
    );
    assert_eq!(stage.value(&left).await, "-7 1 2 3");
}

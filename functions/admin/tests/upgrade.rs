//! A migration of a database whose functions are running.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stage::Stage;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Leads back to V6.
const BEFORE_SESSIONS: &str = "\
    DO $$ BEGIN EXECUTE (SELECT 'DROP FUNCTION ' || string_agg(oid::regprocedure::text, ', ') \
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname NOT IN \
        ('find_caller', 'find_for_signin', 'replace_password', 'sign_up')); END $$; \
    DROP TABLE sign_ins, ended_tokens, limits, proof_keys, mails, one_time_secrets; \
    ALTER TABLE users DROP COLUMN session_epoch, DROP COLUMN disabled_at, DROP COLUMN verified_email; \
    DELETE FROM refinery_schema_history WHERE version > 6";

async fn before_sessions() -> Stage {
    let stage = Stage::new().await;
    stage.execute(BEFORE_SESSIONS).await;
    stage.execute("INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com')").await;
    stage
}

async fn ask(stage: &Stage, event: Value) -> Result<Value, String> {
    stage.admin().handle(event).await.map_err(|refusal| refusal.to_string())
}

/// Signs users up and finds them, one after another, until it is stopped. Returns how many there
/// were, and the time of the slowest.
fn sign_ups(stage: &Stage, stop: &Arc<AtomicBool>) -> JoinHandle<(u32, Duration)> {
    let (url, stop) = (stage.url.clone(), stop.clone());
    tokio::spawn(async move {
        let client = Stage { url, clock: shared::Clock::System }.client().await;
        let (mut count, mut slowest) = (0, Duration::ZERO);
        while !stop.load(Ordering::SeqCst) {
            let begun = Instant::now();
            let name = format!("new {count}");
            let sign_up = format!(
                "SELECT sign_up('{name}', '{name}', '{name}@example.com', 'x'); \
                 SELECT find_for_signin('{name}')"
            );
            client.batch_execute(&sign_up).await.unwrap();
            slowest = slowest.max(begun.elapsed());
            count += 1;
        }
        (count, slowest)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_long_transaction_nobody_waits_for_long() {
    let stage = before_sessions().await;
    let stop = Arc::new(AtomicBool::new(false));
    let long = stage.client().await;
    long.batch_execute("BEGIN; UPDATE users SET password = 'new' WHERE id = 1").await.unwrap();
    let users = sign_ups(&stage, &stop);
    let admin = stage.admin();
    let migration = tokio::spawn(async move { admin.handle(json!({ "verb": "migrate" })).await });
    sleep(Duration::from_secs(3)).await;
    assert!(!migration.is_finished());
    long.batch_execute("COMMIT").await.unwrap();
    let answer = migration.await.unwrap().unwrap();
    assert_eq!(answer["applied"], json!(stage::migrations()[6..]));
    stop.store(true, Ordering::SeqCst);
    let (count, slowest) = users.await.unwrap();
    assert!(count > 0 && slowest < Duration::from_secs(2), "{count}, the slowest {slowest:?}");
    assert_eq!(stage.value("SELECT sum(session_epoch) FROM users").await, "0");
}

#[tokio::test]
async fn a_conflicting_name_is_reported_and_nothing_is_changed() {
    for (theirs, name) in [
        ("CREATE TABLE sign_ins (id int)", "sign_ins"),
        ("CREATE INDEX ended_tokens ON users (email)", "ended_tokens"),
        ("ALTER TABLE users ADD COLUMN session_epoch text", "users.session_epoch"),
        ("ALTER TABLE users ADD COLUMN disabled_at text", "users.disabled_at"),
        ("CREATE VIEW limits AS SELECT 1", "limits"),
        ("CREATE TABLE mails (id int)", "mails"),
        ("CREATE TABLE one_time_secrets (id int)", "one_time_secrets"),
        ("ALTER TABLE users ADD COLUMN verified_email boolean", "users.verified_email"),
        ("CREATE FUNCTION mailbox(text) RETURNS text RETURN ''", "mailbox(text)"),
        ("CREATE FUNCTION find_credentials(text) RETURNS int RETURN 1", "find_credentials(text)"),
    ] {
        let stage = before_sessions().await;
        stage.execute(theirs).await;
        let obstacle = format!("{name} exists and isn't Latchkey's: rename it");
        let check = json!({ "verb": "migrate", "check": true });
        let check = ask(&stage, check).await.unwrap()["check"].take();
        assert_eq!((&check["obstacles"], &check["steps"]), (&json!([obstacle]), &json!([])));
        let refusal = ask(&stage, json!({ "verb": "migrate" })).await.unwrap_err();
        assert!(
            refusal.contains("nothing was changed") && refusal.contains(&obstacle),
            "{refusal}"
        );
        let applied = "SELECT max(version) FROM refinery_schema_history";
        assert_eq!(stage.value(applied).await, "6");
    }
}

#[tokio::test]
async fn the_legacy_apps_own_statements_go_on() {
    let stage = Stage::new().await;
    let user = "INSERT INTO users (username, email, password) VALUES ('ada', 'a@b', 'x')";
    stage.execute(user).await;
    for n in 0..40 {
        let start = format!(
            "SELECT start_session(gen_random_uuid(), 1, 0, 'access', 'latchkey', NULL, NULL, \
                 to_timestamp({n}), to_timestamp(4000000000), 60, NULL, NULL)"
        );
        stage.execute(&start).await;
    }
    assert_eq!(stage.value("SELECT count(*) FROM sign_ins").await, "40");
    stage.execute("UPDATE users SET password = 'y' WHERE username = 'ada'").await;
    stage.execute("DELETE FROM users WHERE username = 'ada'").await;
    assert_eq!(stage.value("SELECT count(*) FROM sign_ins").await, "0");
}

/// It knows neither the mails that wait nor the secrets that were sent.
#[tokio::test]
async fn the_legacy_apps_own_statements_about_users_with_mails_go_on() {
    let stage = Stage::new().await;
    stage
        .execute(
            "INSERT INTO users (username, email, password, verified_email) VALUES \
                 ('ada', 'a@b', 'x', 'a@b'), ('bob', 'b@b', 'x', 'b@b'); \
             SELECT notify_password_changed(u.id, '', '{}', '{}', '{}', now()), \
                 ask_new_user(u.id, '', '{}', '{}', '{}', now()), \
                 store_secret('verify', u.id, u.email, decode(u.id || '1', 'hex'), '', now(), now()), \
                 store_secret('reset', u.id, u.email, decode(u.id || '2', 'hex'), '', now(), now()) \
             FROM users AS u",
        )
        .await;
    let rows = "SELECT concat_ws(' ', (SELECT count(*) FROM mails), (SELECT count(*) FROM one_time_secrets), \
        (SELECT string_agg((verified_email = email)::text, ' ' ORDER BY id) FROM users))";
    assert_eq!(stage.value(rows).await, "2 4 true true");
    // The legacy app makes a user, changes the address of another, and deletes a third.
    stage.execute("INSERT INTO users (username, email, password) VALUES ('eve', 'e@b', 'x')").await;
    stage.execute("UPDATE users SET email = 'new@b' WHERE username = 'ada'").await;
    stage.execute("DELETE FROM users WHERE username = 'bob'").await;
    assert_eq!(stage.value(rows).await, "1 2 false");
    assert_eq!(
        stage.value("SELECT has_verified_email(u.id) FROM users AS u WHERE email = 'e@b'").await,
        "f"
    );
    // Secrets of the old mailbox open nothing; the row of a mail goes on, to the address of its time.
    let found = "SELECT count(*) FROM one_time_secrets AS s, \
        find_secret('{verify,reset}', s.link_hash, NULL, '', '', now() - interval '1 s') AS f \
        WHERE f.id IS NOT NULL";
    assert_eq!(stage.value(found).await, "0");
    stage.execute("UPDATE users SET email = 'a@b' WHERE username = 'ada'").await;
    assert_eq!(stage.value(found).await, "2");
}

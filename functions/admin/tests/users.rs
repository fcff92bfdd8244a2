//! The verbs that end a user's sessions, disable, enable or delete the user.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use serde_json::{Value, json};
use shared::Clock;
use stage::{NOW, Stage};

/// Two users. Ada has two sessions, one that is over and one that reuse has ended; Eve has one.
async fn with_two() -> Stage {
    let stage = Stage::new().await;
    let users = format!(
        "INSERT INTO users (username, email) VALUES ('ada', 'a@b'), ('eve', 'e@b'); \
         INSERT INTO users_to_roles VALUES (1, 1), (2, 1); \
         INSERT INTO sign_ins (id, user_id, kind, client_id, created_at, used_at, expires_at, \
             idle_seconds, rotated_at, reused_at) \
         SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, u, 'access', 'x', t, t, \
             t + days * interval '1 day', 86400, t, CASE WHEN n = 4 THEN t END \
         FROM to_timestamp({}) AS t, \
             (VALUES (1, 1, 1), (2, 1, 1), (3, 1, -1), (4, 1, 1), (5, 2, 1)) AS s (n, u, days)",
        NOW.seconds()
    );
    stage.execute(&users).await;
    stage
}

async fn ask(stage: &Stage, event: Value) -> Result<Value, String> {
    stage.admin().handle(event).await.map_err(|refusal| refusal.to_string())
}

async fn on_ada(stage: &Stage, verb: &str) -> Value {
    ask(stage, json!({ "verb": verb, "username": "ada" })).await.unwrap()
}

/// Whether a token of this user is good: one of each session, and one without a session.
async fn signed_in(stage: &Stage, user: i32) -> String {
    let each = format!(
        "SELECT string_agg((authorize({user}, id, 0, digest, '', to_timestamp({}))->>'is_signed_in') \
             , ' ' ORDER BY n) \
         FROM (SELECT n, ('00000000-0000-7000-8000-00000000000' || n)::uuid AS id, NULL::bytea \
             FROM generate_series(1, 5) AS n UNION ALL SELECT 6, NULL, 'digest') AS t (n, id, digest)",
        NOW.seconds()
    );
    stage.value(&each).await
}

const NONE: &str = "false false false false false false";
const EVES: &str = "false false false false true true";

#[tokio::test]
async fn a_sign_out_ends_every_session_and_every_token_without_one() {
    let stage = with_two().await;
    assert_eq!(signed_in(&stage, 1).await, "true true false false false true");
    // A session that was over is none that ends.
    assert_eq!(on_ada(&stage, "sign_out").await, json!({ "username": "ada", "ended": 2 }));
    assert_eq!(signed_in(&stage, 1).await, NONE);
    assert_eq!(signed_in(&stage, 2).await, EVES);
    assert_eq!(on_ada(&stage, "sign_out").await, json!({ "username": "ada", "ended": 0 }));
    let by_id = ask(&stage, json!({ "verb": "sign_out", "id": 2 })).await.unwrap();
    assert_eq!(by_id, json!({ "username": "eve", "ended": 1 }));
    assert_eq!(signed_in(&stage, 2).await, NONE);
    // Nobody is disabled.
    assert_eq!(stage.value("SELECT count(disabled_at) FROM users").await, "0");
}

#[tokio::test]
async fn a_disabled_user_is_signed_out_until_a_new_sign_in_after_being_enabled() {
    let stage = with_two().await;
    let may = async || {
        let may = "SELECT concat(is_disabled, ' ', start_session(gen_random_uuid(), id, \
                       session_epoch, 'access', 'x', NULL, NULL, to_timestamp(0), \
                       to_timestamp(1), 60, NULL, NULL)) FROM find_credentials('ada')";
        stage.value(may).await
    };
    let since = "2026-11-24T08:00:00Z";
    let first = json!({ "username": "ada", "disabled_at": since, "ended": 2 });
    assert_eq!(on_ada(&stage, "disable").await, first);
    assert_eq!((signed_in(&stage, 1).await, may().await), (NONE.into(), "t f".into()));
    assert_eq!(signed_in(&stage, 2).await, EVES);
    let later = Stage { url: stage.url.clone(), clock: Clock::fixed(NOW.plus(60)) };
    let second = json!({ "username": "ada", "disabled_at": since, "ended": 0 });
    assert_eq!(on_ada(&later, "disable").await, second);
    let listed = async || {
        let listed = ask(&stage, json!({ "verb": "list" })).await.unwrap();
        [0, 1].map(|user| listed["users"][user]["disabled_at"].clone())
    };
    assert_eq!(listed().await, [json!(since), Value::Null]);
    for _ in 0..2 {
        let enabled = json!({ "username": "ada", "disabled_at": null });
        assert_eq!(on_ada(&stage, "enable").await, enabled);
    }
    assert_eq!(listed().await, [Value::Null, Value::Null]);
    assert_eq!((signed_in(&stage, 1).await, may().await), (NONE.into(), "f t".into()));
}

#[tokio::test]
async fn a_deleted_user_is_gone_with_roles_and_sessions() {
    let stage = with_two().await;
    assert_eq!(on_ada(&stage, "delete").await, json!({ "username": "ada", "ended": 2 }));
    let left = "SELECT concat((SELECT string_agg(username, '') FROM users), \
                    (SELECT sum(user_id) FROM users_to_roles), (SELECT sum(user_id) FROM sign_ins))";
    assert_eq!(stage.value(left).await, "eve22");
    assert_eq!(signed_in(&stage, 1).await, NONE);
    assert_eq!(signed_in(&stage, 2).await, EVES);
    let again = "INSERT INTO users (username, email) VALUES ('ada', 'a@b') RETURNING id";
    assert_eq!(stage.value(again).await, "3");
}

#[tokio::test]
async fn a_user_that_a_table_or_a_trigger_of_the_teams_keeps_is_not_deleted() {
    for (theirs, cause) in [
        ("CREATE TABLE orders (u int REFERENCES users)", "rows of the table orders refer"),
        (
            "CREATE TABLE orders (u int REFERENCES users DEFERRABLE INITIALLY DEFERRED)",
            "rows of the table orders refer",
        ),
        (
            "CREATE TABLE orders (u int REFERENCES users ON DELETE RESTRICT)",
            "rows of the table orders refer",
        ),
        (
            "CREATE TABLE orders (u int); CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql \
             AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER keep BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION keep()",
            "a trigger of yours keeps",
        ),
    ] {
        let stage = with_two().await;
        stage.execute(&format!("{theirs}; INSERT INTO orders VALUES (1)")).await;
        let refused = ask(&stage, json!({ "verb": "delete", "id": 1 })).await.unwrap_err();
        assert!(refused.contains("nothing was changed") && refused.contains(cause), "{refused}");
        assert_eq!(signed_in(&stage, 1).await, "true true false false false true", "{theirs}");
        assert_eq!(stage.value("SELECT count(*) FROM users_to_roles").await, "2", "{theirs}");
    }
}

#[tokio::test]
async fn an_unknown_user_is_refused() {
    let stage = with_two().await;
    on_ada(&stage, "delete").await;
    for verb in ["sign_out", "disable", "enable", "delete"] {
        for event in [
            json!({ "verb": verb, "username": "ada" }),
            json!({ "verb": verb, "username": "Eve" }),
            json!({ "verb": verb, "username": "e\0" }),
            json!({ "verb": verb, "id": 1 }),
        ] {
            let refused = ask(&stage, event.clone()).await.unwrap_err();
            assert!(refused.starts_with("No user has that name or id"), "{event}: {refused}");
        }
    }
    assert_eq!(signed_in(&stage, 2).await, EVES);
}

/// Runs `second` while a transaction with `first` is open, until it waits for the lock.
async fn behind<T: Send + 'static>(
    stage: &Stage,
    first: &str,
    second: impl Future<Output = T> + Send + 'static,
) -> T {
    let holder = stage.client().await;
    holder.batch_execute(&format!("BEGIN; {first}")).await.unwrap();
    let second = tokio::spawn(second);
    let waits = "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while stage.value(waits).await == "0" {}
    holder.batch_execute("COMMIT").await.unwrap();
    second.await.unwrap()
}

const START: &str = "SELECT start_session('00000000-0000-7000-8000-000000000009', 1, 0, 'access', \
                     'x', NULL, NULL, to_timestamp(4000000000), to_timestamp(4000000001), 60, \
                     NULL, NULL)";

#[tokio::test]
async fn a_sign_in_under_way_does_not_outlive_the_end_of_all_sessions() {
    for verb in ["sign_out", "disable", "delete"] {
        let stage = with_two().await;
        let admin = stage.admin();
        let ending = async move { admin.handle(json!({ "verb": verb, "id": 1 })).await.unwrap() };
        behind(&stage, START, ending).await;
        assert_eq!(stage.value("SELECT sum(user_id) FROM sign_ins").await, "2", "{verb}");
    }
    for first in [
        "UPDATE users SET session_epoch = 1 WHERE id = 1",
        "UPDATE users SET disabled_at = now() WHERE id = 1",
        "DELETE FROM users WHERE id = 1",
    ] {
        let stage = with_two().await;
        let starting = Stage { url: stage.url.clone(), clock: stage.clock.clone() };
        let started = behind(&stage, first, async move { starting.value(START).await }).await;
        assert_eq!(started, "f", "{first}");
    }
}

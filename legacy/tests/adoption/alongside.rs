//! The legacy app keeps running while its database is adopted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use stage::Stage;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::{app, holding, migrate, schema};

/// The longest time that a request of the legacy app may take.
const LIMIT: Duration = Duration::from_secs(2);

/// The number of the legacy app's requests, and the time of the slowest.
type Requests = (u32, Duration);

/// Signs users up one after another as the legacy app does, until it is stopped.
fn sign_ups(stage: &Stage, stop: &Arc<AtomicBool>) -> JoinHandle<Requests> {
    let (url, stop) = (stage.url.clone(), stop.clone());
    tokio::spawn(async move {
        let mut client = Stage { url, clock: shared::Clock::System }.client().await;
        let (mut count, mut slowest) = (0, Duration::ZERO);
        while !stop.load(Ordering::SeqCst) {
            let begun = Instant::now();
            let transaction = client.transaction().await.unwrap();
            let role = "SELECT id FROM roles WHERE name = 'ROLE_USER' LIMIT 1";
            let role: i32 = transaction.query_one(role, &[]).await.unwrap().get(0);
            let user = "INSERT INTO users (username, email, password) \
                        VALUES ($1, $1, 'hash') RETURNING id";
            let name = format!("new {count}");
            let user: i32 = transaction.query_one(user, &[&name]).await.unwrap().get(0);
            let membership = "INSERT INTO users_to_roles (user_id, role_id) VALUES ($1, $2)";
            transaction.execute(membership, &[&user, &role]).await.unwrap();
            transaction.commit().await.unwrap();
            let content = "SELECT r.name FROM users AS u \
                           JOIN users_to_roles AS ur ON ur.user_id = u.id \
                           JOIN roles AS r ON r.id = ur.role_id WHERE u.username = $1";
            let roles = client.query(content, &[&name]).await.unwrap();
            assert_eq!(roles.len(), 1, "{name}");
            slowest = slowest.max(begun.elapsed());
            count += 1;
        }
        (count, slowest)
    })
}

/// Thousands of users in a table without constraints, with duplicate roles and memberships.
fn many() -> String {
    app::CREATE_ALL.replace("primary key (user_id, role_id), ", "")
        + "insert into users (username, email, password) \
           select 'many' || n, 'many' || n, 'hash' from generate_series(1, 20000) as n; \
           insert into users_to_roles select id, 1 + 2 * (id % 2) from users where id > 9; \
           insert into users_to_roles select id, 1 from users where id > 9;"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ups_succeed_and_are_kept() {
    let stage = holding(&many()).await;
    let stop = Arc::new(AtomicBool::new(false));
    let app = sign_ups(&stage, &stop);
    migrate(&stage).await;
    stop.store(true, Ordering::SeqCst);
    let (count, slowest) = app.await.unwrap();
    assert!(count > 0 && slowest < LIMIT, "{count} sign-ups, the slowest took {slowest:?}");
    let one_role = "SELECT count(*) FROM users AS u WHERE username LIKE 'new%' AND 1 = ( \
                    SELECT count(*) FROM users_to_roles AS ur WHERE ur.user_id = u.id)";
    assert_eq!(stage.value(one_role).await, count.to_string());
    let roles = schema::rows(&stage, &["roles"]).await;
    assert_eq!(roles, ["roles: (1,ROLE_USER) (2,ROLE_ADMIN) (5,ROLE_MODERATOR)"]);
    let memberships = "SELECT count(*) FROM users_to_roles";
    assert_eq!(stage.value(memberships).await, (20_000 + 8 + count).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_long_transaction_nobody_waits_for_long() {
    let stage = holding(&(app::at_revision(4) + app::USERS + app::MEMBERSHIPS)).await;
    let stop = Arc::new(AtomicBool::new(false));
    let long = stage.client().await;
    long.batch_execute("BEGIN; UPDATE users SET password = 'new' WHERE id = 1").await.unwrap();
    let app = sign_ups(&stage, &stop);
    let admin = stage.admin();
    let migration = tokio::spawn(async move { admin.handle(json!({ "verb": "migrate" })).await });
    sleep(Duration::from_secs(3)).await;
    assert!(!migration.is_finished());
    long.batch_execute("COMMIT").await.unwrap();
    let answer = migration.await.unwrap().unwrap();
    assert_eq!(answer["applied"], json!(stage::migrations()[1..]));
    stop.store(true, Ordering::SeqCst);
    let (count, slowest) = app.await.unwrap();
    assert!(count > 0 && slowest < LIMIT, "{count} sign-ups, the slowest took {slowest:?}");
}

#[tokio::test]
async fn a_duplicate_that_comes_while_the_index_is_built_is_folded_too() {
    let stage = holding(&(app::at_revision(4) + app::USERS + app::MEMBERSHIPS)).await;
    let not_null = "ALTER TABLE users_to_roles ALTER user_id SET NOT NULL, \
                    ALTER role_id SET NOT NULL";
    stage.execute(not_null).await;
    let hand = stage.client().await;
    // Building the index waits for transactions that may write.
    let begin = "BEGIN; LOCK TABLE users_to_roles IN ROW EXCLUSIVE MODE";
    hand.batch_execute(begin).await.unwrap();
    let admin = stage.admin();
    let migration = tokio::spawn(async move { admin.handle(json!({ "verb": "migrate" })).await });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND query LIKE 'CREATE UNIQUE INDEX%' AND wait_event_type = 'Lock'";
    while stage.value(waits).await == "0" {
        sleep(Duration::from_millis(10)).await;
        assert!(!migration.is_finished());
    }
    let twice = "INSERT INTO users_to_roles VALUES (3, 2), (3, 2); COMMIT";
    hand.batch_execute(twice).await.unwrap();
    migration.await.unwrap().unwrap();
    let rows = schema::rows(&stage, &["users_to_roles"]).await;
    assert_eq!(rows, ["users_to_roles: (1,1) (1,3) (2,1) (3,2)"]);
}

#[tokio::test]
async fn an_invalid_index_of_a_failed_migration_is_replaced() {
    let sql = app::at_revision(4) + app::USERS + app::MEMBERSHIPS;
    let stage = holding(&sql).await;
    let index = "CREATE UNIQUE INDEX CONCURRENTLY users_to_roles_pkey \
                 ON users_to_roles (user_id, role_id)";
    stage.client().await.batch_execute(index).await.unwrap_err();
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(stage.value(invalid).await, "1");
    migrate(&stage).await;
    assert_eq!(stage.value(invalid).await, "0");
    assert_eq!(schema::of(&stage).await, schema::of(&Stage::new().await).await);
}

#[tokio::test]
async fn a_server_that_ends_it_in_the_middle_of_a_statement_is_asked_again() {
    let expected = holding(&many()).await;
    migrate(&expected).await;
    let expected = schema::of(&expected).await;
    let stage = holding(&many()).await;
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    // Each run is killed later, until one completes.
    for milliseconds in (5..).step_by(20) {
        let admin = stage.admin();
        let migration =
            tokio::spawn(async move { admin.handle(json!({ "verb": "migrate" })).await });
        sleep(Duration::from_millis(milliseconds)).await;
        stage.value(end).await;
        if migration.await.unwrap().is_ok() {
            break;
        }
    }
    assert_eq!(schema::of(&stage).await, expected);
    let roles = "SELECT count(DISTINCT user_id) FROM users_to_roles JOIN roles ON id = role_id \
                 WHERE name = 'ROLE_USER'";
    assert_eq!(stage.value(roles).await, "20005");
}

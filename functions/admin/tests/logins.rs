//! Logins by IAM, at a PostgreSQL 17 whose `pg_hba.conf` has the rule of RDS.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use serde_json::{Value, json};
use shared::Clock;
use stage::{NOW, Server, Stage};
use tokio_postgres::NoTls;

const LOGINS: [&str; 5] = [
    "latchkey_authorizer_iam",
    "latchkey_jwks_iam",
    "latchkey_signin_iam",
    "latchkey_signup_iam",
    "latchkey_owner_iam",
];

/// The database by a login.
fn by(server: &Server, login: &str) -> Stage {
    let url = server.url("latchkey").replace("//postgres@", &format!("//{login}@"));
    Stage { url, clock: Clock::fixed(NOW) }
}

async fn ask(stage: &Stage, event: Value) -> Value {
    stage.admin().handle(event).await.unwrap()
}

async fn is_let_in(stage: &Stage) -> bool {
    tokio_postgres::connect(&stage.url, NoTls).await.is_ok()
}

#[tokio::test]
async fn logins_by_iam_leave_the_master_user_its_password() {
    let server = stage::start_17();
    let superuser = Stage { url: server.url("postgres"), clock: Clock::fixed(NOW) };
    superuser.execute("CREATE ROLE rds_iam; CREATE ROLE master LOGIN CREATEROLE").await;
    superuser.execute("CREATE DATABASE latchkey OWNER master").await;
    // RDS lets its master user grant this role; here nobody can who isn't a member of it.
    superuser.execute("GRANT rds_iam TO master WITH ADMIN OPTION").await;
    let (master, owner) = (by(&server, "master"), by(&server, "latchkey_owner_iam"));
    ask(&master, json!({ "verb": "migrate" })).await;

    for _ in 0..2 {
        let made = ask(&master, json!({ "verb": "logins", "iam": true })).await;
        assert_eq!(made["logins"], json!(LOGINS));
    }
    let limits = "SELECT string_agg(DISTINCT rolconnlimit::text, ' ') FROM pg_roles \
                  WHERE rolname LIKE 'latchkey%iam'";
    assert_eq!(superuser.value(limits).await, "39", "a fifth of 197");
    let again = ask(&owner, json!({ "verb": "migrate" })).await;
    assert_eq!((&again["applied"], &again["group_roles"]["to_do"]), (&json!([]), &Value::Null));
    let owners = "SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class \
                  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')";
    assert_eq!(owner.value(owners).await, "latchkey_owner");
    owner.execute("CREATE TABLE later (id int)").await;
    assert_eq!(owner.value(owners).await, "latchkey_owner");
    let found = "SELECT count(*) FROM find_for_signin('ada')";
    assert_eq!(by(&server, "latchkey_signin_iam").value(found).await, "1");
    assert_eq!(master.value("SELECT count(*) FROM users").await, "0");

    // From here on the master user is a member of rds_iam only if it is one of a login.
    for login in LOGINS {
        superuser.execute(&format!("GRANT rds_iam TO {login}")).await;
    }
    superuser.execute("REVOKE rds_iam FROM master CASCADE").await;
    superuser
        .execute(
            "DO $$ BEGIN EXECUTE format('COPY (VALUES \
                 (''host all +rds_iam 127.0.0.1/32 reject''), \
                 (''host all all 127.0.0.1/32 trust'')) TO %L', current_setting('hba_file')); \
             END $$; SELECT pg_reload_conf()",
        )
        .await;
    while is_let_in(&owner).await {}
    for login in LOGINS {
        assert!(!is_let_in(&by(&server, login)).await, "{login}");
    }
    assert!(is_let_in(&master).await, "the master user's password is barred");
}

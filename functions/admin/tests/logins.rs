//! Logins by IAM, over a PostgreSQL 17 whose `pg_hba.conf` has the rule of RDS.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::Clock;
use shared::db::Group;
use stage::{NOW, Server, Stage};
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

/// The groups' and the owner's.
fn logins() -> Vec<String> {
    let names = Group::ALL.map(Group::name).into_iter().chain(["owner"]);
    names.map(|name| format!("latchkey_{name}_iam")).collect()
}

/// The database, through this login.
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
    // RDS lets its master user grant this role; here, only a member of it can.
    superuser.execute("GRANT rds_iam TO master WITH ADMIN OPTION").await;
    let (master, owner) = (by(&server, "master"), by(&server, "latchkey_owner_iam"));
    ask(&master, json!({ "verb": "migrate" })).await;

    for _ in 0..2 {
        let made = ask(&master, json!({ "verb": "logins", "iam": true })).await;
        assert_eq!(made["logins"], json!(logins()));
    }
    let limited = json!({ "verb": "logins", "iam": true, "connection_limit": 7 });
    let kept = ask(&master, limited.clone()).await;
    assert_eq!(
        kept["connection_limits"],
        json!(logins().into_iter().map(|it| (it, 13)).collect::<BTreeMap<_, _>>())
    );
    assert_eq!(kept["warnings"].as_array().unwrap().len(), logins().len(), "{kept}");
    let words = "latchkey_signin_iam keeps its connection limit of 13";
    assert!(kept["warnings"].to_string().contains(words), "{kept}");
    let limits = "SELECT string_agg(DISTINCT rolconnlimit::text, ' ') FROM pg_roles \
                  WHERE rolname LIKE 'latchkey%iam'";
    assert_eq!(superuser.value(limits).await, "13", "a fifteenth of 197, for fourteen groups");
    let changed = ask(&by(&server, "postgres"), limited).await;
    assert_eq!(changed["connection_limits"]["latchkey_signin_iam"], 7);
    assert_eq!((superuser.value(limits).await.as_str(), &changed["warnings"]), ("7", &json!([])));
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

    // From here on, the master user is a member of rds_iam only by being a member of a login.
    for login in logins() {
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
    for login in logins() {
        assert!(!is_let_in(&by(&server, &login)).await, "{login}");
    }
    assert!(is_let_in(&master).await, "the master user's password is barred");
}

/// The legacy app's tables as a team may have changed them: ids from sequences that no column owns,
/// a trigger that writes a log.
const GROWN: &str = "\
    CREATE SEQUENCE people; CREATE SEQUENCE \"Ranks\"; CREATE SEQUENCE badges; \
    CREATE TABLE users (id int PRIMARY KEY DEFAULT nextval('people'), \
        username text NOT NULL UNIQUE, email text NOT NULL UNIQUE, password text, \
        badge int DEFAULT nextval('badges')); \
    CREATE TABLE roles (id int PRIMARY KEY DEFAULT nextval('\"Ranks\"'), name text UNIQUE); \
    CREATE TABLE log (entry text); \
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql \
        AS 'BEGIN INSERT INTO log VALUES (NEW.id); RETURN NEW; END'; \
    CREATE FUNCTION note_as_team() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
        AS 'BEGIN INSERT INTO log VALUES (NEW.id); RETURN NEW; END'; \
    CREATE TRIGGER noted AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION note(); \
    CREATE TRIGGER safe AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION note_as_team()";

#[tokio::test]
async fn an_adopted_database_goes_on_under_its_new_owner() {
    let server = stage::start_17();
    let superuser = Stage { url: server.url("postgres"), clock: Clock::fixed(NOW) };
    superuser.execute("CREATE ROLE rds_iam; CREATE ROLE team LOGIN CREATEROLE").await;
    superuser.execute("GRANT rds_iam TO team WITH ADMIN OPTION").await;
    superuser.execute("CREATE DATABASE latchkey OWNER team").await;
    let (team, owner) = (by(&server, "team"), by(&server, "latchkey_owner_iam"));
    team.execute(GROWN).await;
    ask(&team, json!({ "verb": "migrate" })).await;

    let iam = json!({ "verb": "logins", "iam": true });
    by(&server, "postgres").execute("ALTER SEQUENCE people OWNER TO postgres").await;
    by(&server, "postgres").execute("GRANT USAGE, SELECT ON SEQUENCE people TO team").await;
    let refused = team.admin().handle(iam.clone()).await.unwrap_err().to_string();
    let words = "GRANT USAGE, SELECT ON SEQUENCE people TO latchkey_owner";
    assert!(refused.contains(words), "{refused}");
    by(&server, "postgres").execute("ALTER SEQUENCE people OWNER TO team").await;

    let made = ask(&team, iam).await;
    let warnings = made["warnings"].as_array().unwrap();
    let warning = "The trigger noted of users runs with the rights of latchkey_owner now";
    assert!(warnings.len() == 1 && warnings[0].as_str().unwrap().starts_with(warning), "{made}");
    let ranks = "SELECT has_sequence_privilege('latchkey_owner', '\"Ranks\"', 'USAGE')";
    assert_eq!(team.value(ranks).await, "t");
    let left = ask(&owner, json!({ "verb": "migrate" })).await;
    assert!(left["user_ids_left"].is_i64(), "{left}");
    let caller = by(&server, "latchkey_signup_iam");
    let sign_up = "SELECT id FROM sign_up('ada', 'ada', 'ada@example.com', 'x')";
    let refused = caller.client().await.batch_execute(sign_up).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "as the warning says");
    team.execute("GRANT INSERT ON log TO latchkey_owner").await;
    assert_ne!(caller.value(sign_up).await, "");
    assert_eq!(team.value("SELECT count(*) FROM log").await, "2");
}

//! No hash leaves the database without a counted attempt, and no object of an intruder's takes part.

use shared::db::Sql;
use shared::db::users::{TRY_CREDENTIALS, TRY_OWN_CREDENTIALS};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use super::*;
use crate::statements::connect;

/// The key of one attempt a day.
const ONE: [&[u8]; 1] = [b"0123456789abcdef"];

const SESSION: &str = "01936c5e-0000-7000-8000-000000000000";

async fn with_ada() -> Stage {
    let stage = Stage::new().await;
    let ada = format!(
        "INSERT INTO users (username, email, password) VALUES ('ada', 'ada@example.com', 'hash'); \
         SELECT start_session('{SESSION}', 1, 0, 'access', 'latchkey', NULL, NULL, \
             to_timestamp({0}), to_timestamp({0} + 3600), 3600, NULL, NULL)",
        NOW.seconds()
    );
    stage.execute(&ada).await;
    stage
}

async fn ask(client: &Client, sql: &Sql, parameters: &[&(dyn ToSql + Sync)]) -> Row {
    let statement = client.prepare(sql.text()).await.unwrap();
    client.query_one(&statement, parameters).await.unwrap()
}

async fn try_credentials(client: &Client, name: &str) -> Row {
    let (every, burst, now) = ([86_400.0], [1], NOW.to_timestamp());
    let parameters: &[&(dyn ToSql + Sync)] =
        &[&name, &name, &&ONE[..], &&every[..], &&burst[..], &now, &false];
    ask(client, &TRY_CREDENTIALS, parameters).await
}

async fn try_own_credentials(client: &Client) -> Row {
    let (every, burst, now) = ([86_400.0], [1], NOW.to_timestamp());
    let session = uuid::Uuid::try_parse(SESSION).unwrap();
    let none = None::<&[u8]>;
    ask(
        client,
        &TRY_OWN_CREDENTIALS,
        &[&1, &session, &none, &now, &&ONE[..], &&every[..], &&burst[..]],
    )
    .await
}

fn seen(row: &Row) -> (Option<bool>, Option<&str>) {
    (row.get("counted"), row.get("password"))
}

#[tokio::test]
async fn the_row_of_a_refused_attempt_has_no_hash() {
    let stage = with_ada().await;
    let signin = connect(&stage.url_of(Group::Signin)).await;
    assert_eq!(seen(&try_credentials(&signin, "ada").await), (Some(true), Some("hash")));
    let refused = try_credentials(&signin, "ada").await;
    assert_eq!(seen(&refused), (Some(false), None));
    assert_eq!((refused.get("id"), refused.get("wait")), (Some(1), 86_400.0));
    let unknown = try_credentials(&signin, "bob").await;
    assert_eq!((seen(&unknown), unknown.get("id")), ((Some(false), None), None::<i32>));
    stage.execute("TRUNCATE limits").await;
    let account = connect(&stage.url_of(Group::Account)).await;
    assert_eq!(seen(&try_own_credentials(&account).await), (Some(true), Some("hash")));
    assert_eq!(seen(&try_own_credentials(&account).await), (Some(false), None));
}

#[tokio::test]
async fn keys_without_a_budget_count_nothing() {
    let stage = with_ada().await;
    let client = stage.client().await;
    let key = "'\\x30313233343536373839616263646566'::bytea";
    for charges in [
        "NULL, NULL, NULL".to_owned(),
        "NULL, '{60}', '{1}'".to_owned(),
        "'{NULL}', '{60}', '{1}'".to_owned(),
        format!("ARRAY[{key}], NULL, '{{1}}'"),
        format!("ARRAY[{key}], '{{}}', '{{1}}'"),
        format!("ARRAY[{key}], '{{NULL}}', '{{1}}'"),
    ] {
        let attempt =
            format!("SELECT password FROM try_credentials('ada', 'ada', {charges}, now())");
        let row = client.query_one(&attempt, &[]).await;
        let hash = row.ok().and_then(|row| row.get::<_, Option<String>>(0));
        assert_eq!(hash, None, "{charges}");
    }
    assert_eq!(stage.value("SELECT count(*) FROM limits").await, "0");
}

/// The last attempt of a key is taken by another while this one waits for the row.
async fn race(one: &Client, other: &Client, stage: &Stage) -> (bool, Option<i32>) {
    let keys = ["\\x00", "\\xff"].map(|it| format!("'{it}{}'::bytea", "00".repeat(15)));
    let attempt = |keys: &[String]| {
        let (every, burst) = (vec!["60"; keys.len()], vec!["2"; keys.len()]);
        format!(
            "SELECT counted, refused_by FROM count_try(ARRAY[{}], ARRAY[{}]::float8[], ARRAY[{}], \
                 to_timestamp({}))",
            keys.join(", "),
            every.join(", "),
            burst.join(", "),
            NOW.seconds()
        )
    };
    one.batch_execute(&attempt(&keys[1..])).await.unwrap();
    one.batch_execute(&format!("BEGIN; {}", attempt(&keys[1..]))).await.unwrap();
    let both = [keys[1].clone(), keys[0].clone()];
    let both = attempt(&both);
    let waiting = other.query_one(&both, &[]);
    let committed = async {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                     AND datname = current_database()";
        while stage.value(waits).await != "1" {
            tokio::task::yield_now().await;
        }
        one.batch_execute("COMMIT").await.unwrap();
    };
    let (row, ()) = tokio::join!(waiting, committed);
    let row = row.unwrap();
    (row.get("counted"), row.get("refused_by"))
}

#[tokio::test]
async fn a_race_that_is_lost_at_one_key_leaves_the_other_as_it_was() {
    let stage = Stage::new().await;
    let (one, other) = (stage.client().await, stage.client().await);
    assert_eq!(race(&one, &other, &stage).await, (false, Some(1)));
    let spent = format!(
        "SELECT string_agg((extract(epoch FROM spent_until) - {})::int::text, ' ' ORDER BY key) \
         FROM limits",
        NOW.seconds()
    );
    assert_eq!(stage.value(&spent).await, "0 120");
}

/// In a schema where anybody may create, a planted operator or function for the exact types would be
/// preferred to PostgreSQL's own for other or any types.
#[tokio::test]
async fn nothing_that_an_intruder_plants_is_taken_for_postgresqls() {
    let stage = with_ada().await;
    stage.execute("GRANT CREATE ON SCHEMA public TO PUBLIC").await;
    let intruder = connect(&stage.url_of(Group::Signup)).await;
    let types = [
        "bytea",
        "float8",
        "int",
        "bigint",
        "numeric",
        "timestamptz",
        "interval",
        "text",
        "bool",
        "bytea[]",
        "float8[]",
    ];
    let mut planted = 0;
    for (name, result) in [
        ("=", "bool"),
        ("<>", "bool"),
        ("<", "bool"),
        ("<=", "bool"),
        (">", "bool"),
        (">=", "bool"),
        ("+", "interval"),
        ("-", "interval"),
        ("*", "interval"),
        ("*", "float8"),
        ("-", "float8"),
    ] {
        for left in types {
            for right in types {
                let function = format!("planted_{planted}");
                let plant = format!(
                    "DO $do$ BEGIN \
                         IF to_regoperator('pg_catalog.{name}({left}, {right})') IS NULL \
                         AND to_regoperator('public.{name}({left}, {right})') IS NULL THEN \
                             CREATE FUNCTION {function} ({left}, {right}) RETURNS {result} \
                             LANGUAGE plpgsql AS $$ BEGIN RAISE 'planted'; END $$; \
                             CREATE OPERATOR public.{name} ( \
                                 LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = {function}); \
                         END IF; END $do$"
                );
                intruder.batch_execute(&plant).await.unwrap();
                planted += 1;
            }
        }
    }
    for (function, argument) in [
        ("cardinality", "bytea[]"),
        ("array_agg", "bytea"),
        ("array_agg", "float8"),
        ("unnest", "bytea[]"),
        ("unnest", "float8[]"),
        ("unnest", "int[]"),
        ("extract", "interval"),
    ] {
        let plant = format!(
            "CREATE FUNCTION public.{function} ({argument}) RETURNS int LANGUAGE plpgsql \
             AS $$ BEGIN RAISE 'planted'; END $$"
        );
        intruder.batch_execute(&plant).await.unwrap();
    }
    let signin = connect(&stage.url_of(Group::Signin)).await;
    for counted in [true, false] {
        let row = try_credentials(&signin, "ada").await;
        assert_eq!(row.get::<_, bool>("counted"), counted);
    }
    stage.execute("TRUNCATE limits").await;
    let account = connect(&stage.url_of(Group::Account)).await;
    assert!(seen(&try_own_credentials(&account).await).0.unwrap());
    let back = "SELECT give_back(ARRAY['0123456789abcdef'::bytea], '{60}', '{4000000000}', now())";
    signin.batch_execute(back).await.unwrap();
    let (one, other) = (stage.client().await, stage.client().await);
    assert_eq!(race(&one, &other, &stage).await, (false, Some(1)));
}

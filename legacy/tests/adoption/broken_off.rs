//! The next migration completes one that was killed anywhere.

use serde_json::json;
use stage::{Proxy, Stage};

use crate::{app, holding, migrate, schema};

/// A database whose adoption has every step.
fn worst() -> String {
    app::CREATE_ALL
        .replace("primary key (user_id, role_id), ", "")
        .replace("integer not null", "integer")
        + "insert into users_to_roles values (1, 1), (1, 1), (4, 3); \
           insert into users (id, username, email) values (50, 'by hand', 'by hand'); \
           insert into roles (id, name) values (70, 'ROLE_AUDITOR');"
        + &app::alembic(3)
}

const TABLES: [&str; 6] =
    ["users", "roles", "users_to_roles", "alembic_version", "adoption", "signing_keys"];

async fn state(stage: &Stage) -> (String, Vec<String>) {
    let history = "SELECT string_agg(format('%s %s %s', version, name, checksum), ' ' \
                   ORDER BY version) FROM refinery_schema_history";
    let mut rows = schema::rows(stage, &TABLES).await;
    rows.push(stage.value(history).await);
    for sequence in ["users_id_seq", "roles_id_seq"] {
        rows.push(stage.value(&format!("SELECT last_value FROM {sequence}")).await);
    }
    (schema::of(stage).await, rows)
}

#[tokio::test]
async fn a_migration_killed_after_any_statement_is_finished_by_the_next() {
    let whole = holding(&worst()).await;
    let counting = Proxy::to(&whole.url);
    migrate(&whole.by(&counting)).await;
    let expected = state(&whole).await;
    // Every change, except that of the keys, is sent as a simple query.
    let statements = counting.queries();
    assert!(statements > 60, "{statements}");
    for statement in 0..statements {
        let stage = holding(&worst()).await;
        let proxy = Proxy::to(&stage.url);
        proxy.end_after_queries(statement);
        let broken = stage.by(&proxy).admin().handle(json!({ "verb": "migrate" })).await;
        // The last query only ends the transaction.
        assert!(broken.is_err() || statement + 1 == statements, "{statement} of {statements}");
        migrate(&stage).await;
        assert_eq!(state(&stage).await, expected, "after statement {statement}");
    }
}

//! The roles of `own-routes.json` that the database lacks.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use own_routes::OwnRoutes;
use serde_json::{Value, json};
use stage::Stage;

const DOCUMENT: &str = r#"{
    "functions": { "reports": {
        "GET /reports": ["ROLE_USER", "ROLE_EDITOR"], "POST /reports": ["ROLE_EDITOR"] } },
    "apis": { "orders": { "GET /orders": ["ROLE_CLERK"] } }
}"#;

async fn ask(stage: &Stage, event: Value) -> Value {
    let routes = Box::leak(Box::new(OwnRoutes::parse(DOCUMENT).unwrap()));
    stage.admin().with_own_routes(routes).handle(event).await.unwrap()
}

fn line(role: &str, routes: &str) -> Value {
    json!(format!(
        "No row of roles is named {role}, so it opens nothing to anybody: own-routes.json, {routes}"
    ))
}

#[tokio::test]
async fn a_check_and_a_migration_report_own_roles_that_are_missing() {
    let stage = Stage::empty().await;
    let check = json!({ "verb": "migrate", "check": true });
    let both = json!([
        line("ROLE_CLERK", "GET /orders"),
        line("ROLE_EDITOR", "GET /reports, POST /reports"),
    ]);
    assert_eq!(ask(&stage, check.clone()).await["check"]["notes"], both);
    let migrated = ask(&stage, json!({ "verb": "migrate" })).await;
    for line in both.as_array().unwrap() {
        assert!(migrated["warnings"].as_array().unwrap().contains(line), "{migrated}");
    }
    stage.execute("INSERT INTO roles (id, name) VALUES (7, 'ROLE_EDITOR')").await;
    let clerk = json!([line("ROLE_CLERK", "GET /orders")]);
    assert_eq!(ask(&stage, check.clone()).await["check"]["notes"], clerk);
    stage.execute("INSERT INTO roles (id, name) VALUES (8, 'ROLE_CLERK')").await;
    assert_eq!(ask(&stage, check).await["check"]["notes"], json!([]));
}

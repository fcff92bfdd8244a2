//! The last release's functions go on over the new schema: an upgrade migrates before it deploys.
//!
//! `RENEW=1 cargo test -p shared --test database last_release` records the statements as they are, as
//! part of a release.

use std::path::Path;
use std::{env, fs};

use shared::functions::LOGINS;
use stage::Stage;

use crate::statements::{connect, may_run};

/// A statement of the last release, on a line of its own as JSON: the class of work whose login runs
/// it, or `owner`; its text; the types of its parameters; its columns with their types.
type Recorded = (String, String, Vec<String>, Vec<String>);

/// The types that PostgreSQL gives to the parameters and the columns.
async fn types(stage: &Stage, text: &str) -> (Vec<String>, Vec<String>) {
    let statement = stage.client().await.prepare(text).await;
    let statement = statement.unwrap_or_else(|error| panic!("{text}: {error}"));
    let parameters = statement.params().iter().map(ToString::to_string).collect();
    let column = |it: &tokio_postgres::Column| format!("{} {}", it.name(), it.type_());
    (parameters, statement.columns().iter().map(column).collect())
}

async fn record(stage: &Stage) -> String {
    let mut lines: Vec<String> = Vec::new();
    for login in LOGINS {
        for sql in login.statements {
            let (parameters, columns) = types(stage, sql.text()).await;
            let login = login.group.map_or("owner", |group| group.name());
            let line = (login, sql.text(), parameters, columns);
            lines.push(serde_json::to_string(&line).unwrap() + "\n");
        }
    }
    lines.sort();
    lines.dedup();
    lines.concat()
}

#[tokio::test]
async fn the_statements_of_the_last_release_go_on() {
    let stage = Stage::new().await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/database/last_release.jsonl");
    #[expect(clippy::disallowed_methods, reason = "no setting of the service: a switch of tests")]
    if env::var_os("RENEW").is_some() {
        fs::write(&file, record(&stage).await).unwrap();
    }
    let recorded = fs::read_to_string(file).unwrap();
    assert!(!recorded.is_empty());
    for line in recorded.lines() {
        let (login, text, parameters, columns): Recorded = serde_json::from_str(line).unwrap();
        assert_eq!(types(&stage, &text).await, (parameters, columns), "{text}");
        let user = if login == "owner" { "postgres".into() } else { format!("{login}_login") };
        let client = connect(&stage.url.replace("//postgres@", &format!("//{user}@"))).await;
        assert!(may_run(&client, &text).await, "{login} may no longer run {text}");
    }
}

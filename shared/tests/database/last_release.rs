//! The last release's functions go on over the new schema: an upgrade migrates before it deploys.
//!
//! `RENEW=1 cargo test -p shared --test database last_release` records the statements as they are, as
//! part of a release.

use std::path::Path;
use std::{env, fs};

use serde::{Deserialize, Serialize};
use shared::functions::LOGINS;
use stage::Stage;

use crate::statements::{connect, may_run};

/// A statement of the last release.
#[derive(Serialize, Deserialize)]
struct Recorded {
    /// The class of work whose login runs it, or `owner`.
    login: String,
    text: String,
    /// The types of its parameters.
    parameters: Vec<String>,
    /// Its columns with their types.
    columns: Vec<String>,
}

/// The types that PostgreSQL gives to the parameters and the columns.
async fn types(stage: &Stage, text: &str) -> (Vec<String>, Vec<String>) {
    let statement = stage.client().await.prepare(text).await;
    let statement = statement.unwrap_or_else(|error| panic!("{text}: {error}"));
    let parameters = statement.params().iter().map(ToString::to_string).collect();
    let column = |it: &tokio_postgres::Column| format!("{} {}", it.name(), it.type_());
    (parameters, statement.columns().iter().map(column).collect())
}

async fn record(stage: &Stage) -> Vec<Recorded> {
    let mut recorded = Vec::new();
    for login in LOGINS {
        for sql in login.statements {
            let text = sql.text().to_owned();
            let login = login.group.map_or("owner", |group| group.name()).to_owned();
            if !recorded.iter().any(|it: &Recorded| it.login == login && it.text == text) {
                let (parameters, columns) = types(stage, &text).await;
                recorded.push(Recorded { login, text, parameters, columns });
            }
        }
    }
    recorded
}

#[tokio::test]
async fn the_statements_of_the_last_release_go_on() {
    let stage = Stage::new().await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/database/last_release.json");
    #[expect(clippy::disallowed_methods, reason = "no setting of the service: a switch of tests")]
    if env::var_os("RENEW").is_some() {
        let recorded = serde_json::to_string_pretty(&record(&stage).await).unwrap();
        fs::write(&file, recorded + "\n").unwrap();
    }
    let recorded: Vec<Recorded> = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert!(!recorded.is_empty());
    for Recorded { login, text, parameters, columns } in recorded {
        assert_eq!(types(&stage, &text).await, (parameters, columns), "{text}");
        let user = if login == "owner" { "postgres".into() } else { format!("{login}_login") };
        let client = connect(&stage.url.replace("//postgres@", &format!("//{user}@"))).await;
        assert!(may_run(&client, &text).await, "{login} may no longer run {text}");
    }
}

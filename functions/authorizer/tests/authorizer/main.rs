//! The authorizer over a real PostgreSQL, with a fixed clock.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod apis;
mod callers;
#[cfg(feature = "legacy")]
mod legacy;
mod own_tokens;
mod sessions;

use authorizer::{Authorizer, Event};
use serde_json::{Value, json};
use shared::UserId;
use shared::db::Group;
use shared::jwt::Settings;
use stage::{SIGNING_KEY, Stage};

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc123/Prod/GET/api/auth/users/me";

fn settings() -> Settings {
    Settings { issuer: "latchkey".parse().unwrap(), audience: "latchkey".into() }
}

/// A user with the first role, and our token for them.
async fn with_ada() -> (Stage, String) {
    let stage = Stage::new().await;
    stage
        .execute(
            "INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com'); \
             INSERT INTO users_to_roles VALUES (1, 1)",
        )
        .await;
    let token = stage::token(settings(), SIGNING_KEY, stage.clock.clone(), UserId::new(1)).await;
    (stage, format!("Bearer {token}"))
}

fn over(stage: &Stage) -> Authorizer {
    Authorizer::new(
        stage.database_of(Group::Authorizer),
        settings(),
        stage.clock.clone(),
        "test".into(),
    )
}

/// The authorizer's answer to a request with this header: a policy, or the word for API Gateway.
async fn ask(authorizer: &Authorizer, authorization: &str) -> Result<Value, String> {
    let headers = json!({ "Authorization": authorization });
    let event =
        json!({ "methodArn": ARN, "headers": headers, "stageVariables": stage_of("accounts") });
    ask_by(authorizer, event).await
}

/// The authorizer's answer to an event.
async fn ask_by(authorizer: &Authorizer, event: Value) -> Result<Value, String> {
    let event: Event = serde_json::from_value(event).unwrap();
    let policy = authorizer.authorize(event).await.map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(policy).unwrap())
}

/// The variables of a stage with these routes.
fn stage_of(routes: &str) -> Value {
    json!({ "LatchkeyRoutes": routes })
}

fn unauthorized() -> Result<Value, String> {
    Err("Unauthorized".to_owned())
}

fn unavailable() -> Result<Value, String> {
    Err("Service Unavailable".to_owned())
}

fn opens(policy: &Value, path: &str) -> bool {
    let resources = policy["policyDocument"]["Statement"][0]["Resource"].as_array().unwrap();
    resources.iter().any(|arn| arn.as_str().unwrap().ends_with(path))
}

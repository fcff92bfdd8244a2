//! The authorizer over a real PostgreSQL, with a clock that stands.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use authorizer::{Authorizer, Event};
use serde_json::{Value, json};
use shared::UserId;
use shared::db::Group;
use shared::jwt::Settings;
use stage::{SIGNING_KEY, Stage};

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc123/Prod/GET/api/auth/users/me";

fn settings() -> Settings {
    Settings { issuer: "latchkey".into(), audience: "latchkey".into() }
}

/// A user with the first role, and her token.
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
    Authorizer::new(stage.database_of(Group::Read), settings(), stage.clock.clone(), "test".into())
}

async fn authorize(stage: &Stage, authorization: &str) -> Result<Value, String> {
    let authorizer = over(stage);
    let event = json!({ "methodArn": ARN, "headers": { "Authorization": authorization } });
    let event: Event = serde_json::from_value(event).unwrap();
    let policy = authorizer.authorize(event).await.map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(policy).unwrap())
}

fn opens(policy: &Value, path: &str) -> bool {
    let resources = policy["policyDocument"]["Statement"][0]["Resource"].as_array().unwrap();
    resources.iter().any(|arn| arn.as_str().unwrap().ends_with(path))
}

#[tokio::test]
async fn a_valid_token_opens_what_its_users_roles_open_now() {
    let (stage, token) = with_ada().await;
    let policy = authorize(&stage, &token).await.unwrap();
    assert_eq!(policy["context"]["username"], "ada");
    assert!(opens(&policy, "/GET/api/test/user") && !opens(&policy, "/GET/api/test/mod"));
    stage.execute("INSERT INTO users_to_roles VALUES (1, 2)").await;
    assert!(opens(&authorize(&stage, &token).await.unwrap(), "/GET/api/test/mod"));
}

#[tokio::test]
async fn no_valid_token_is_unauthorized_in_that_very_word() {
    let (stage, token) = with_ada().await;
    let unauthorized = Err("Unauthorized".to_owned());
    for authorization in ["", "Bearer", "Basic YTpi", "Bearer x", &token[..token.len() - 4]] {
        assert_eq!(authorize(&stage, authorization).await, unauthorized, "{authorization}");
    }
    stage.clock.advance(60);
    assert_eq!(authorize(&stage, &token).await, unauthorized);
}

#[tokio::test]
async fn a_deleted_users_token_opens_nobody_elses_account() {
    let (stage, token) = with_ada().await;
    stage
        .execute(
            "DELETE FROM users; \
             INSERT INTO users (username, email) VALUES ('ada', 'eve@example.com')",
        )
        .await;
    assert_eq!(authorize(&stage, &token).await, Err("Unauthorized".to_owned()));
}

#[tokio::test]
async fn a_withdrawn_key_opens_nothing_from_that_moment() {
    let (stage, token) = with_ada().await;
    let authorizer = over(&stage);
    let event = || {
        let event = json!({ "methodArn": ARN, "headers": { "authorization": token } });
        serde_json::from_value(event).unwrap()
    };
    assert!(authorizer.authorize(event()).await.is_ok());
    stage.execute("DELETE FROM signing_keys").await;
    assert_eq!(authorizer.authorize(event()).await.unwrap_err().to_string(), "Unauthorized");
}

#[tokio::test]
async fn what_can_not_be_told_is_no_refusal() {
    let (stage, token) = with_ada().await;
    stage.execute("DROP TABLE signing_keys").await;
    assert_eq!(authorize(&stage, &token).await, Err("Service Unavailable".to_owned()));
}

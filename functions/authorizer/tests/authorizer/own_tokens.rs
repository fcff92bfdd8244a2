//! Our tokens.

use authorizer::Authorizer;
use shared::UserId;
use shared::db::Group;
use shared::jwt::Settings;
use stage::SIGNING_KEY;

use crate::{ask, opens, over, settings, unauthorized, unavailable, with_ada};

#[tokio::test]
async fn a_valid_token_opens_what_its_users_roles_open_now() {
    let (stage, token) = with_ada().await;
    let policy = ask(&over(&stage), &token).await.unwrap();
    assert_eq!(policy["context"]["username"], "ada");
    assert!(opens(&policy, "/GET/api/test/user") && !opens(&policy, "/GET/api/test/mod"));
    stage.execute("INSERT INTO users_to_roles VALUES (1, 2)").await;
    assert!(opens(&ask(&over(&stage), &token).await.unwrap(), "/GET/api/test/mod"));
}

#[tokio::test]
async fn no_valid_token_is_unauthorized_in_that_very_word() {
    let (stage, token) = with_ada().await;
    for authorization in ["", "Bearer", "Basic YTpi", "Bearer x", &token[..token.len() - 4]] {
        assert_eq!(ask(&over(&stage), authorization).await, unauthorized(), "{authorization}");
    }
    stage.clock.advance(60);
    assert_eq!(ask(&over(&stage), &token).await, unauthorized());
}

#[tokio::test]
async fn a_changed_issuer_signs_nobody_out() {
    let (stage, old) = with_ada().await;
    let settings = || Settings { issuer: "https://a.example".parse().unwrap(), ..settings() };
    let new = stage::token(settings(), SIGNING_KEY, stage.clock.clone(), UserId::new(1)).await;
    let new = format!("Bearer {new}");
    let changed = || {
        let database = stage.database_of(Group::Authorizer);
        Authorizer::new(database, settings(), stage.clock.clone(), "test".into())
    };
    let both = changed().with_previous_issuer("latchkey".parse().ok());
    assert!(ask(&both, &old).await.is_ok() && ask(&both, &new).await.is_ok());
    let another = changed().with_previous_issuer("https://b.example".parse().ok());
    for authorizer in [another, changed()] {
        assert_eq!(ask(&authorizer, &old).await, unauthorized());
        assert!(ask(&authorizer, &new).await.is_ok());
    }
    // It ends with the token.
    stage.clock.advance(60);
    assert_eq!(ask(&both, &old).await, unauthorized());
}

#[tokio::test]
async fn a_deleted_users_token_opens_no_later_account() {
    let (stage, token) = with_ada().await;
    stage
        .execute(
            "DELETE FROM users; \
             INSERT INTO users (username, email) VALUES ('ada', 'eve@example.com')",
        )
        .await;
    assert_eq!(ask(&over(&stage), &token).await, unauthorized());
}

#[tokio::test]
async fn a_withdrawn_key_opens_nothing_from_that_moment() {
    let (stage, token) = with_ada().await;
    let authorizer = over(&stage);
    assert!(ask(&authorizer, &token).await.is_ok());
    // The operator signs with another key, and withdraws this one.
    let operator = stage.admin_with(&"2".repeat(64));
    let answer = operator.handle(serde_json::json!({ "verb": "migrate" })).await.unwrap();
    assert!(ask(&authorizer, &token).await.is_ok());
    let kid = &answer["signing_keys"]["retired"][0];
    let withdraw = serde_json::json!({ "verb": "withdraw_key", "kid": kid });
    operator.handle(withdraw.clone()).await.unwrap();
    assert_eq!(ask(&authorizer, &token).await, unauthorized());
    assert!(stage.admin().handle(withdraw).await.is_err(), "the secret names it");
}

#[tokio::test]
async fn a_token_of_another_database_under_the_same_key_opens_nothing() {
    let (stage, token) = with_ada().await;
    let authorizer = over(&stage);
    let event = serde_json::json!({ "verb": "migrate", "new_database_id": true });
    stage.admin().handle(event).await.unwrap();
    assert_eq!(ask(&authorizer, &token).await, unauthorized());
    // Restored, it is the same database again.
    let restore = format!("UPDATE database_identity SET id = '{}'", stage::DATABASE_ID);
    stage.execute(&restore).await;
    assert!(ask(&authorizer, &token).await.is_ok());
}

#[tokio::test]
async fn an_unreachable_database_is_no_refusal() {
    let (stage, token) = with_ada().await;
    stage.execute("DROP TABLE signing_keys").await;
    assert_eq!(ask(&over(&stage), &token).await, unavailable());
}

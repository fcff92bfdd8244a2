//! The signer's tokens and the verifier.

use authorizer::{InvalidToken, UnverifiedToken, Verifier};
use shared::db::{Group, SigningKeys};
use shared::jwt::Settings;
use shared::{NumericDate, UserId};
use stage::{NOW, SIGNING_KEY, Stage};

fn settings() -> Settings {
    Settings { issuer: "latchkey".into(), audience: "latchkey".into() }
}

/// A token of user 7, signed with `key` and for `audience`.
async fn token_of(stage: &Stage, key: &str, audience: &str) -> String {
    let settings = Settings { audience: audience.into(), ..settings() };
    stage::token(settings, key, stage.clock.clone(), UserId::new(7)).await
}

fn verifier(stage: &Stage) -> Verifier {
    let keys = SigningKeys::new(stage.database_of(Group::Authorizer));
    Verifier::new(settings(), keys, stage.clock.clone())
}

async fn verify(verifier: &Verifier, token: &str) -> Result<UserId, InvalidToken> {
    let token = UnverifiedToken::parse(token).ok_or(InvalidToken)?;
    verifier.verify(&token).await.unwrap().map(|valid| valid.user_id)
}

#[tokio::test]
async fn our_own_token_names_its_user() {
    let stage = Stage::new().await;
    let token = token_of(&stage, SIGNING_KEY, "latchkey").await;
    assert_eq!(verify(&verifier(&stage), &token).await, Ok(UserId::new(7)));
}

#[tokio::test]
async fn a_token_ends_at_its_exp_and_begins_with_little_grace() {
    let stage = Stage::new().await;
    let token = token_of(&stage, SIGNING_KEY, "latchkey").await;
    let verifier = verifier(&stage);
    for (seconds, valid) in [(59, true), (1, false), (-66, false), (1, true)] {
        stage.clock.advance(seconds);
        let at = stage.clock.now().seconds() - NOW.seconds();
        assert_eq!(verify(&verifier, &token).await.is_ok(), valid, "{at} s after it was issued");
    }
}

#[tokio::test]
async fn another_key_or_audience_is_refused() {
    let stage = Stage::new().await;
    let verifier = verifier(&stage);
    for (key, audience) in [(&*"2".repeat(64), "latchkey"), (SIGNING_KEY, "other")] {
        let token = token_of(&stage, key, audience).await;
        assert_eq!(verify(&verifier, &token).await, Err(InvalidToken), "{audience}");
    }
}

#[tokio::test]
async fn every_altered_character_is_noticed() {
    let stage = Stage::new().await;
    let token = token_of(&stage, SIGNING_KEY, "latchkey").await;
    let verifier = verifier(&stage);
    for index in 0..token.len() {
        let other = if token.as_bytes()[index] == b'A' { "B" } else { "A" };
        let altered = format!("{}{other}{}", &token[..index], &token[index + 1..]);
        assert_eq!(verify(&verifier, &altered).await, Err(InvalidToken), "at {index}");
    }
}

#[tokio::test]
async fn a_new_key_is_found_and_forged_ones_cost_one_query() {
    let stage = Stage::new().await;
    let verifier = verifier(&stage);
    let old = token_of(&stage, SIGNING_KEY, "latchkey").await;
    assert_eq!(verify(&verifier, &old).await, Ok(UserId::new(7)));
    let token = token_of(&stage, &"2".repeat(64), "latchkey").await;
    stage
        .admin_with(&"2".repeat(64))
        .handle(serde_json::json!({ "verb": "migrate" }))
        .await
        .unwrap();
    // The keys were just read: a key id that may be forged doesn't cause another read.
    assert_eq!(verify(&verifier, &token).await, Err(InvalidToken));
    stage.clock.advance(5);
    assert_eq!(verify(&verifier, &token).await, Ok(UserId::new(7)));
    assert_eq!(verify(&verifier, &old).await, Ok(UserId::new(7)));
}

#[tokio::test]
async fn a_retired_key_ends_with_its_last_token() {
    let stage = Stage::new().await;
    stage
        .admin_with(&"2".repeat(64))
        .handle(serde_json::json!({ "verb": "migrate" }))
        .await
        .unwrap();
    let keys = SigningKeys::new(stage.database_of(Group::Authorizer));
    let accepted = async |at: NumericDate| keys.list_accepted(at).await.unwrap().len();
    assert_eq!(accepted(NOW.plus(3600)).await, 2);
    assert_eq!(accepted(NOW.plus(3600 + 300)).await, 1);
}

//! `signing_keys`, through a rotation.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use admin::PublishedKeys;
use shared::Secret;
use shared::db::{Group, SigningKeys};
use shared::jwt::{Kid, PublicKey, SigningKey};
use shared::limits::Charges;
use shared::sign_in::Users;
use shared::{NumericDate, Username};
use stage::{NOW, RSA_SIGNING_KEY, SIGNING_KEY, Stage};

const RETIRE_AT: NumericDate = NOW.plus(3_900);

fn key(digit: &str) -> PublicKey {
    SigningKey::parse(&Secret::new(digit.repeat(64))).unwrap().public_key().clone()
}

async fn kids(stage: &Stage, at: NumericDate) -> Vec<Kid> {
    let keys = SigningKeys::new(stage.database_of(Group::Jwks)).list_accepted(at).await.unwrap();
    keys.into_iter().map(|(kid, _)| kid).collect()
}

async fn published(stage: &Stage) -> Vec<Kid> {
    let nobody = Username::parse("nobody".into()).unwrap();
    Users::new(stage.database_of(Group::Signin))
        .find_credentials(&nobody, &Charges::NONE, NOW)
        .await
        .unwrap()
        .unwrap()
        .published
}

#[tokio::test]
async fn a_rotation_signs_nobody_out() {
    let stage = Stage::new().await;
    let table = PublishedKeys::new(stage.database());
    let (old, new) = (key(&SIGNING_KEY[..1]), key("2"));
    assert_eq!(published(&stage).await, [old.kid()]);

    let retired = table.publish(&old, Some(&new), NOW, RETIRE_AT).await.unwrap();
    assert!(retired.is_empty());
    assert_eq!(published(&stage).await, [old.kid(), new.kid()]);

    let retired = table.publish(&new, None, NOW.plus(60), RETIRE_AT).await.unwrap();
    assert_eq!(retired, [old.kid()]);
    assert_eq!(published(&stage).await, [new.kid()]);
    assert_eq!(kids(&stage, NOW.plus(60)).await, [new.kid(), old.kid()]);
    assert_eq!(kids(&stage, RETIRE_AT).await, [new.kid()]);
}

#[tokio::test]
async fn keys_of_both_kinds_are_published_and_one_signs() {
    let stage = Stage::new().await;
    let table = PublishedKeys::new(stage.database());
    let rsa = SigningKey::parse(&Secret::new(RSA_SIGNING_KEY.to_owned())).unwrap();
    let (p256, rsa) = (key(&SIGNING_KEY[..1]), rsa.public_key().clone());
    for (now, current, pending) in [(1, &p256, &rsa), (2, &rsa, &p256), (3, &p256, &rsa)] {
        table.publish(current, Some(pending), NOW.plus(now), RETIRE_AT).await.unwrap();
        assert_eq!(published(&stage).await, [current.kid(), pending.kid()]);
        let keys = SigningKeys::new(stage.database_of(Group::Jwks));
        let keys = keys.list_accepted(NOW.plus(now)).await.unwrap();
        let expected = [current, pending].map(|key| (key.kid(), key.clone()));
        assert_eq!(keys, expected, "what was written is what is read");
    }
}

#[tokio::test]
async fn publishing_again_changes_nothing() {
    let stage = Stage::new().await;
    let table = PublishedKeys::new(stage.database());
    let old = key(&SIGNING_KEY[..1]);
    let before = stage.value("SELECT signs_from FROM signing_keys").await;
    table.publish(&old, Some(&old), NOW.plus(60), RETIRE_AT).await.unwrap();
    assert_eq!(stage.value("SELECT signs_from FROM signing_keys").await, before);
    assert_eq!(kids(&stage, RETIRE_AT).await, [old.kid()]);
}

#[tokio::test]
async fn a_key_that_comes_back_signs_again() {
    let stage = Stage::new().await;
    let table = PublishedKeys::new(stage.database());
    let (old, new) = (key(&SIGNING_KEY[..1]), key("2"));
    table.publish(&new, None, NOW.plus(60), RETIRE_AT).await.unwrap();
    table.publish(&old, Some(&new), NOW.plus(120), RETIRE_AT).await.unwrap();
    assert_eq!(published(&stage).await, [old.kid(), new.kid()]);
    assert_eq!(kids(&stage, RETIRE_AT).await, [old.kid(), new.kid()]);
}

#[tokio::test]
async fn a_new_key_that_never_signed_ends_at_once() {
    let stage = Stage::new().await;
    let table = PublishedKeys::new(stage.database());
    let (old, new) = (key(&SIGNING_KEY[..1]), key("2"));
    table.publish(&old, Some(&new), NOW, RETIRE_AT).await.unwrap();
    assert_eq!(table.publish(&old, None, NOW.plus(1), RETIRE_AT).await.unwrap(), [new.kid()]);
    assert_eq!(kids(&stage, NOW.plus(1)).await, [old.kid()]);
    // Added again, it counts as new.
    table.publish(&old, Some(&new), NOW.plus(60), RETIRE_AT).await.unwrap();
    assert_eq!(table.published_at(&new.kid()).await, Ok(Some(NOW.plus(60))));
    // Publishing it again keeps the time of its first publication.
    table.publish(&new, None, NOW.plus(400), RETIRE_AT).await.unwrap();
    assert_eq!(table.published_at(&new.kid()).await, Ok(Some(NOW.plus(60))));
    assert_eq!(table.published_at(&old.kid()).await, Ok(None), "it is to end");
}

#[tokio::test]
async fn a_key_that_is_withdrawn_ends_now_and_never_later() {
    let stage = Stage::new().await;
    let table = PublishedKeys::new(stage.database());
    let (old, new) = (key(&SIGNING_KEY[..1]), key("2"));
    table.publish(&new, None, NOW, RETIRE_AT).await.unwrap();
    assert_eq!(kids(&stage, NOW.plus(1)).await, [new.kid(), old.kid()]);
    assert_eq!(table.withdraw(&old.kid(), NOW.plus(1)).await, Ok(true));
    assert_eq!(kids(&stage, NOW.plus(1)).await, [new.kid()]);
    assert_eq!(table.withdraw(&old.kid(), RETIRE_AT).await, Ok(true));
    table.publish(&new, None, NOW.plus(2), RETIRE_AT).await.unwrap();
    assert_eq!(kids(&stage, NOW.plus(2)).await, [new.kid()]);
    assert_eq!(table.withdraw(&key("3").kid(), NOW).await, Ok(false));
}

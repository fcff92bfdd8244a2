//! Our tokens, by their sessions and without one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use shared::jwt::TokenSession;
use shared::{Random, SessionId, UserId};
use stage::{NOW, SIGNING_KEY, Stage};

use crate::{ask, over, settings, unauthorized, with_ada};

/// ada, eve, and a session of ada's that ends after a day, or an hour without use.
async fn with_session() -> (Stage, SessionId) {
    let (stage, _) = with_ada().await;
    let session = SessionId::new(NOW, &Random::System);
    let made = format!(
        "INSERT INTO users (username, email) VALUES ('eve', 'eve@example.com'); \
         INSERT INTO sign_ins (id, user_id, kind, client_id, created_at, used_at, expires_at, \
             idle_seconds, rotated_at) \
         SELECT '{session}', 1, 'access', 'c', n, n, n + interval '1 day', 3600, '-infinity' \
         FROM to_timestamp({}) AS n",
        NOW.seconds()
    );
    stage.execute(&made).await;
    (stage, session)
}

/// A header with a token of this user and session.
async fn token(stage: &Stage, user_id: i32, id: SessionId, generation: i32) -> String {
    let session = TokenSession { id, generation, expires_at: NOW.plus(86_400) };
    let (clock, user_id) = (stage.clock.clone(), UserId::new(user_id));
    let token = stage::token_of(settings(), SIGNING_KEY, clock, user_id, Some(session)).await;
    format!("Bearer {token}")
}

async fn seen(stage: &Stage) -> String {
    stage.value("SELECT string_agg(seen_generation::text, ' ') FROM sign_ins").await
}

#[tokio::test]
async fn a_token_ends_with_its_session() {
    let (stage, session) = with_session().await;
    let authorizer = over(&stage);
    let token = token(&stage, 1, session, 0).await;
    let context = ask(&authorizer, &token).await.unwrap()["context"].take();
    assert_eq!((&context["sid"], &context["token_digest"]), (&json!(session), &json!("")));
    for (end, undo) in [
        ("reused_at = now()", "reused_at = NULL"),
        ("expires_at = created_at", "expires_at = created_at + '1 day'"),
        ("used_at = used_at - interval '1 hour'", "used_at = created_at"),
        ("id = gen_random_uuid()", &*format!("id = '{session}'")),
    ] {
        stage.execute(&format!("UPDATE sign_ins SET {end}")).await;
        assert_eq!(ask(&authorizer, &token).await, unauthorized(), "{end}");
        stage.execute(&format!("UPDATE sign_ins SET {undo}")).await;
        assert!(ask(&authorizer, &token).await.is_ok(), "{undo}");
    }
    stage.execute("DELETE FROM sign_ins").await;
    assert_eq!(ask(&authorizer, &token).await, unauthorized());
}

#[tokio::test]
async fn a_token_with_the_session_of_another_user_opens_nothing_and_is_no_receipt() {
    let (stage, session) = with_session().await;
    let authorizer = over(&stage);
    let (of_eve, of_ada) = (token(&stage, 2, session, 0).await, token(&stage, 1, session, 0).await);
    assert_eq!(ask(&authorizer, &of_eve).await, unauthorized());
    assert_eq!(seen(&stage).await, "-1");
    assert!(ask(&authorizer, &of_ada).await.is_ok());
    assert_eq!(seen(&stage).await, "0");
}

#[tokio::test]
async fn the_generation_of_a_token_is_its_receipt() {
    let (stage, session) = with_session().await;
    let authorizer = over(&stage);
    stage.execute("UPDATE sign_ins SET generation = 2").await;
    for (generation, receipt) in [(1, "-1"), (2, "2"), (1, "2")] {
        let token = token(&stage, 1, session, generation).await;
        assert!(ask(&authorizer, &token).await.is_ok(), "old ones go on");
        assert_eq!(seen(&stage).await, receipt, "{generation}");
    }
}

#[tokio::test]
async fn a_database_that_only_reads_answers_without_a_receipt() {
    let (stage, session) = with_session().await;
    let token = token(&stage, 1, session, 0).await;
    let name = stage.value("SELECT current_database()").await;
    let only_reads = async |on: &str| {
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}");
        stage.execute(&format!("BEGIN READ WRITE; {set}; COMMIT")).await;
    };
    only_reads("on").await;
    assert!(ask(&over(&stage), &token).await.is_ok());
    assert_eq!(seen(&stage).await, "-1");
    only_reads("off").await;
    assert!(ask(&over(&stage), &token).await.is_ok());
    assert_eq!(seen(&stage).await, "0");
}

#[tokio::test]
async fn a_token_without_a_session_is_good_until_the_users_sessions_first_all_end() {
    let (stage, token) = with_ada().await;
    let authorizer = over(&stage);
    let context = ask(&authorizer, &token).await.unwrap()["context"].take();
    assert_eq!(context["sid"], "");
    stage.execute("UPDATE users SET session_epoch = 1").await;
    assert_eq!(ask(&authorizer, &token).await, unauthorized());
}

/// An ECDSA signature (r, s) is as good as (r, n - s): the token's other spelling.
fn spelt_otherwise(token: &str) -> String {
    /// The order of P-256's base point (SEC 2 §2.4.2).
    const N: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = false;
    for (digit, n) in signature[32..].iter_mut().zip(N).rev() {
        let (difference, first) = n.overflowing_sub(*digit);
        let (difference, second) = difference.overflowing_sub(borrow.into());
        (*digit, borrow) = (difference, first || second);
    }
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn a_token_that_was_signed_out_is_over_in_both_its_spellings() {
    let (stage, token) = with_ada().await;
    let authorizer = over(&stage);
    let spellings = [token.clone(), spelt_otherwise(&token)];
    assert_ne!(spellings[0], spellings[1]);
    let mut digests = Vec::new();
    for spelling in &spellings {
        let context = ask(&authorizer, spelling).await.unwrap()["context"].take();
        digests.push(context["token_digest"].as_str().unwrap().to_owned());
    }
    assert_eq!(digests[0], digests[1]);
    let digest = format!("translate('{}=', '-_', '+/')", digests[0]);
    let end = format!("INSERT INTO ended_tokens VALUES (decode({digest}, 'base64'), now())");
    stage.execute(&end).await;
    for spelling in &spellings {
        assert_eq!(ask(&authorizer, spelling).await, unauthorized());
    }
}

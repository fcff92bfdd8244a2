//! Which tokens are active.

use serde_json::{Value, json};
use shared::db::Group;
use shared::http::Function;
use shared::jwt::{Grant, KeySource, Settings, Signer, SigningKey, TokenSession};
use shared::{ClientId, DatabaseId, Random, Secret, SessionId, UserId};
use stage::{DATABASE_ID, NOW, SIGNING_KEY, Stage};

use crate::{Answer, SECRET, ask, function, inactive};

type Introspect = Function<introspect::Introspect>;

const SESSION: &str = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

/// A user with the first role, and a session of generation 1.
async fn with_ada() -> Stage {
    let stage = Stage::new().await;
    let start = format!(
        "INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com'); \
         INSERT INTO users_to_roles VALUES (1, 1); \
         INSERT INTO sign_ins (id, user_id, kind, client_id, created_at, used_at, expires_at, \
             idle_seconds, rotated_at, generation) \
         SELECT '{SESSION}', 1, 'token', 'c', t, t, t + interval '1 day', 3600, t, 1 \
         FROM to_timestamp({}) AS t",
        NOW.seconds()
    );
    stage.execute(&start).await;
    stage
}

fn over(stage: &Stage) -> Introspect {
    on_with(stage, &[])
}

fn on_with(stage: &Stage, pairs: &[(&str, &str)]) -> Introspect {
    let pairs = [pairs, &[("INTROSPECTION_SECRET", SECRET)]].concat();
    function(&stage.url_of(Group::Introspect), &stage.clock, &pairs)
}

/// A token of a user, of this generation of the session or without one. It is valid for a minute.
async fn token(stage: &Stage, user_id: i32, generation: Option<i32>) -> String {
    let key = Secret::new(SIGNING_KEY.to_owned());
    let published = [SigningKey::parse(&key).unwrap().kid().clone()];
    let settings = Settings { issuer: "latchkey".parse().unwrap(), audience: "latchkey".into() };
    let random = Random::counted(1);
    let signer = Signer::new(settings, 60, KeySource::Value(key), stage.clock.clone(), random);
    let session = generation.map(|generation| TokenSession {
        id: SessionId::parse(SESSION).unwrap(),
        generation,
        expires_at: NOW.plus(86_400),
    });
    let grant = Grant {
        user_id: UserId::new(user_id),
        roles: Vec::new(),
        client_id: &ClientId::parse("c").unwrap(),
        session,
        published: &published,
        database_id: DatabaseId::new(DATABASE_ID.into()),
    };
    signer.access_token(grant).await.unwrap().token.expose().clone()
}

async fn is_active(function: &Introspect, token: &str) -> bool {
    let answer = ask(function, token).await;
    let is_active = answer.body["active"] == json!(true);
    assert!(is_active && answer.status == 200 || answer == inactive(), "{answer:?}");
    is_active
}

#[tokio::test]
async fn a_valid_token_is_described_and_its_user_as_they_are_now() {
    let stage = with_ada().await;
    stage
        .execute("UPDATE users SET username = 'eve'; INSERT INTO users_to_roles VALUES (1, 3)")
        .await;
    let described = |sid: Option<&str>, jti: &Value| {
        let mut body = json!({
            "active": true, "sub": "1", "username": "eve", "client_id": "c", "iss": "latchkey",
            "aud": "latchkey", "iat": NOW.seconds(), "exp": NOW.seconds() + 60, "jti": jti,
            "token_type": "Bearer", "roles": ["ROLE_USER", "ROLE_ADMIN"],
        });
        if let Some(sid) = sid {
            body["sid"] = json!(sid);
        }
        Answer { status: 200, body, challenge: None }
    };
    for (generation, sid) in [(Some(1), Some(SESSION)), (Some(0), Some(SESSION)), (None, None)] {
        let answer = ask(&over(&stage), &token(&stage, 1, generation).await).await;
        let jti = &answer.body["jti"];
        assert_eq!(jti.as_str().map(str::len), Some(22), "128 bits: {jti}");
        assert_eq!(answer, described(sid, jti));
    }
}

#[tokio::test]
async fn a_token_without_roles_has_an_empty_list() {
    let stage = with_ada().await;
    stage.execute("DELETE FROM users_to_roles").await;
    let answer = ask(&over(&stage), &token(&stage, 1, Some(1)).await).await;
    assert_eq!(answer.body["roles"], json!([]));
}

#[tokio::test]
async fn what_is_no_access_token_is_inactive() {
    let stage = with_ada().await;
    let function = over(&stage);
    let good = token(&stage, 1, Some(1)).await;
    let refresh = format!("lkr_{}", "A".repeat(86));
    let of_the_legacy_app = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";
    let altered = good.replacen('.', ".e", 1);
    let cut = &good[..good.len() - 1];
    for other in
        ["x", "..", "%00", &refresh, of_the_legacy_app, &altered, cut, &format!("{good}%3D")]
    {
        assert_eq!(ask(&function, other).await, inactive(), "{other}");
    }
}

#[tokio::test]
async fn a_token_ends_with_its_life_its_session_and_its_user() {
    let ends = [
        format!("DELETE FROM sign_ins WHERE id = '{SESSION}'"),
        format!("UPDATE sign_ins SET expires_at = to_timestamp({})", NOW.seconds()),
        format!("UPDATE sign_ins SET used_at = to_timestamp({})", NOW.seconds() - 3600),
        "UPDATE sign_ins SET reused_at = now()".to_owned(),
        "DELETE FROM users".to_owned(),
    ];
    for end in ends {
        let stage = with_ada().await;
        let (function, token) = (over(&stage), token(&stage, 1, Some(1)).await);
        assert!(is_active(&function, &token).await);
        stage.execute(&end).await;
        assert!(!is_active(&function, &token).await, "{end}");
    }
    let stage = with_ada().await;
    let (function, token) = (over(&stage), token(&stage, 1, Some(1)).await);
    stage.clock.advance(59);
    assert!(is_active(&function, &token).await);
    stage.clock.advance(1);
    assert!(!is_active(&function, &token).await);
}

#[tokio::test]
async fn a_token_without_a_session_ends_with_all_sessions_or_by_itself() {
    for end in [
        "UPDATE users SET session_epoch = 1".to_owned(),
        // SHA-256 of its `jti`.
        "INSERT INTO ended_tokens VALUES (sha256('JTI'), now() + interval '1 day')".to_owned(),
    ] {
        let stage = with_ada().await;
        let (function, token) = (over(&stage), token(&stage, 1, None).await);
        let jti = ask(&function, &token).await.body["jti"].as_str().unwrap().to_owned();
        stage.execute(&end.replace("JTI", &jti)).await;
        assert!(!is_active(&function, &token).await, "{end}");
    }
}

#[tokio::test]
async fn a_session_of_another_user_makes_no_token_active() {
    let stage = with_ada().await;
    stage.execute("INSERT INTO users (username, email) VALUES ('eve', 'eve@example.com')").await;
    let (function, of_eve) = (over(&stage), token(&stage, 2, Some(1)).await);
    assert!(!is_active(&function, &of_eve).await);
    assert!(is_active(&function, &token(&stage, 2, None).await).await);
}

#[tokio::test]
async fn a_withdrawn_key_and_another_database_make_no_token_active() {
    let stage = with_ada().await;
    let (function, token) = (over(&stage), token(&stage, 1, Some(1)).await);
    assert!(is_active(&function, &token).await);
    for (change, restore) in [
        ("UPDATE database_identity SET id = gen_random_uuid()", DATABASE_ID),
        ("UPDATE signing_keys SET accepted_until = to_timestamp(1)", ""),
    ] {
        stage.execute(change).await;
        assert!(!is_active(&function, &token).await, "{change}");
        if !restore.is_empty() {
            let restore = format!("UPDATE database_identity SET id = '{restore}'");
            stage.execute(&restore).await;
            assert!(is_active(&function, &token).await);
        }
    }
}

#[tokio::test]
async fn the_issuer_before_a_change_is_accepted_as_by_the_authorizer() {
    let stage = with_ada().await;
    let (token, new) = (token(&stage, 1, Some(1)).await, ("TOKEN_ISSUER", "https://a.example"));
    assert!(!is_active(&on_with(&stage, &[new]), &token).await);
    let both = on_with(&stage, &[new, ("PREVIOUS_TOKEN_ISSUER", "latchkey")]);
    let answer = ask(&both, &token).await;
    assert_eq!((&answer.body["active"], &answer.body["iss"]), (&json!(true), &json!("latchkey")));
}

#[tokio::test]
async fn the_token_of_the_current_generation_is_its_receipt() {
    let stage = with_ada().await;
    let seen = async || stage.value("SELECT seen_generation FROM sign_ins").await;
    let function = over(&stage);
    assert!(is_active(&function, &token(&stage, 1, Some(0)).await).await);
    assert_eq!(seen().await, "-1");
    assert!(is_active(&function, &token(&stage, 1, Some(1)).await).await);
    assert_eq!(seen().await, "1");
}

#[tokio::test]
async fn an_unreachable_database_makes_no_token_inactive() {
    let stage = with_ada().await;
    let (function, token) = (over(&stage), token(&stage, 1, Some(1)).await);
    stage.execute("DROP TABLE signing_keys").await;
    assert_eq!(ask(&function, &token).await.status, 503);
}

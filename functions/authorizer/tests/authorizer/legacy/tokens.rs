//! The legacy app's tokens.

use authorizer::Authorizer;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use legacy::tokens::Settings;
use serde_json::{Value, json};
use shared::Secret;
use shared::jwt::SigningKey;
use shared::secrets_manager::SecretsManager;
use stage::{NOW, SIGNING_KEY, Stage, logged};

use crate::{ask, opens, over, unauthorized, unavailable, with_ada};

/// The legacy app's secret, and the end of its tokens, an hour from now.
pub(crate) const SECRET: &str = "the secret of an app that has grown";
const HOUR: i64 = 3_600;
pub(crate) const UNTIL: &str = "2026-11-24T09:00:00Z";

/// The header that python-jose writes.
pub(crate) const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A header for the authorizer with a token that `secret` has signed.
pub(crate) fn signed(header: &str, claims: &Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", encode(header), encode(claims.to_string()));
    let key = EncodingKey::from_secret(secret);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("Bearer {message}.{signature}")
}

/// A token of the legacy app for this name, valid for `life` seconds.
pub(crate) fn token(name: &str, life: i64) -> String {
    let claims = json!({ "sub": name, "exp": NOW.seconds() + life });
    signed(HEADER, &claims, SECRET.as_bytes())
}

/// The settings from these variables and `LEGACY_TOKENS_UNTIL`.
pub(crate) fn settings(pairs: &[(&str, &str)]) -> Settings {
    let pairs = pairs.iter().chain(&[("LEGACY_TOKENS_UNTIL", UNTIL)]);
    Settings::from_env(&mut pairs.copied().collect()).unwrap()
}

/// An authorizer that accepts the legacy app's tokens by these settings.
pub(crate) fn accepting_by(stage: &Stage, pairs: &[(&str, &str)]) -> Authorizer {
    over(stage).with_legacy_tokens(Some(settings(pairs)), SecretsManager::default())
}

fn accepting(stage: &Stage) -> Authorizer {
    accepting_by(stage, &[("LEGACY_TOKEN_SECRET", SECRET)])
}

/// An adopted database with the user ada, and a token of ours for ada.
pub(crate) async fn adopted() -> (Stage, String) {
    let (stage, own) = with_ada().await;
    stage.execute("INSERT INTO adoption (adopted_at, last_user_id) VALUES (now(), 1)").await;
    (stage, own)
}

#[tokio::test]
async fn a_legacy_token_opens_what_its_users_current_roles_open() {
    let (stage, _) = adopted().await;
    let authorizer = accepting(&stage);
    let policy = ask(&authorizer, &token("ada", 60)).await.unwrap();
    let context = &policy["context"];
    assert_eq!((&context["sub"], &context["username"]), (&json!("1"), &json!("ada")));
    assert_eq!(
        (&context["email"], &context["roles"]),
        (&json!("ada@example.com"), &json!("ROLE_USER"))
    );
    assert_eq!(policy["principalId"], "1");
    assert!(opens(&policy, "/GET/api/test/user") && !opens(&policy, "/GET/api/test/mod"));
    stage.execute("INSERT INTO users_to_roles VALUES (1, 2)").await;
    assert!(opens(&ask(&authorizer, &token("ada", 60)).await.unwrap(), "/GET/api/test/mod"));
    stage.execute("DELETE FROM users_to_roles").await;
    let policy = ask(&authorizer, &token("ada", 60)).await.unwrap();
    assert!(!opens(&policy, "/GET/api/test/user") && opens(&policy, "/GET/api/auth/users/me"));
}

#[tokio::test]
async fn a_policy_outlives_neither_its_token_nor_the_day() {
    let (stage, _) = adopted().await;
    for (life, expected) in [(60, 60), (HOUR - 1, HOUR - 1), (HOUR, HOUR), (30 * 86_400, HOUR)] {
        let policy = ask(&accepting(&stage), &token("ada", life)).await.unwrap();
        assert_eq!(policy["context"]["exp"], (NOW.seconds() + expected).to_string(), "{life}");
    }
}

#[tokio::test]
async fn the_last_day_ends_every_legacy_token_and_none_of_ours() {
    let (stage, _) = adopted().await;
    let (authorizer, long) = (accepting(&stage), token("ada", 30 * 86_400));
    stage.clock.advance(HOUR - 1);
    assert!(ask(&authorizer, &long).await.is_ok(), "a second before");
    stage.clock.advance(1);
    assert_eq!(ask(&authorizer, &long).await, unauthorized());
    let (clock, id) = (stage.clock.clone(), shared::UserId::new(1));
    let own = stage::token(crate::settings(), SIGNING_KEY, clock, id).await;
    assert!(ask(&authorizer, &format!("Bearer {own}")).await.is_ok());
}

#[tokio::test]
async fn a_legacy_token_expires_at_its_exp() {
    let (stage, _) = adopted().await;
    let (authorizer, token) = (accepting(&stage), token("ada", 60));
    stage.clock.advance(59);
    assert!(ask(&authorizer, &token).await.is_ok());
    stage.clock.advance(1);
    assert_eq!(ask(&authorizer, &token).await, unauthorized());
}

#[tokio::test]
async fn a_legacy_token_is_refused_unless_the_operator_accepts_them() {
    let (stage, own) = adopted().await;
    let authorizer = over(&stage);
    assert_eq!(ask(&authorizer, &token("ada", 60)).await, unauthorized());
    assert!(ask(&authorizer, &own).await.is_ok());
}

#[tokio::test]
async fn a_legacy_token_opens_only_an_account_that_existed_at_adoption_and_still_does() {
    let (stage, _) = adopted().await;
    let authorizer = accepting(&stage);
    stage.execute("INSERT INTO users (username, email) VALUES ('eve', 'eve@example.com')").await;
    for name in ["eve", "nobody", "Ada", "ada ", "", "a\0b"] {
        assert_eq!(ask(&authorizer, &token(name, 60)).await, unauthorized(), "{name:?}");
    }
    assert!(ask(&authorizer, &token("ada", 60)).await.is_ok());
    stage.execute("DELETE FROM users WHERE username = 'ada'").await;
    assert_eq!(ask(&authorizer, &token("ada", 60)).await, unauthorized(), "deleted");
    stage.execute("INSERT INTO users (username, email) VALUES ('ada', 'a@example.com')").await;
    assert_eq!(ask(&authorizer, &token("ada", 60)).await, unauthorized(), "taken again");
}

#[tokio::test]
async fn an_adopted_name_may_be_odd() {
    let (stage, _) = adopted().await;
    let authorizer = accepting(&stage);
    for name in ["", " ", "Zoë 🔑", "o'Brien\"\\", &"n".repeat(3_000)] {
        let client = stage.client().await;
        client.execute("UPDATE users SET username = $1", &[&name]).await.unwrap();
        let policy = ask(&authorizer, &token(name, 60)).await.unwrap();
        assert_eq!(policy["context"]["username"], name);
    }
}

#[tokio::test]
async fn a_database_that_was_never_adopted_accepts_no_legacy_token() {
    let (stage, own) = with_ada().await;
    let authorizer = accepting(&stage);
    assert_eq!(ask(&authorizer, &token("ada", 60)).await, unauthorized());
    assert!(ask(&authorizer, &own).await.is_ok());
}

#[tokio::test]
async fn an_adopted_database_needs_no_further_step() {
    let stage = Stage::empty().await;
    // As `create_all` of the legacy app's models makes it, with rows of its users.
    stage
        .execute(
            "CREATE TABLE users (id serial PRIMARY KEY, username varchar, email varchar, \
                 password varchar); \
             CREATE TABLE roles (id serial PRIMARY KEY, name varchar); \
             CREATE TABLE users_to_roles (user_id int REFERENCES users, role_id int REFERENCES roles); \
             INSERT INTO roles (name) VALUES ('ROLE_USER'), ('ROLE_MODERATOR'), ('ROLE_ADMIN'); \
             INSERT INTO users (username, email) VALUES ('ada', 'a'), ('gone', 'g'), ('zoe', 'z'); \
             INSERT INTO users_to_roles VALUES (1, 1), (1, 1), (1, 2); \
             DELETE FROM users WHERE username = 'gone'",
        )
        .await;
    stage.admin().handle(json!({ "verb": "migrate" })).await.unwrap();
    let authorizer = accepting(&stage);
    let policy = ask(&authorizer, &token("ada", 60)).await.unwrap();
    assert!(opens(&policy, "/GET/api/test/mod") && !opens(&policy, "/GET/api/test/admin"));
    assert!(ask(&authorizer, &token("zoe", 60)).await.is_ok());
    stage.execute("INSERT INTO users (username, email) VALUES ('gone', 'n')").await;
    assert_eq!(ask(&authorizer, &token("gone", 60)).await, unauthorized());
}

/// A token of ours with another header, and HS256 of `key` over it.
fn confused(own: &str, header: &str, key: &[u8]) -> String {
    let payload = own.trim_start_matches("Bearer ").split('.').nth(1).unwrap();
    let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    signed(header, &claims, key)
}

#[tokio::test]
async fn own_and_legacy_tokens_are_never_confused() {
    let (stage, own) = adopted().await;
    let authorizer = accepting(&stage);
    let ours = SigningKey::parse(&Secret::new(SIGNING_KEY.to_owned())).unwrap();
    let (public, kid) = (serde_json::to_string(ours.public_key()).unwrap(), ours.kid());
    let coordinate = |name: &str| {
        let members: Value = serde_json::from_str(&public).unwrap();
        URL_SAFE_NO_PAD.decode(members[name].as_str().unwrap()).unwrap()
    };
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let of_ours = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{kid}"}}"#);
    let headers = [
        HEADER.to_owned(),
        of_ours.clone(),
        of_ours.replace("ES256", "HS256"),
        HEADER.replace('}', &format!(r#","kid":"{kid}"}}"#)),
        HEADER.replace("JWT", "at+jwt"),
        HEADER.replace("HS256", "ES256"),
        HEADER.replace("HS256", "none"),
    ];
    for header in &headers {
        // The public key in any encoding as the secret, and the private key.
        for key in [public.as_bytes(), &point, &point[1..], kid.as_str().as_bytes()] {
            let of_ada = json!({ "sub": "ada", "exp": NOW.seconds() + 60 });
            assert_eq!(ask(&authorizer, &signed(header, &of_ada, key)).await, unauthorized());
            assert_eq!(ask(&authorizer, &confused(&own, header, key)).await, unauthorized());
        }
        // The legacy app's secret, but another header, or the claims of our tokens.
        if header != HEADER {
            let of_ada = json!({ "sub": "ada", "exp": NOW.seconds() + 60 });
            let token = signed(header, &of_ada, SECRET.as_bytes());
            assert_eq!(ask(&authorizer, &token).await, unauthorized(), "{header}");
        }
        let token = confused(&own, header, SECRET.as_bytes());
        assert_eq!(ask(&authorizer, &token).await, unauthorized(), "{header}");
    }
    // ES256 by our key, under the header of the legacy app's tokens.
    let message = token("ada", 60);
    let (message, _) = message.trim_start_matches("Bearer ").rsplit_once('.').unwrap();
    let (_, signature) = own.rsplit_once('.').unwrap();
    assert_eq!(ask(&authorizer, &format!("Bearer {message}.{signature}")).await, unauthorized());
    // A number is no name: ada is user 1.
    assert_eq!(ask(&authorizer, &token("1", 60)).await, unauthorized());
    assert!(ask(&authorizer, &own).await.is_ok(), "ours goes on");
}

#[tokio::test]
async fn an_unreachable_database_is_no_refusal() {
    let (stage, _) = adopted().await;
    stage.execute("DROP TABLE adoption").await;
    assert_eq!(ask(&accepting(&stage), &token("ada", 60)).await, unavailable());
    assert_eq!(ask(&accepting(&stage), &token("ada", -1)).await, unauthorized());
}

#[tokio::test]
async fn the_log_marks_tokens_of_the_legacy_app_and_names_nobody() {
    let (stage, own) = adopted().await;
    let authorizer = accepting(&stage);
    let other = json!({ "sub": "ada", "exp": NOW.seconds() + 60 });
    let with = |name: &str, value: Value| {
        let mut claims = other.clone();
        claims[name] = value;
        signed(HEADER, &claims, SECRET.as_bytes())
    };
    for (authorization, status, event, cause) in [
        (own.clone(), 200, Value::Null, Value::Null),
        ("Bearer x".to_owned(), 401, Value::Null, Value::Null),
        (token("ada", 60), 200, json!("legacy_token_accepted"), Value::Null),
        (token("mallory", 60), 401, json!("legacy_token_refused"), json!("unknown_user")),
        (token("ada", 0), 401, json!("legacy_token_refused"), json!("expired")),
        (
            with("nbf", json!(NOW.seconds() + 1)),
            401,
            json!("legacy_token_refused"),
            json!("not_yet_valid"),
        ),
        (with("aud", json!("a")), 401, json!("legacy_token_refused"), json!("wrong_claims")),
        (
            signed(HEADER, &other, b"another"),
            401,
            json!("legacy_token_refused"),
            json!("wrong_signature"),
        ),
    ] {
        let (_, lines) = logged(ask(&authorizer, &authorization)).await;
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!((&line["event"], &line["cause"]), (&event, &cause), "{line}");
        assert_eq!(line["status"], status, "{line}");
        let user = if status == 200 { json!(1) } else { Value::Null };
        assert_eq!(line["user_id"], user, "{line}");
        let text = line.to_string();
        for secret in ["ada", "mallory", "eyJ", SECRET] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    stage.clock.advance(HOUR);
    let (_, lines) = logged(ask(&authorizer, &token("ada", 86_400))).await;
    assert_eq!(lines[0]["cause"], "after_cutoff");
}

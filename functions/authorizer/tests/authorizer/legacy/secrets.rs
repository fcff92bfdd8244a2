//! The legacy app's secret behind an ARN.

use authorizer::Authorizer;
use serde_json::{Value, json};
use shared::Environment;
use stage::{NOW, Stage, StoredSecret, logged};

use super::tokens::{HEADER, SECRET, UNTIL, accepting_by, adopted, signed, token};
use crate::{ask, unauthorized, unavailable};

/// A secret with this current version.
fn with_text(name: &str, text: &str) -> StoredSecret {
    let secret = StoredSecret::new(name);
    set(&secret, text);
    secret
}

fn set(secret: &StoredSecret, text: &str) {
    secret.set(&[("AWSCURRENT", text)]);
}

fn authorizer(secret: &StoredSecret, stage: &Stage) -> Authorizer {
    accepting_by(stage, &[("LEGACY_TOKEN_SECRET_ARN", &secret.arn)])
}

/// The tutorial's secret, in parts so that the sources don't contain it.
fn printed() -> String {
    ["09d25e094faa6ca2", "556c818166b7a956", "3b93f7099f6f0f4c", "aa6cf63b88e8d3e7"].concat()
}

fn forged() -> String {
    let claims = json!({ "sub": "ada", "exp": NOW.seconds() + 60 });
    signed(HEADER, &claims, printed().as_bytes())
}

#[tokio::test]
async fn the_secret_is_read_once_at_the_first_legacy_token() {
    let (stage, own) = adopted().await;
    let stored = with_text("once", SECRET);
    let authorizer = authorizer(&stored, &stage);
    let not_a_legacy_token = own.replacen('.', "..", 1);
    for authorization in [&*own, &not_a_legacy_token, "Bearer x"] {
        let _ = ask(&authorizer, authorization).await;
    }
    assert_eq!(stored.reads(), 0, "nobody has needed it");
    for life in [60, 61, 62] {
        assert!(ask(&authorizer, &token("ada", life)).await.is_ok());
        assert_eq!(ask(&authorizer, &forged()).await, unauthorized());
    }
    assert_eq!(stored.reads(), 1);
}

#[tokio::test]
async fn a_secret_out_of_reach_is_no_refusal_and_disturbs_none_of_ours() {
    let (stage, own) = adopted().await;
    let stored = StoredSecret::new("out-of-reach");
    let authorizer = authorizer(&stored, &stage);
    let (answer, lines) = logged(ask(&authorizer, &token("ada", 60))).await;
    assert_eq!(answer, unavailable());
    let cause = lines[0]["cause"].as_str().unwrap();
    assert!(cause.contains(&stored.arn) && cause.contains("AccessDenied"), "{cause}");
    assert_eq!(lines[0]["status"], 503);
    assert!(ask(&authorizer, &own).await.is_ok());

    // While the secret is out of reach, tokens cost one request in five seconds.
    for _ in 0..20 {
        assert_eq!(ask(&authorizer, &forged()).await, unavailable());
    }
    assert_eq!(stored.reads(), 1);
    stage.clock.advance(5);
    stored.set(&[]);
    let (answer, lines) = logged(ask(&authorizer, &token("ada", 60))).await;
    assert_eq!((answer, stored.reads()), (unavailable(), 2));
    assert!(lines[0]["cause"].as_str().unwrap().contains("no secret"), "{lines:?}");
    set(&stored, SECRET);
    stage.clock.advance(4);
    assert_eq!(ask(&authorizer, &token("ada", 60)).await, unavailable());
    stage.clock.advance(1);
    assert!(ask(&authorizer, &token("ada", 60)).await.is_ok());
    assert_eq!(stored.reads(), 3);
}

#[tokio::test]
async fn the_secret_is_not_read_after_the_last_day() {
    let (stage, _) = adopted().await;
    let stored = with_text("the-day", SECRET);
    stage.clock.advance(3_600);
    assert_eq!(ask(&authorizer(&stored, &stage), &token("ada", 86_400)).await, unauthorized());
    assert_eq!(stored.reads(), 0);
}

#[tokio::test]
async fn the_printed_secret_behind_an_arn_is_none_unless_it_is_set_too() {
    let (stage, own) = adopted().await;
    let (stored, printed) = (with_text("printed", &printed()), printed());
    let authorizer = authorizer(&stored, &stage);
    let (answer, lines) = logged(ask(&authorizer, &forged())).await;
    assert_eq!(answer, unavailable());
    let cause = lines[0]["cause"].as_str().unwrap();
    assert!(
        cause.contains("FORGEABLE_LEGACY_TOKEN_SECRET") && !cause.contains(&printed),
        "{cause}"
    );
    assert!(ask(&authorizer, &own).await.is_ok());

    let with = |forgeable: &str| {
        let pairs = [
            ("LEGACY_TOKEN_SECRET_ARN", &*stored.arn),
            ("FORGEABLE_LEGACY_TOKEN_SECRET", forgeable),
        ];
        accepting_by(&stage, &pairs)
    };
    assert!(ask(&with(&printed), &forged()).await.is_ok(), "as the operator wants it");
    let (answer, lines) = logged(ask(&with("yes"), &forged())).await;
    assert_eq!(answer, unavailable());
    assert!(lines[0]["cause"].as_str().unwrap().contains("the same secret"), "{lines:?}");
}

#[tokio::test]
async fn an_unusable_secret_is_reported() {
    let (stage, _) = adopted().await;
    for (name, text, words) in [
        ("empty", String::new(), "is empty"),
        ("json", json!({ "SECRET_KEY": SECRET }).to_string(), "a JSON object"),
    ] {
        let authorizer = authorizer(&with_text(name, &text), &stage);
        let (answer, lines) = logged(ask(&authorizer, &token("ada", 60))).await;
        assert_eq!(answer, unavailable());
        let cause = lines[0]["cause"].as_str().unwrap();
        assert!(cause.contains(words) && cause.contains("LEGACY_TOKEN_SECRET_ARN"), "{cause}");
    }
}

#[tokio::test]
async fn a_short_secret_is_refused_unless_it_is_set_twice() {
    let (stage, _) = adopted().await;
    let claims = json!({ "sub": "ada", "exp": NOW.seconds() + 60 });
    let secret = "s".repeat(31);
    let token = signed(HEADER, &claims, secret.as_bytes());
    let stored = with_text("short", &secret);
    let (answer, lines) = logged(ask(&authorizer(&stored, &stage), &token)).await;
    assert_eq!(answer, unavailable());
    let cause = lines[0]["cause"].as_str().unwrap();
    assert!(cause.contains("LEGACY_TOKEN_SECRET_ARN has fewer than 32 bytes"), "{cause}");
    assert!(!format!("{lines:?}").contains(&secret));
    for setting in [("LEGACY_TOKEN_SECRET", &*secret), ("LEGACY_TOKEN_SECRET_ARN", &*stored.arn)] {
        let twice = [setting, ("FORGEABLE_LEGACY_TOKEN_SECRET", &*secret)];
        assert!(ask(&accepting_by(&stage, &twice), &token).await.is_ok());
    }
}

/// Starts the function as on Lambda; returns also what it logs.
async fn started(stage: &Stage, pairs: &[(&str, &str)]) -> (Authorizer, Vec<Value>) {
    let url = stage.url_of(shared::db::Group::Authorizer);
    let pairs = pairs.iter().copied().chain([("DATABASE_URL", &*url)]);
    let mut env = pairs.collect();
    let (authorizer, lines) = logged(Box::pin(Authorizer::from_env(&mut env))).await;
    (authorizer.unwrap(), lines)
}

#[tokio::test]
async fn the_first_legacy_token_reads_the_secret_and_init_does_not() {
    let (stage, _) = adopted().await;
    let stored = with_text("init", SECRET);
    // A started function uses the system's clock, long before or after the stage's.
    let far = [
        ("LEGACY_TOKEN_SECRET_ARN", &*stored.arn),
        ("LEGACY_TOKENS_UNTIL", "9999-12-31T00:00:00Z"),
    ];
    let (authorizer, lines) = started(&stage, &far).await;
    assert_eq!((stored.reads(), lines.len()), (0, 0), "{lines:?}");
    let claims = json!({ "sub": "ada", "exp": 99_999_999_999_i64 });
    let token = signed(HEADER, &claims, SECRET.as_bytes());
    for _ in 0..2 {
        assert!(ask(&authorizer, &token).await.is_ok());
        assert_eq!(stored.reads(), 1);
    }
}

#[tokio::test]
async fn bad_settings_end_init_with_one_sentence() {
    let printed = printed();
    let mut env = Environment::from_iter([
        ("DATABASE_URL", "mysql://x"),
        ("LEGACY_TOKEN_SECRET", &printed),
        ("LEGACY_TOKENS_UNTIL", UNTIL),
    ]);
    let sentence = Authorizer::from_env(&mut env).await.unwrap_err().to_string();
    assert!(sentence.contains("DATABASE_URL"), "{sentence}");
    assert!(sentence.contains("set FORGEABLE_LEGACY_TOKEN_SECRET"), "{sentence}");
    assert!(!sentence.contains(&printed), "{sentence}");
}

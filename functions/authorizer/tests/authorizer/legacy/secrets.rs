//! The legacy app's secret behind an ARN, over a Secrets Manager that the test provides.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, OnceLock};
use std::thread;

use authorizer::Authorizer;
use aws_sdk_secretsmanager::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider,
};
use aws_types::SdkConfig;
use serde_json::{Value, json};
use shared::Environment;
use stage::{NOW, Stage};

use super::tokens::{HEADER, SECRET, UNTIL, accepting_by, adopted, signed, token};
use crate::log::logged;
use crate::{ask, unauthorized, unavailable};

/// Each secret by its ARN, and how often it was read.
static SECRETS: Mutex<BTreeMap<String, (Answer, u32)>> = Mutex::new(BTreeMap::new());

#[derive(Clone)]
enum Answer {
    Text(String),
    Absent,
    Refused,
}

/// Makes this process use the Secrets Manager of this file.
fn install() {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
        address
    });
    shared::aws::install(|_| {
        let credentials = Credentials::new("AKIDEXAMPLE", "hunter2", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(ADDRESS.get().unwrap());
        let config = config.build();
        Box::pin(async { config })
    });
}

fn serve(mut stream: TcpStream) {
    let mut request = Vec::new();
    // The body is one line of JSON and ends the request.
    while !request.ends_with(b"}") {
        let mut part = [0; 4_096];
        let length = stream.read(&mut part).unwrap();
        assert!(length > 0);
        request.extend_from_slice(&part[..length]);
    }
    let request = String::from_utf8(request).unwrap();
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["VersionStage"], "AWSCURRENT");
    let (status, body) = {
        let mut secrets = SECRETS.lock().unwrap();
        let (answer, count) = secrets.get_mut(body["SecretId"].as_str().unwrap()).unwrap();
        *count += 1;
        match answer {
            Answer::Text(text) => ("200 OK", json!({ "SecretString": text })),
            Answer::Absent => ("400 Bad Request", json!({ "__type": "ResourceNotFoundException" })),
            Answer::Refused => ("400 Bad Request", json!({ "__type": "AccessDeniedException" })),
        }
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
}

/// A secret's ARN.
struct Arn(String);

impl Arn {
    fn of(name: &str, answer: Answer) -> Self {
        install();
        let arn = Self(format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}"));
        SECRETS.lock().unwrap().insert(arn.0.clone(), (answer, 0));
        arn
    }

    fn set(&self, answer: Answer) {
        SECRETS.lock().unwrap().get_mut(&self.0).unwrap().0 = answer;
    }

    fn count(&self) -> u32 {
        SECRETS.lock().unwrap()[&self.0].1
    }

    fn authorizer(&self, stage: &Stage) -> Authorizer {
        accepting_by(stage, &[("LEGACY_TOKEN_SECRET_ARN", &self.0)])
    }
}

fn text(text: &str) -> Answer {
    Answer::Text(text.to_owned())
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
    let arn = Arn::of("once", text(SECRET));
    let authorizer = arn.authorizer(&stage);
    let not_a_legacy_token = own.replacen('.', "..", 1);
    for authorization in [&*own, &not_a_legacy_token, "Bearer x"] {
        let _ = ask(&authorizer, authorization).await;
    }
    assert_eq!(arn.count(), 0, "nobody has needed it");
    for life in [60, 61, 62] {
        assert!(ask(&authorizer, &token("ada", life)).await.is_ok());
        assert_eq!(ask(&authorizer, &forged()).await, unauthorized());
    }
    assert_eq!(arn.count(), 1);
}

#[tokio::test]
async fn a_secret_out_of_reach_is_no_refusal_and_disturbs_none_of_ours() {
    let (stage, own) = adopted().await;
    let arn = Arn::of("out-of-reach", Answer::Refused);
    let authorizer = arn.authorizer(&stage);
    let (answer, lines) = logged(ask(&authorizer, &token("ada", 60))).await;
    assert_eq!(answer, unavailable());
    let cause = lines[0]["cause"].as_str().unwrap();
    assert!(cause.contains(&arn.0) && cause.contains("AccessDenied"), "{cause}");
    assert_eq!(lines[0]["status"], 503);
    assert!(ask(&authorizer, &own).await.is_ok());

    // While the secret is out of reach, tokens cost one request in five seconds.
    for _ in 0..20 {
        assert_eq!(ask(&authorizer, &forged()).await, unavailable());
    }
    assert_eq!(arn.count(), 1);
    stage.clock.advance(5);
    arn.set(Answer::Absent);
    let (answer, lines) = logged(ask(&authorizer, &token("ada", 60))).await;
    assert_eq!((answer, arn.count()), (unavailable(), 2));
    assert!(lines[0]["cause"].as_str().unwrap().contains("no secret"), "{lines:?}");
    arn.set(text(SECRET));
    stage.clock.advance(4);
    assert_eq!(ask(&authorizer, &token("ada", 60)).await, unavailable());
    stage.clock.advance(1);
    assert!(ask(&authorizer, &token("ada", 60)).await.is_ok());
    assert_eq!(arn.count(), 3);
}

#[tokio::test]
async fn the_secret_is_not_read_after_the_last_day() {
    let (stage, _) = adopted().await;
    let arn = Arn::of("the-day", text(SECRET));
    stage.clock.advance(3_600);
    assert_eq!(ask(&arn.authorizer(&stage), &token("ada", 86_400)).await, unauthorized());
    assert_eq!(arn.count(), 0);
}

#[tokio::test]
async fn the_printed_secret_behind_an_arn_is_none_unless_it_is_set_too() {
    let (stage, own) = adopted().await;
    let (arn, printed) = (Arn::of("printed", text(&printed())), printed());
    let authorizer = arn.authorizer(&stage);
    let (answer, lines) = logged(ask(&authorizer, &forged())).await;
    assert_eq!(answer, unavailable());
    let cause = lines[0]["cause"].as_str().unwrap();
    assert!(
        cause.contains("FORGEABLE_LEGACY_TOKEN_SECRET") && !cause.contains(&printed),
        "{cause}"
    );
    assert!(ask(&authorizer, &own).await.is_ok());

    let with = |forgeable: &str| {
        let pairs =
            [("LEGACY_TOKEN_SECRET_ARN", &*arn.0), ("FORGEABLE_LEGACY_TOKEN_SECRET", forgeable)];
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
    for (name, answer, words) in [
        ("empty", text(""), "is empty"),
        ("json", text(&json!({ "SECRET_KEY": SECRET }).to_string()), "a JSON object"),
    ] {
        let authorizer = Arn::of(name, answer).authorizer(&stage);
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
    let arn = Arn::of("short", text(&secret));
    let (answer, lines) = logged(ask(&arn.authorizer(&stage), &token)).await;
    assert_eq!(answer, unavailable());
    let cause = lines[0]["cause"].as_str().unwrap();
    assert!(cause.contains("LEGACY_TOKEN_SECRET_ARN has fewer than 32 bytes"), "{cause}");
    assert!(!format!("{lines:?}").contains(&secret));
    for setting in [("LEGACY_TOKEN_SECRET", &*secret), ("LEGACY_TOKEN_SECRET_ARN", &*arn.0)] {
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
    let arn = Arn::of("init", text(SECRET));
    // A started function uses the system's clock, long before or after the stage's.
    let far =
        [("LEGACY_TOKEN_SECRET_ARN", &*arn.0), ("LEGACY_TOKENS_UNTIL", "9999-12-31T00:00:00Z")];
    let (authorizer, lines) = started(&stage, &far).await;
    assert_eq!((arn.count(), lines.len()), (0, 0), "{lines:?}");
    let claims = json!({ "sub": "ada", "exp": 99_999_999_999_i64 });
    let token = signed(HEADER, &claims, SECRET.as_bytes());
    for _ in 0..2 {
        assert!(ask(&authorizer, &token).await.is_ok());
        assert_eq!(arn.count(), 1);
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

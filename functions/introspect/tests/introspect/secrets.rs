//! The secret behind an ARN, over a Secrets Manager that the test provides.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, OnceLock};
use std::thread;

use aws_sdk_secretsmanager::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider,
};
use aws_types::SdkConfig;
use introspect::Introspect;
use serde_json::{Value, json};
use shared::Clock;
use shared::http::Function;
use stage::NOW;

use crate::{basic, function, send};

/// Each secret by its ARN.
static SECRETS: Mutex<BTreeMap<String, Versions>> = Mutex::new(BTreeMap::new());

/// The texts of a secret by their labels, and how often its current one was read. `None` can't be
/// read.
#[derive(Default)]
struct Versions {
    texts: Option<BTreeMap<&'static str, String>>,
    reads: u32,
}

/// Makes this process use the Secrets Manager of this file.
fn install() {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            listener.incoming().for_each(|stream| {
                thread::spawn(move || serve(stream.unwrap()));
            });
        });
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
    let label = body["VersionStage"].as_str().unwrap();
    let (status, body) = {
        let mut secrets = SECRETS.lock().unwrap();
        let versions = secrets.get_mut(body["SecretId"].as_str().unwrap()).unwrap();
        versions.reads += u32::from(label == "AWSCURRENT");
        match versions.texts.as_ref().map(|texts| texts.get(label)) {
            Some(Some(text)) => ("200 OK", json!({ "SecretString": text })),
            Some(None) => ("400 Bad Request", json!({ "__type": "ResourceNotFoundException" })),
            None => ("400 Bad Request", json!({ "__type": "AccessDeniedException" })),
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

/// A secret, and a function that accepts it.
struct Stored {
    arn: String,
    clock: Clock,
    function: Function<Introspect>,
}

/// A good secret of this letter.
fn long(letter: &str) -> String {
    letter.repeat(32)
}

impl Stored {
    fn of(name: &str, versions: &[(&'static str, String)]) -> Self {
        install();
        let arn = format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}");
        let clock = Clock::fixed(NOW);
        let nowhere = "postgres://u:p@127.0.0.1:1/n";
        SECRETS.lock().unwrap().insert(arn.clone(), Versions::default());
        let function = function(nowhere, &clock, &[("INTROSPECTION_SECRET_ARN", &arn)]);
        let stored = Self { arn, clock, function };
        stored.set(versions);
        stored
    }

    fn with<T>(&self, work: impl FnOnce(&mut Versions) -> T) -> T {
        work(SECRETS.lock().unwrap().get_mut(&self.arn).unwrap())
    }

    fn set(&self, versions: &[(&'static str, String)]) {
        self.with(|it| it.texts = Some(versions.iter().cloned().collect()));
    }

    fn put_out_of_reach(&self) {
        self.with(|it| it.texts = None);
    }

    fn reads(&self) -> u32 {
        self.with(|it| it.reads)
    }

    /// The status of the answer to a service with this secret.
    async fn ask(&self, secret: &str) -> u16 {
        send(&self.function, &basic("introspect", secret), "token=x").await.status
    }
}

#[tokio::test]
async fn the_secret_is_read_at_the_first_use_and_kept() {
    let stored = Stored::of("kept", &[("AWSCURRENT", long("a"))]);
    assert_eq!(send(&stored.function, "", "token=x").await.status, 401);
    assert_eq!(send(&stored.function, &basic("eve", &long("a")), "token=x").await.status, 401);
    assert_eq!(stored.reads(), 0, "no service has needed it");
    for _ in 0..3 {
        assert_eq!(stored.ask(&long("a")).await, 200);
    }
    assert_eq!(stored.reads(), 1);
}

#[tokio::test]
async fn a_rotation_accepts_both_versions_and_the_next_one_ends_the_first() {
    let stored = Stored::of("rotated", &[("AWSCURRENT", long("a"))]);
    assert_eq!(stored.ask(&long("a")).await, 200);
    stored.set(&[("AWSCURRENT", long("b")), ("AWSPREVIOUS", long("a"))]);
    stored.clock.advance(5);
    for secret in ["b", "a", "b"] {
        assert_eq!(stored.ask(&long(secret)).await, 200, "{secret}");
    }
    assert_eq!(stored.reads(), 2);
    stored.set(&[("AWSCURRENT", long("c")), ("AWSPREVIOUS", long("b"))]);
    stored.clock.advance(5);
    assert_eq!([stored.ask(&long("c")).await, stored.ask(&long("a")).await], [200, 401]);
}

#[tokio::test]
async fn a_withdrawn_version_is_refused_within_five_minutes() {
    let stored = Stored::of("withdrawn", &[("AWSCURRENT", long("a"))]);
    assert_eq!(stored.ask(&long("a")).await, 200);
    stored.set(&[("AWSCURRENT", long("b"))]);
    stored.clock.advance(299);
    assert_eq!(stored.ask(&long("a")).await, 200);
    stored.clock.advance(1);
    assert_eq!(stored.ask(&long("a")).await, 401);
}

#[tokio::test]
async fn wrong_secrets_cost_one_read_in_five_seconds() {
    let stored = Stored::of("wrong", &[("AWSCURRENT", long("a"))]);
    for _ in 0..20 {
        assert_eq!(stored.ask(&long("x")).await, 401);
    }
    assert_eq!((stored.ask(&long("a")).await, stored.reads()), (200, 1));
    stored.clock.advance(5);
    assert_eq!((stored.ask(&long("x")).await, stored.reads()), (401, 2));
}

#[tokio::test]
async fn a_secret_out_of_reach_refuses_nobody_and_a_known_one_goes_on() {
    let stored = Stored::of("out-of-reach", &[]);
    stored.put_out_of_reach();
    for _ in 0..20 {
        assert_eq!(stored.ask(&long("a")).await, 503);
    }
    assert_eq!(stored.reads(), 1);
    stored.set(&[]);
    stored.clock.advance(5);
    assert_eq!((stored.ask(&long("a")).await, stored.reads()), (503, 2), "there is none");
    stored.set(&[("AWSCURRENT", long("a"))]);
    stored.clock.advance(5);
    assert_eq!((stored.ask(&long("a")).await, stored.reads()), (200, 3));
    stored.put_out_of_reach();
    stored.clock.advance(300);
    // Perhaps the other one is right by now.
    assert_eq!([stored.ask(&long("a")).await, stored.ask(&long("b")).await], [200, 503]);
    assert_eq!(stored.reads(), 4);
}

#[tokio::test]
async fn an_unusable_current_version_is_reported_and_an_unusable_previous_one_ignored() {
    let short = "s".repeat(31);
    let stored = Stored::of("short", &[("AWSCURRENT", short.clone()), ("AWSPREVIOUS", long("a"))]);
    assert_eq!(stored.ask(&short).await, 503);
    let stored = Stored::of("long", &[("AWSCURRENT", long("a")), ("AWSPREVIOUS", short.clone())]);
    assert_eq!([stored.ask(&long("a")).await, stored.ask(&short).await], [200, 401]);
}

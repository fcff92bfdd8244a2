//! Requests that anyone can send: forged tokens, and requests for the public keys.

use std::sync::Arc;
use std::time::Duration;

use authorizer::{Authorizer, Error, Event};
use jwks::Jwks;
use serde_json::json;
use shared::db::{self, Database, Group};
use shared::http::Function;
use shared::jwt::Settings;
use shared::secrets_manager::SecretsManager;
use shared::{Clock, Environment, UserId};
use signin::Signin;
use signup::Signup;
use stage::{Data, SIGNING_KEY};
use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::container::{Container, runtime};
use crate::fixture::{Fixture, alone, side_by_side, wait_until};
use crate::gatekeeper::Gatekeeper;
use crate::service::{keys, me, sign_in, sign_up};

/// An unpublished key.
const FORGERS_KEY: &str = "2222222222222222222222222222222222222222222222222222222222222222";

/// The header of a Latchkey token with another key id: {"alg":"ES256","typ":"at+jwt","kid":"x"}.
const OTHER_KEY_ID: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ";

const CONTAINERS: usize = 500;

fn settings() -> Settings {
    Settings { issuer: "latchkey".parse().unwrap(), audience: "latchkey".into() }
}

/// The first user's token, signed with this key at this time.
fn token(runtime: &Runtime, settings: Settings, key: &str, clock: Clock) -> String {
    runtime.block_on(stage::token(settings, key, clock, UserId::new(1)))
}

fn ago(seconds: i64) -> Clock {
    let clock = Clock::fixed(Clock::System.now());
    clock.advance(-seconds);
    clock
}

#[test]
fn a_token_that_is_none_of_ours_connects_nothing_and_a_forged_one_keeps_nothing() {
    let _machine = side_by_side();
    let (fixture, runtime) = (Fixture::new(), runtime());
    fixture.start::<Signup>().ask(&sign_up("ada")).is_good();
    let connects = fixture.proxy.connects();
    wait_until("sign-up has gone", || fixture.proxy.open() == 0);

    let gatekeeper = fixture.start::<Gatekeeper>();
    let genuine = token(&runtime, settings(), SIGNING_KEY, Clock::System);
    let other = |issuer: &str, audience: &str| {
        let settings = Settings { issuer: issuer.parse().unwrap(), audience: audience.into() };
        token(&runtime, settings, FORGERS_KEY, Clock::System)
    };
    let at = |clock| token(&runtime, settings(), FORGERS_KEY, clock);
    for worthless in [
        "x".into(),
        format!("{genuine}."),
        genuine.replacen('.', "x.", 1),
        other("another", "latchkey"),
        other("latchkey", "another"),
        at(ago(60)),
        at(ago(-3_600)),
        genuine.replacen(genuine.split('.').next().unwrap_or_default(), OTHER_KEY_ID, 1),
    ] {
        assert_eq!(gatekeeper.ask(&me(&worthless)).status, 401, "{worthless}");
        assert_eq!(fixture.proxy.connects(), connects, "{worthless}");
    }
    // A token that differs only in its key costs a query, and the connection is closed although
    // the container is frozen from then on.
    assert_eq!(gatekeeper.ask(&me(&at(Clock::System))).status, 401);
    assert_eq!(fixture.proxy.connects(), connects + 1);
    wait_until("it is given up", || fixture.proxy.open() == 0);
    gatekeeper.ask(&me(&genuine)).is_good();
    assert_eq!((fixture.proxy.connects(), fixture.proxy.open()), (connects + 2, 1));
    gatekeeper.ask(&me(&genuine)).is_good();
    assert_eq!((fixture.proxy.connects(), fixture.proxy.open()), (connects + 2, 1));
    assert_eq!(gatekeeper.ask(&me(&at(Clock::System))).status, 401);
    wait_until("it is given up again", || fixture.proxy.open() == 0);
}

/// One of many containers of the authorizer in this process.
fn container(fixture: &Fixture) -> Arc<Authorizer> {
    let mut env = fixture.stage.env_of(Group::Authorizer);
    let database = Database::new(db::Settings::from_env(&mut env), SecretsManager::default());
    Arc::new(Authorizer::new(database, settings(), Clock::System, "test".into()))
}

async fn ask(authorizer: &Authorizer, token: &str) -> Result<(), Error> {
    let arn = "arn:aws:execute-api:us-east-1:123456789012:abc123/Prod/GET/api/auth/users/me";
    let headers = json!({ "Authorization": format!("Bearer {token}") });
    let stage = json!({ "LatchkeyRoutes": "accounts" });
    let event = json!({ "methodArn": arn, "headers": headers, "stageVariables": stage });
    let event: Event = serde_json::from_value(event).unwrap();
    authorizer.authorize(event).await.map(drop)
}

#[test]
fn five_hundred_containers_with_forged_tokens_leave_sign_ins_alone() {
    let _machine = alone();
    let folder = tempfile::tempdir().unwrap();
    let server = stage::start(Data::Temporary, folder.path(), &["max_connections=30"]);
    let fixture = Fixture::at(&server);
    // As docs/operate/deploying.md recommends.
    fixture.execute("ALTER ROLE authorizer_login CONNECTION LIMIT 10");
    fixture.start::<Signup>().ask(&sign_up("ada")).is_good();

    let signin: Container<Signin> = fixture.start();
    signin.ask(&sign_in("ada")).is_good();

    let flood = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let flood = flood.unwrap();
    let forged = token(&flood, settings(), FORGERS_KEY, Clock::System);
    let genuine = token(&flood, settings(), SIGNING_KEY, Clock::System);
    let authorizers: Vec<_> = (0..CONTAINERS).map(|_| container(&fixture)).collect();
    let asking: Vec<_> = authorizers
        .iter()
        .map(|authorizer| flood.spawn(refused_at(Arc::clone(authorizer), forged.clone())))
        .collect();
    let mut sign_ins = 0;
    while asking.iter().any(|asking| !asking.is_finished()) {
        signin.ask(&sign_in("ada")).is_good_within(Duration::from_secs(2));
        sign_ins += 1;
    }
    let refused: Vec<_> =
        asking.into_iter().filter_map(|asking| flood.block_on(asking).unwrap()).collect();
    println!("{sign_ins} sign-ins meanwhile, at most {:?} attempts", refused.iter().max());
    assert_eq!(refused.len(), CONTAINERS);
    // All containers still exist, and none holds a connection.
    let held = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'authorizer_login'";
    wait_until("none is held", || fixture.value(held) == "0");
    flood.block_on(ask(&authorizers[0], &genuine)).unwrap();
    fixture.start::<Signin>().ask(&sign_in("ada")).is_good();
}

/// The attempt that refused the forged token. Before it no connection was free and the caller
/// came back.
async fn refused_at(authorizer: Arc<Authorizer>, token: String) -> Option<usize> {
    for attempt in 1..=200 {
        match ask(&authorizer, &token).await {
            Err(Error::Failed(_)) => sleep(Duration::from_millis(100)).await,
            Err(_) => return Some(attempt),
            Ok(()) => return None,
        }
    }
    None
}

#[test]
fn the_public_keys_are_kept_for_a_moment_and_hold_no_connection() {
    let _machine = side_by_side();
    let (fixture, runtime) = (Fixture::new(), runtime());
    let url = fixture.proxy.url(&fixture.stage.url_of(Group::Jwks));
    let mut env = Environment::from_iter([("DATABASE_URL", url)]);
    let database = Database::new(db::Settings::from_env(&mut env), SecretsManager::default());
    let clock = fixture.stage.clock.clone();
    let function = Function::new(Jwks::new(database, None, clock.clone()), &mut env);
    let ask = || {
        let event = serde_json::from_value(keys()).unwrap();
        let response = runtime.block_on(function.invoke(event));
        assert_eq!(response.status_code, 200);
        response.multi_value_headers["age"].to_str().unwrap().to_owned()
    };
    assert_eq!(fixture.proxy.connects(), 0);
    assert_eq!((ask(), ask()), ("0".into(), "0".into()));
    assert_eq!(fixture.proxy.connects(), 1);
    wait_until("it is given up", || fixture.proxy.open() == 0);
    clock.advance(i64::from(jwks::KEPT_SECONDS) - 1);
    assert_eq!((ask(), fixture.proxy.connects()), ((jwks::KEPT_SECONDS - 1).to_string(), 1));
    clock.advance(1);
    assert_eq!((ask(), fixture.proxy.connects()), ("0".into(), 2));
}

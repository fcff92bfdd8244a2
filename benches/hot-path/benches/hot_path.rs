//! The time of each part of a warm request: `cargo bench -p hot-path`.

#![expect(clippy::unwrap_used, reason = "a part that fails is no measurement")]

use std::hint::black_box;

use authorizer::{Event, Policy};
use criterion::{Criterion, criterion_group, criterion_main};
use hot_path::{ARN, Service, authorizer_event, me_event, sign_in_event};
use serde_json::Value;
use shared::functions::{MeRoute, ROUTES, SigninRoute};
use shared::http::{JsonBody, ProxyEvent, ProxyResponse, Reply, Request, UserBody};
use shared::verifier::{UnverifiedToken, ValidToken, Verifier};
use shared::{Caller, Email, NumericDate, Role, TokenKey, UserId, Username};
use tokio::runtime::{Builder, Runtime};

/// More tokens than a verifier remembers, so that each one is verified.
const NEW_TOKENS: usize = 2048;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn text(event: &Value) -> Vec<u8> {
    serde_json::to_vec(event).unwrap()
}

async fn verify(verifier: &Verifier, token: &str) -> ValidToken {
    let token = UnverifiedToken::parse(token).unwrap();
    verifier.verify(&token).await.unwrap().unwrap()
}

fn verify_a_token(criterion: &mut Criterion) {
    let runtime = runtime();
    let (verifier, tokens) = runtime.block_on(async {
        let service = Service::start().await;
        let mut tokens = Vec::new();
        for _ in 0..NEW_TOKENS {
            tokens.push(service.token().await);
        }
        (service.verifier().await, tokens)
    });
    let mut group = criterion.benchmark_group("verify a token");
    let mut new = tokens.iter().cycle();
    group.bench_function("new", |bencher| {
        bencher.iter(|| runtime.block_on(verify(&verifier, new.next().unwrap())));
    });
    group.bench_function("remembered", |bencher| {
        bencher.iter(|| runtime.block_on(verify(&verifier, black_box(&tokens[0]))));
    });
}

fn build_a_policy(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("build a policy");
    for (name, roles) in [("no role", &[][..]), ("all roles", &Role::BUILT_IN)] {
        let caller = Caller {
            id: UserId::new(1),
            username: Username::parse("ada".into()).unwrap(),
            email: Email::from_row("ada@example.com".into()),
            roles: roles.to_vec(),
            expires_at: NumericDate::from_seconds(4_102_444_800),
            token_key: Some(TokenKey::Digest([7; 32])),
        };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let policy = Policy::of(black_box(&caller), ROUTES.iter(), ARN);
                serde_json::to_vec(&policy).unwrap()
            });
        });
    }
}

fn read_a_request(criterion: &mut Criterion) {
    let token = runtime().block_on(async { Service::start().await.token().await });
    let mut group = criterion.benchmark_group("read a request");
    let event = text(&authorizer_event(&token));
    group.bench_function("as the authorizer", |bencher| {
        bencher.iter(|| serde_json::from_slice::<Event>(black_box(&event)).unwrap());
    });
    let event = text(&me_event(&token));
    group.bench_function("as a function", |bencher| {
        bencher.iter(|| {
            let mut event: ProxyEvent = serde_json::from_slice(black_box(&event)).unwrap();
            Request::of::<MeRoute>(&mut event).is_ok()
        });
    });
    let mut event: ProxyEvent =
        serde_json::from_value(sign_in_event("ada", "correct horse")).unwrap();
    let Ok((_, request)) = Request::of::<SigninRoute>(&mut event) else { unreachable!() };
    group.bench_function("its body", |bencher| {
        bencher.iter(|| {
            let Ok(mut body) = JsonBody::read(black_box(&request)) else { unreachable!() };
            (body.field("username", Ok), body.field("password", Ok))
        });
    });
}

fn write_a_reply(criterion: &mut Criterion) {
    criterion.bench_function("write a reply", |bencher| {
        bencher.iter(|| {
            let body = UserBody { username: black_box("ada"), email: "ada@example.com" };
            serde_json::to_vec(&ProxyResponse::from(Reply::json(&body))).unwrap()
        });
    });
}

/// Whole requests with their query; the sign-in's hash has cost 4, bcrypt's minimum.
fn answer_a_request(criterion: &mut Criterion) {
    let runtime = runtime();
    let (service, token) = runtime.block_on(async {
        let service = Service::start().await;
        let token = service.token().await;
        (service, token)
    });
    let mut group = criterion.benchmark_group("answer a request");
    let event = text(&authorizer_event(&token));
    group.bench_function("authorizer", |bencher| {
        bencher.iter(|| runtime.block_on(service.authorize(&event)));
    });
    let event = text(&me_event(&token));
    group.bench_function("me", |bencher| {
        bencher.iter(|| runtime.block_on(service.me(&event)));
    });
    let event = text(&sign_in_event("ada", "correct horse"));
    group.bench_function("signin", |bencher| {
        bencher.iter(|| runtime.block_on(service.sign_in(&event)));
    });
}

criterion_group!(
    hot_path,
    verify_a_token,
    build_a_policy,
    read_a_request,
    write_a_reply,
    answer_a_request
);
criterion_main!(hot_path);

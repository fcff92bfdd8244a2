//! Introspection over a real PostgreSQL, with a fixed clock.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod credentials;
mod secrets;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use introspect::Introspect;
use serde_json::{Value, json};
use shared::http::{Function, ProxyEvent, header};
use shared::{Clock, Environment};

const SECRET: &str = "a+secret:of/thirty-two=characters";

/// The function over this database, with these settings and the other ones' defaults.
fn function(url: &str, clock: &Clock, pairs: &[(&str, &str)]) -> Function<Introspect> {
    let mut env: Environment = pairs.iter().copied().chain([("DATABASE_URL", url)]).collect();
    let endpoint = Introspect::with_clock(&mut env, clock.clone()).unwrap();
    Function::new(endpoint, &mut env)
}

/// The value of `Authorization` with these credentials.
fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The value of `Authorization` with the secret.
fn good() -> String {
    basic("introspect", SECRET)
}

/// An answer.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    body: Value,
    challenge: Option<String>,
}

fn inactive() -> Answer {
    Answer { status: 200, body: json!({ "active": false }), challenge: None }
}

/// The function's answer to a form with this `Authorization`.
async fn send(function: &Function<Introspect>, authorization: &str, form: &str) -> Answer {
    let event = json!({
        "resource": "/api/auth/introspect", "httpMethod": "POST", "body": form,
        "multiValueHeaders": {
            "authorization": [authorization],
            "content-type": ["application/x-www-form-urlencoded"],
        },
    });
    let event: ProxyEvent = serde_json::from_value(event).unwrap();
    let response = Box::pin(function.invoke(event)).await;
    let headers = &response.multi_value_headers;
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    let challenge = headers.get(header::WWW_AUTHENTICATE).map(|it| it.to_str().unwrap().to_owned());
    let body = response.body.unwrap();
    let body = std::str::from_utf8(body.as_ref()).unwrap();
    let body = serde_json::from_str(body).unwrap_or_else(|_| body.into());
    Answer { status: u16::try_from(response.status_code).unwrap(), body, challenge }
}

/// The answer about a token to a service with the secret.
async fn ask(function: &Function<Introspect>, token: &str) -> Answer {
    send(function, &good(), &format!("token={token}")).await
}

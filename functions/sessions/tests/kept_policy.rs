//! A policy of the last release's authorizer, which API Gateway keeps over an upgrade.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::io::ErrorKind;
use std::net::TcpListener;

use serde_json::{Value, json};
use sessions::Sessions;
use shared::Environment;
use shared::http::{Function, ProxyEvent, header};

/// The status and `Retry-After` of an answer to a caller with this context, without a connection.
async fn answer(method: &str, path: &str, context: &Value) -> (i64, Option<String>) {
    let database = TcpListener::bind("127.0.0.1:0").unwrap();
    database.set_nonblocking(true).unwrap();
    let url = format!("postgres://latchkey@{}/latchkey", database.local_addr().unwrap());
    let issuer = "https://api.example.com".to_owned();
    let mut env: Environment =
        [("DATABASE_URL", url), ("TOKEN_ISSUER", issuer)].into_iter().collect();
    let function = Function::<Sessions>::from_env(&mut env).await.unwrap();
    let event = json!({
        "resource": path, "httpMethod": method, "body": r#"{"which":"all"}"#,
        "requestContext": { "authorizer": context },
        "multiValueHeaders": { "content-type": ["application/json"] },
    });
    let event: ProxyEvent = serde_json::from_value(event).unwrap();
    let response = Box::pin(function.invoke(event)).await;
    assert_eq!(database.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    let wait = response.multi_value_headers.get(header::RETRY_AFTER);
    (response.status_code, wait.map(|it| it.to_str().unwrap().to_owned()))
}

#[tokio::test]
async fn a_policy_of_the_last_release_asks_to_wait() {
    let old = json!({
        "sub": "7", "username": "ada", "email": "a@b", "roles": "ROLE_USER", "exp": "4102444800",
    });
    for (method, path) in [("GET", "/api/auth/sessions"), ("POST", "/api/auth/sessions/revoke")] {
        assert_eq!(answer(method, path, &old).await, (503, Some("1".into())), "{path}");
        let mut half = old.clone();
        half["sid"] = json!("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
        assert_eq!(answer(method, path, &half).await, (500, None), "{path}");
    }
}

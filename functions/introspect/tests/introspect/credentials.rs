//! What a service has to send.

use introspect::Introspect;
use serde_json::{Value, json};
use shared::{Clock, Environment};
use stage::NOW;

use crate::{Answer, SECRET, basic, function, good, inactive, send};

/// No server listens there: a connect fails.
const NOWHERE: &str = "postgres://u:p@127.0.0.1:1/n";

fn clock() -> Clock {
    Clock::fixed(NOW)
}

fn on() -> shared::http::Function<Introspect> {
    function(NOWHERE, &clock(), &[("INTROSPECTION_SECRET", SECRET)])
}

#[tokio::test]
async fn a_service_without_the_secret_is_refused_and_asks_no_database() {
    let words = "HTTP Basic with the user introspect and the service's secret is required";
    let refused = Answer {
        status: 401,
        body: json!({ "error": "invalid_client", "error_description": words }),
        challenge: Some(r#"Basic realm="introspect", charset="UTF-8""#.to_owned()),
    };
    let cut = &SECRET[..SECRET.len() - 1];
    for authorization in [
        String::new(),
        format!("Bearer {SECRET}"),
        SECRET.to_owned(),
        good().replace("Basic", "Digest"),
        basic("introspect", ""),
        basic("introspect", cut),
        basic("introspect", &SECRET.to_uppercase()),
        basic("introspect", &format!("{SECRET}\n")),
        basic("Introspect", SECRET),
        basic("", SECRET),
        basic(SECRET, "introspect"),
    ] {
        for form in ["token=x", "", "token=x&token=y"] {
            assert_eq!(send(&on(), &authorization, form).await, refused, "{authorization}");
        }
    }
}

#[tokio::test]
async fn the_secret_may_be_form_encoded() {
    let encoded = SECRET.replace('+', "%2B").replace(':', "%3A").replace('/', "%2F");
    for password in [SECRET, &encoded] {
        let answer = send(&on(), &basic("introspect", password), "token=x").await;
        assert_eq!(answer, inactive(), "{password}");
    }
}

#[tokio::test]
async fn a_form_without_one_token_is_refused() {
    for form in ["", "token=", "token", "Token=x", "access_token=x", "token=x&token=x", "token=%ff"]
    {
        let Answer { status, body, .. } = send(&on(), &good(), form).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_request")), "{form}");
    }
    // The hint has no effect (RFC 7662 §2.1).
    for hint in ["access_token", "refresh_token", "x"] {
        let form = format!("token_type_hint={hint}&token=x");
        assert_eq!(send(&on(), &good(), &form).await, inactive());
    }
}

#[tokio::test]
async fn introspection_is_off_without_a_secret() {
    for pairs in [&[][..], &[("INTROSPECTION_SECRET", ""), ("INTROSPECTION_SECRET_ARN", "")]] {
        let off = function(NOWHERE, &clock(), pairs);
        for authorization in ["", &good()] {
            let Answer { status, body, .. } = send(&off, authorization, "token=x").await;
            assert_eq!((status, body), (404, Value::from("Not Found")));
        }
    }
}

#[test]
fn a_bad_secret_ends_init_with_one_sentence_without_it() {
    let long = "s".repeat(40);
    for (secret, words) in [
        ("s".repeat(31), "at least 32 printable"),
        (format!("{long}\n"), "at least 32 printable"),
        (format!("{{\"secret\":\"{long}\"}}"), "a JSON object"),
    ] {
        // The value wins over its ARN.
        let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x";
        let mut env = Environment::from_iter([
            ("DATABASE_URL", NOWHERE),
            ("INTROSPECTION_SECRET", &secret),
            ("INTROSPECTION_SECRET_ARN", arn),
        ]);
        let sentence = Introspect::with_clock(&mut env, clock()).unwrap_err().to_string();
        assert!(sentence.starts_with("bad settings: INTROSPECTION_SECRET "), "{sentence}");
        assert!(sentence.contains(words) && !sentence.contains(&secret), "{sentence}");
    }
}

//! A function's answer, and what API Gateway makes of it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format>

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;

use super::response::{self, Answer};

/// Headers that a function can't set: the caller gets them under another name.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>
const REMAPPED: [&str; 10] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "host",
    "max-forwards",
    "server",
    "user-agent",
    "www-authenticate",
];

/// Headers that a function can't set, and that the caller doesn't get (same page).
const DROPPED: [&str; 5] = ["proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    status_code: Scalar,
    #[serde(default)]
    headers: Option<BTreeMap<String, Scalar>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<Scalar>>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

/// A value that may be written as text, as a number or as a truth.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

/// The caller's answer; `None` if the function's is malformed.
pub(crate) fn answer(output: &[u8]) -> Option<Answer> {
    let output: Output = serde_json::from_slice(output).ok()?;
    let status: u16 = output.status_code.into_text().parse().ok()?;
    let status =
        StatusCode::from_u16(status).ok().filter(|it| (200..600).contains(&it.as_u16()))?;
    let multi = output.multi_value_headers.unwrap_or_default();
    let mut headers = HeaderMap::new();
    // A name in both counts with its several values alone.
    let single = output.headers.unwrap_or_default().into_iter();
    let single = single.filter(|(name, _)| !multi.keys().any(|it| it.eq_ignore_ascii_case(name)));
    for (name, value) in single {
        append(&mut headers, &name, value)?;
    }
    for (name, values) in multi {
        for value in values {
            append(&mut headers, &name, value)?;
        }
    }
    let json = HeaderValue::from_static("application/json");
    headers.entry(header::CONTENT_TYPE).or_insert(json);
    let text = output.body.unwrap_or_default();
    let body = match output.is_base64_encoded {
        Some(true) => Bytes::from(STANDARD.decode(text).ok()?),
        Some(false) | None => text.into(),
    };
    Some(response::answer(status, headers, body))
}

fn append(headers: &mut HeaderMap, name: &str, value: Scalar) -> Option<()> {
    let mut name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    if DROPPED.contains(&name.as_str()) {
        return Some(());
    }
    if REMAPPED.contains(&name.as_str()) {
        let remapped = format!("x-amzn-remapped-{name}");
        name = HeaderName::from_bytes(remapped.as_bytes()).ok()?;
    }
    headers.append(name, HeaderValue::from_str(&value.into_text()).ok()?);
    Some(())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};

    use super::*;

    fn of(output: &Value) -> Option<Answer> {
        answer(output.to_string().as_bytes())
    }

    async fn body(answer: Answer) -> Bytes {
        answer.into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn a_body_is_text_or_base64_or_nothing() {
        let text = of(&json!({ "statusCode": 200, "body": "é" })).unwrap();
        assert_eq!(text.headers()["content-type"], "application/json");
        assert_eq!(body(text).await, "é");
        let encoded = json!({ "statusCode": "201", "body": "/w==", "isBase64Encoded": true });
        let encoded = of(&encoded).unwrap();
        assert_eq!(encoded.status(), 201);
        assert_eq!(body(encoded).await, b"\xff"[..]);
        let nothing = of(&json!({ "statusCode": 204, "body": null, "headers": null })).unwrap();
        assert_eq!(body(nothing).await, "");
    }

    #[test]
    fn several_values_replace_the_single_one() {
        let output = json!({ "statusCode": 200, "headers": { "Vary": "a", "X-Number": 7 },
            "multiValueHeaders": { "vary": ["b", "c"] } });
        let answer = of(&output).unwrap();
        assert_eq!(answer.headers().get_all("vary").iter().collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(answer.headers()["x-number"], "7");
    }

    #[test]
    fn some_headers_are_renamed_and_some_dropped() {
        let output = json!({ "statusCode": 401, "headers": {
            "WWW-Authenticate": "Bearer", "Transfer-Encoding": "chunked", "Retry-After": "1",
        }});
        let answer = of(&output).unwrap();
        let headers = answer.headers();
        assert_eq!(headers["x-amzn-remapped-www-authenticate"], "Bearer");
        assert_eq!(headers["retry-after"], "1");
        assert!(!headers.contains_key("www-authenticate"));
        assert!(!headers.contains_key("transfer-encoding"));
    }

    #[test]
    fn a_malformed_answer_is_refused() {
        for output in [
            json!(null),
            json!("text"),
            json!({ "body": "" }),
            json!({ "statusCode": 99 }),
            json!({ "statusCode": "ok" }),
            json!({ "statusCode": 200, "body": {} }),
            json!({ "statusCode": 200, "body": "*", "isBase64Encoded": true }),
            json!({ "statusCode": 200, "headers": { "a b": "c" } }),
            json!({ "statusCode": 200, "headers": { "a": "b\nc" } }),
        ] {
            assert!(of(&output).is_none(), "{output}");
        }
    }
}

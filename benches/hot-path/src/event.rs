//! API Gateway's events for a browser's request.

use serde_json::{Map, Value, json};

/// The method in the authorizer's event.
pub const ARN: &str =
    "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/Prod/GET/api/auth/users/me";

/// The headers that the browser and AWS add.
const HEADERS: [(&str, &str); 20] = [
    ("Accept", "application/json, text/plain, */*"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-GB,en;q=0.9"),
    ("CloudFront-Forwarded-Proto", "https"),
    ("CloudFront-Is-Desktop-Viewer", "true"),
    ("CloudFront-Is-Mobile-Viewer", "false"),
    ("CloudFront-Is-SmartTV-Viewer", "false"),
    ("CloudFront-Is-Tablet-Viewer", "false"),
    ("CloudFront-Viewer-ASN", "3320"),
    ("CloudFront-Viewer-Country", "DE"),
    ("Host", "abcdef1234.execute-api.eu-central-1.amazonaws.com"),
    ("Origin", "http://localhost:3000"),
    ("Referer", "http://localhost:3000/"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("Via", "2.0 0123456789abcdef0123456789abcdef.cloudfront.net (CloudFront)"),
    ("X-Amz-Cf-Id", "abcdefghijklmnopqrstuvwxyz0123456789_-ABCDEFGHIJKLMNOPQ=="),
    ("X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678"),
    ("X-Forwarded-For", "203.0.113.7, 198.51.100.9"),
    ("X-Forwarded-Port", "443"),
    ("X-Forwarded-Proto", "https"),
];

/// The REQUEST authorizer's event for `me`.
pub fn authorizer_event(token: &str) -> Value {
    let mut event = event("GET", "/api/auth/users/me", bearer(token));
    event["type"] = "REQUEST".into();
    event["methodArn"] = ARN.into();
    event["stageVariables"] = json!({ "LatchkeyRoutes": "accounts" });
    event
}

/// The event for `me`, with the authorizer's context.
pub fn me_event(token: &str) -> Value {
    let mut event = event("GET", "/api/auth/users/me", bearer(token));
    event["requestContext"]["authorizer"] = json!({
        "sub": "1", "username": "ada", "email": "ada@example.com",
        "roles": "ROLE_USER ROLE_MODERATOR", "exp": "4102444800",
        "sid": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "token_digest": "",
        "principalId": "1", "integrationLatency": 12,
    });
    event
}

/// The event for a sign-in.
pub fn sign_in_event(username: &str, password: &str) -> Value {
    let content_type = ("Content-Type", "application/json".to_owned());
    let mut event = event("POST", "/api/auth/signin", content_type);
    event["body"] = json!({ "username": username, "password": password }).to_string().into();
    event
}

fn bearer(token: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {token}"))
}

fn event(method: &str, path: &str, header: (&str, String)) -> Value {
    let headers = HEADERS.map(|(name, value)| (name, value.to_owned())).into_iter().chain([header]);
    let single: Map<_, _> =
        headers.map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
    let multi: Map<_, _> =
        single.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    json!({
        "resource": path, "path": path, "httpMethod": method,
        "headers": single, "multiValueHeaders": multi,
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": null, "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abcdef1234", "stage": "Prod",
            "resourceId": "123456", "resourcePath": path, "httpMethod": method,
            "path": format!("/Prod{path}"), "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "extendedRequestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "requestTime": "24/Nov/2026:08:00:00 +0000", "requestTimeEpoch": 1_795_507_200_000_u64,
            "identity": { "sourceIp": "203.0.113.7", "userArn": null, "accountId": null },
        },
        "body": null, "isBase64Encoded": false,
    })
}

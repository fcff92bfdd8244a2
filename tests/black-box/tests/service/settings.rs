//! The effects of the operator's settings, at a second runner.

use serde_json::json;

use crate::check::{Check, checks};
use crate::jws::Draft;
use crate::person::{Person, nobody};
use crate::target::{CHEAP, Target};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_token_endpoint_that_is_off_is_not_found needs Runner;
        signing_in_works_without_the_token_endpoint also Pooler needs Runner;
        with_json_errors_every_error_is_problem_details needs Runner;
        with_json_errors_a_client_that_names_text_gets_it needs Runner;
        the_least_length_of_a_password_is_a_setting needs Runner;
        each_allowed_origin_is_answered_with_itself needs Runner;
        the_gateways_own_answers_name_any_origin_where_several_are_allowed needs Runner;
        the_headers_of_a_page_are_a_setting needs Runner;
        the_life_of_a_token_is_a_setting needs Runner;
        issuer_and_audience_are_settings needs Runner;
    ]
}

/// The second runner's settings.
pub(crate) const OVERRIDES: &[&str] = &[
    CHEAP,
    "AppName=A & \"B\" </title>",
    "TokenEndpoint=off",
    "RefreshLeewaySeconds=0",
    "ErrorFormat=json",
    "PasswordMinLength=12",
    "AllowedOrigins=https://app.example,capacitor://localhost",
    "AllowedHeaders=Content-Type,X-Mine",
    "AccessTokenSeconds=600",
    "AuthorizerCacheSeconds=300",
    "TokenIssuer=https://issuer.example",
    "TokenAudience=https://audience.example",
    "MailLinkUrl=https://app.example/account?from=mail",
    "LegacyTokenSecret=the-secret-of-an-app-that-has-grown",
    "LegacyTokensUntil=2100-01-01T00:00:00Z",
];

fn a_token_endpoint_that_is_off_is_not_found(target: &Target) {
    let variant = target.variant();
    let ada = &variant.ada().person;
    for fields in [
        vec![("username", ada.username.as_str()), ("password", ada.password.as_str())],
        vec![("username", "nobody"), ("password", "not the password")],
        vec![],
    ] {
        variant.token(&fields).says(variant, 404, "Not Found");
    }
}

fn signing_in_works_without_the_token_endpoint(target: &Target) {
    let ada = target.variant().ada();
    let answer = target.variant().get_as(&ada.token, "/api/auth/users/me");
    answer.is_json(200, &ada.person.public());
}

fn with_json_errors_every_error_is_problem_details(target: &Target) {
    let variant = target.variant();
    let ada = variant.ada();
    let wrong = json!({ "username": nobody(), "password": "not the password" });
    let invalid = json!({ "username": ada.person.username });
    for accept in ["*/*", "application/json", "application/json, */*;q=0.5", "image/png", ""] {
        let get = |path| variant.http.get(path).header("accept", accept);
        let sign_in = |body| {
            let answer = variant.http.post_json("/api/auth/signin", body);
            answer.header("accept", accept).send()
        };
        let large = json!("x".repeat(70_000));
        for (answer, status, title, code) in [
            (get("/nowhere").send(), 404, "Not Found", "not_found"),
            (get("/api/auth/users/me").send(), 401, "Unauthorized", "invalid_token"),
            (get("/api/test/admin").bearer(&ada.token).send(), 403, "Forbidden", "forbidden"),
            (sign_in(&wrong), 401, "Unauthorized", "wrong_credentials"),
            (sign_in(&invalid), 422, "Unprocessable Content", "unprocessable"),
            (sign_in(&large), 413, "Content Too Large", "payload_too_large"),
        ] {
            assert_eq!(answer.media_type(), "application/problem+json", "{answer:?}");
            let problem = answer.json();
            let members = ["type", "title", "status", "code"].map(|name| &problem[name]);
            let expected = [json!("about:blank"), json!(title), json!(status), json!(code)];
            assert_eq!(members, expected.each_ref(), "{}", answer.asked);
            assert!(problem["detail"].is_string(), "{problem}");
            assert_eq!(answer.status, status, "{}", answer.asked);
        }
    }
}

fn with_json_errors_a_client_that_names_text_gets_it(target: &Target) {
    let variant = target.variant();
    let wrong = json!({ "username": nobody(), "password": "not the password" });
    for accept in ["text/plain", "text/*", "application/json, text/plain, */*"] {
        let ask = |body| variant.http.post_json("/api/auth/signin", body).header("accept", accept);
        ask(&wrong).send().is_text(401, "Incorrect username or password");
        ask(&json!({})).send().is_invalid(&[
            ("missing", json!(["body", "username"])),
            ("missing", json!(["body", "password"])),
        ]);
    }
}

fn the_least_length_of_a_password_is_a_setting(target: &Target) {
    let short = Person::new("short").with_password("eleven char");
    target.variant().signup(&short).breaks_rule("password", &["12"]);
    let enough = short.with_password("twelve chars");
    assert_eq!(target.variant().signup(&enough).status, 200);
}

const ALLOWED: &str = "access-control-allow-origin";
const ORIGINS: [&str; 2] = ["https://app.example", "capacitor://localhost"];

fn each_allowed_origin_is_answered_with_itself(target: &Target) {
    let variant = target.variant();
    let ask = |origin| variant.http.get("/api/test/all").header("origin", origin).send();
    let preflight = |origin| {
        let request = variant.http.request("OPTIONS", "/api/test/all").header("origin", origin);
        request.header("access-control-request-method", "GET").send()
    };
    for origin in ORIGINS {
        for answer in [ask(origin), preflight(origin)] {
            assert_eq!(answer.header(ALLOWED), Some(origin));
            assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
            assert_eq!(answer.header("vary"), Some("Origin"));
        }
    }
    for stranger in
        ["http://localhost:3000", "https://app.example,capacitor://localhost", "https://app.exampl"]
    {
        assert_eq!(ask(stranger).header(ALLOWED), None);
        assert_eq!(preflight(stranger).header(ALLOWED), Some(ORIGINS[0]), "{stranger}");
    }
}

fn the_gateways_own_answers_name_any_origin_where_several_are_allowed(target: &Target) {
    let variant = target.variant();
    for origin in [ORIGINS[0], ORIGINS[1], "http://evil.example"] {
        let answer = variant.http.get("/api/auth/users/me").header("origin", origin).send();
        answer.is_unauthorized(variant);
        assert_eq!(answer.header(ALLOWED), Some(origin));
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
    assert_eq!(variant.http.get("/nowhere").send().header(ALLOWED), None);
}

fn the_headers_of_a_page_are_a_setting(target: &Target) {
    let answer = target.variant().http.request("OPTIONS", "/api/auth/signin").send();
    assert_eq!(answer.header("access-control-allow-headers"), Some("Content-Type,X-Mine"));
}

fn the_life_of_a_token_is_a_setting(target: &Target) {
    let draft = Draft::of(&target.variant().ada().token);
    assert_eq!(draft.number("exp") - draft.number("iat"), 600);
}

fn issuer_and_audience_are_settings(target: &Target) {
    let token = &target.variant().ada().token;
    let draft = Draft::of(token);
    assert_eq!(draft.text("iss"), "https://issuer.example");
    assert_eq!(draft.text("aud"), "https://audience.example");
    // The same key, but another audience.
    target.get_as(token, "/api/auth/users/me").is_unauthorized(target);
}

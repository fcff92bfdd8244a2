//! API Gateway's own answers.

use crate::check::{Check, checks};
use crate::discovery::OPENID;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        an_unknown_path_is_not_found needs GatewayWords;
        a_wrong_method_is_not_found needs GatewayWords;
        head_is_not_found needs GatewayWords;
        a_preflight_of_an_unknown_path_is_not_found needs GatewayWords;
        an_unknown_path_with_a_token_is_not_found_and_quotes_nothing needs GatewayWords;
        paths_are_compared_exactly needs GatewayWords;
        a_slash_at_the_end_is_dropped needs GatewayWords;
        the_gateways_own_answers_require_https needs GatewayHeaders;
        an_error_is_text_whatever_the_client_accepts needs GatewayWords;
        a_long_address_or_header_breaks_nothing also Emulator needs RefusedTokens;
        forwarded_headers_change_nothing also Emulator;
    ]
}

fn an_unknown_path_is_not_found(target: &Target) {
    for path in [
        "/nowhere",
        "/api",
        "/api/auth",
        "/api/auth/users",
        "/api/test",
        "/api/test/root",
        "/favicon.ico",
        "/robots.txt",
        "/.env",
        "/.git/config",
        "/.well-known",
        "/.well-known/openid-configuration/Prod",
        "/.well-known/oauth-protected-resource",
        "/api/auth/signin/x",
        "/api/auth/users/me/items/1",
        "/admin",
        "/Prod/api/test/all",
        "/index.html",
    ] {
        let answer = target.http.get(path).send();
        answer.is_text(404, "Not Found");
    }
}

fn a_wrong_method_is_not_found(target: &Target) {
    for (method, path) in [
        ("GET", "/api/auth/signin"),
        ("GET", "/api/auth/signup"),
        ("GET", "/api/auth/token"),
        ("PUT", "/api/auth/signin"),
        ("PATCH", "/api/auth/signup"),
        ("DELETE", "/api/auth/users/me"),
        ("POST", "/"),
        ("POST", "/api/test/all"),
        ("POST", "/api/auth/users/me"),
        ("DELETE", "/api/test/admin"),
        ("POST", "/.well-known/jwks.json"),
        ("POST", "/.well-known/openid-configuration"),
        ("POST", "/docs"),
        ("PUT", "/openapi.json"),
        ("TRACE", "/"),
        ("PROPFIND", "/api/test/all"),
        ("QUERY", "/api/test/all"),
        ("BREW", "/"),
        ("get", "/"),
    ] {
        target.http.request(method, path).send().is_text(404, "Not Found");
    }
}

fn head_is_not_found(target: &Target) {
    for path in ["/", "/api/test/all", "/api/auth/users/me", OPENID, "/nowhere"] {
        assert_eq!(target.http.request("HEAD", path).send().status, 404, "{path}");
    }
}

fn a_preflight_of_an_unknown_path_is_not_found(target: &Target) {
    let request =
        target.http.request("OPTIONS", "/nowhere").header("origin", "http://localhost:3000");
    request.header("access-control-request-method", "GET").send().is_text(404, "Not Found");
}

fn an_unknown_path_with_a_token_is_not_found_and_quotes_nothing(target: &Target) {
    let token = &target.ada().token;
    for value in
        [format!("Bearer {token}"), "Bearer x".to_owned(), "AWS4-HMAC-SHA256 x=y".to_owned()]
    {
        let answer = target.http.get("/nowhere").header("authorization", &value).send();
        answer.is_text(404, "Not Found");
    }
    let answer = target.get_as(token, "/Zebra77Quagga");
    assert!(!format!("{answer:?}").replace("/Zebra77Quagga", "").contains("Zebra77Quagga"));
    answer.is_text(404, "Not Found");
}

fn paths_are_compared_exactly(target: &Target) {
    for path in [
        "/API/test/all",
        "/api/Test/all",
        "/api/test/ALL",
        "/api/test/all/x",
        "/api/test/al",
        "/api/test/alll",
        "/api/test/all;x=1",
        "/api/test/all.json",
        "/x/../api/test/all",
        "/api//test/all",
    ] {
        target.http.get(path).send().is_text(404, "Not Found");
    }
}

fn a_slash_at_the_end_is_dropped(target: &Target) {
    target.http.get("/api/test/all/").send().is_json(200, &serde_json::json!("public content"));
    let ada = target.ada();
    target.get_as(&ada.token, "/api/auth/users/me/").is_json(200, &ada.person.public());
    target.http.get("/api/auth/users/me/").send().is_unauthorized(target);
    target.get_as(&ada.token, "/api/test/admin/").is_forbidden(target);
    for path in ["//", "/api/test/all//", "/nowhere/"] {
        target.http.get(path).send().is_text(404, "Not Found");
    }
}

fn the_gateways_own_answers_require_https(target: &Target) {
    let token = &target.ada().token;
    for answer in [
        target.http.get("/nowhere").send(),
        target.http.get("/api/auth/users/me").send(),
        target.get_as(token, "/api/test/admin"),
        target.http.request("OPTIONS", "/api/test/all").send(),
    ] {
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=63072000"));
    }
}

fn an_error_is_text_whatever_the_client_accepts(target: &Target) {
    for accept in
        ["application/json", "application/problem+json", "*/*", "text/html", "image/png", "x"]
    {
        let ask = |path| target.http.get(path).header("accept", accept);
        ask("/nowhere").send().is_text(404, "Not Found");
        ask("/api/auth/users/me").send().is_unauthorized(target);
        ask("/api/test/admin").bearer(&target.ada().token).send().is_forbidden(target);
    }
}

fn a_long_address_or_header_breaks_nothing(target: &Target) {
    for length in [2_000, 8_000, 30_000] {
        let long = "a".repeat(length);
        let answers = [
            target.http.get(&format!("/api/test/all?x={long}")).send(),
            target.http.get(&format!("/{long}")).send(),
            target.http.get("/api/test/all").header("x-long", &long).send(),
            target
                .http
                .get("/api/auth/users/me")
                .header("authorization", &format!("Bearer {long}"))
                .send(),
        ];
        for answer in answers {
            assert!(answer.status < 500, "{length}: {}", answer.status);
        }
    }
    assert_eq!(target.http.get("/api/test/all").send().status, 200);
}

fn forwarded_headers_change_nothing(target: &Target) {
    for (name, value) in [
        ("x-http-method-override", "POST"),
        ("x-original-url", "/api/test/admin"),
        ("x-rewrite-url", "/api/test/admin"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "ftp"),
        ("expect", "100-continue"),
        ("x-amzn-trace-id", "Root=1;x=\u{22}"),
        ("x-amzn-requestid", "x"),
        ("lambda-runtime-aws-request-id", "x"),
        ("x-latchkey-user", "1"),
    ] {
        let answer = target.http.get("/api/test/all").header(name, value).send();
        answer.is_json(200, &serde_json::json!("public content"));
        let answer = target.http.get("/api/auth/users/me").header(name, value).send();
        answer.is_unauthorized(target);
    }
}

//! CORS for one origin, on every kind of answer. `settings` has several origins.

use crate::check::{Check, checks};
use crate::client::{Answer, Request};
use crate::person::nobody;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        the_allowed_origin_may_read_an_answer also Emulator, SamLocal;
        the_allowed_origin_may_read_a_functions_errors also Emulator;
        a_page_of_another_origin_may_not_read also Emulator needs OwnCors;
        an_origin_is_compared_exactly needs OwnCors;
        without_an_origin_an_answer_varies_all_the_same also Emulator needs OwnCors;
        readable_headers_are_exposed_to_scripts also Emulator;
        a_preflight_is_answered_on_every_route also SamLocal needs Preflights;
        a_preflight_lists_methods_and_headers_by_name needs Preflights;
        a_preflight_names_the_one_origin_to_every_page needs Preflights;
        a_preflight_needs_no_token needs Preflights;
        the_gateways_own_answers_may_be_read needs GatewayHeaders;
    ]
}

const ORIGIN: &str = "http://localhost:3000";
const STRANGERS: [&str; 8] = [
    "http://localhost:3001",
    "https://localhost:3000",
    "http://localhost",
    "null",
    "*",
    "http://localhost:3000.evil.example",
    "http://evil.example",
    "http://localhost:30000",
];
#[track_caller]
fn may_be_read(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{answer:?}");
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{answer:?}");
}

#[track_caller]
fn may_not_be_read(answer: &Answer) {
    for name in ["access-control-allow-origin", "access-control-allow-credentials"] {
        assert_eq!(answer.header(name), None, "{answer:?}");
    }
}

#[track_caller]
fn varies(answer: &Answer) {
    let names = answer.header("vary").unwrap_or_default().to_lowercase();
    assert!(names.split(',').any(|name| name.trim() == "origin"), "{answer:?}");
}

/// Each function's successes and errors, to requests that `dress` completes.
fn answers(target: &Target, dress: impl Fn(Request<'_>) -> Request<'_>) -> Vec<Answer> {
    let ada = target.ada();
    let http = &target.http;
    let wrong = serde_json::json!({ "username": nobody(), "password": "not it" });
    vec![
        dress(http.get("/")).send(),
        dress(http.get("/docs")).send(),
        dress(http.get("/api/test/all")).send(),
        dress(http.get("/api/test/user").bearer(&ada.token)).send(),
        dress(http.get("/api/auth/users/me").bearer(&ada.token)).send(),
        dress(http.post_json("/api/auth/signin", &ada.person.json())).send(),
        dress(http.post_json("/api/auth/signin", &wrong)).send(),
        dress(http.post_json("/api/auth/signup", &wrong)).send(),
        dress(http.post_json("/api/auth/signup", &ada.person.json())).send(),
        dress(http.post_form("/api/auth/token", &[("username", "u")])).send(),
        dress(http.post("/api/auth/signin", "application/json", "x".repeat(70_000))).send(),
    ]
}

fn the_allowed_origin_may_read_an_answer(target: &Target) {
    let answer = target.http.get("/api/test/all").header("origin", ORIGIN).send();
    may_be_read(&answer);
    varies(&answer);
}

fn the_allowed_origin_may_read_a_functions_errors(target: &Target) {
    let answers = answers(target, |request| request.header("origin", ORIGIN));
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 401, 422, 409, 400, 413]);
    for answer in &answers {
        may_be_read(answer);
        varies(answer);
    }
}

fn a_page_of_another_origin_may_not_read(target: &Target) {
    for answer in answers(target, |request| request.header("origin", "http://evil.example")) {
        may_not_be_read(&answer);
        varies(&answer);
    }
}

fn an_origin_is_compared_exactly(target: &Target) {
    for stranger in STRANGERS {
        let answer = target.http.get("/api/test/all").header("origin", stranger).send();
        assert_eq!(answer.status, 200);
        may_not_be_read(&answer);
        varies(&answer);
    }
    let odd = target.http.get("/api/test/all").header_bytes("origin", b"http://\xff\xfe").send();
    may_not_be_read(&odd);
}

fn without_an_origin_an_answer_varies_all_the_same(target: &Target) {
    for answer in answers(target, |request| request) {
        may_not_be_read(&answer);
        varies(&answer);
    }
}

fn readable_headers_are_exposed_to_scripts(target: &Target) {
    let answer = target.signin_from(ORIGIN);
    let exposed = answer.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
    assert!(!exposed.is_empty() && !exposed.contains('*'), "{answer:?}");
}

impl Target {
    /// A refused sign-in from a page of `origin`.
    #[track_caller]
    fn signin_from(&self, origin: &str) -> Answer {
        let body = serde_json::json!({ "username": nobody(), "password": "not it" });
        self.http.post_json("/api/auth/signin", &body).header("origin", origin).send()
    }

    #[track_caller]
    fn preflight(&self, origin: &str, method: &str, path: &str) -> Answer {
        self.http
            .request("OPTIONS", path)
            .header("origin", origin)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "authorization,content-type")
            .send()
    }
}

/// The names in a header's list, in lower case, sorted.
fn listed(answer: &Answer, header: &str) -> Vec<String> {
    let list = answer.header(header).unwrap_or_default().to_lowercase();
    let mut names: Vec<_> = list.split(',').map(|name| name.trim().to_owned()).collect();
    names.sort();
    names
}

fn a_preflight_is_answered_on_every_route(target: &Target) {
    // Below `/.well-known/`, `discovery` has other checks.
    let routes = target.routes().iter().filter(|route| !route.path.starts_with("/.well-known/"));
    for route in routes {
        let answer = target.preflight(ORIGIN, &route.method, &route.address());
        assert!(matches!(answer.status, 200 | 204), "{route:?}: {}", answer.status);
        may_be_read(&answer);
    }
}

fn a_preflight_lists_methods_and_headers_by_name(target: &Target) {
    let answer = target.preflight(ORIGIN, "POST", "/api/auth/signin");
    assert_eq!(
        listed(&answer, "access-control-allow-methods"),
        ["delete", "get", "head", "options", "patch", "post", "put"]
    );
    let headers = listed(&answer, "access-control-allow-headers");
    for name in [
        "accept",
        "accept-language",
        "authorization",
        "baggage",
        "content-type",
        "sentry-trace",
        "traceparent",
        "tracestate",
        "x-csrf-token",
        "x-request-id",
        "x-requested-with",
        "x-xsrf-token",
    ] {
        assert!(headers.iter().any(|found| found == name), "{name} is not in {headers:?}");
    }
    assert!(!headers.iter().any(|name| name == "*"));
}

fn a_preflight_names_the_one_origin_to_every_page(target: &Target) {
    for stranger in STRANGERS {
        may_be_read(&target.preflight(stranger, "GET", "/api/test/all"));
    }
    may_be_read(&target.http.request("OPTIONS", "/api/test/all").send());
}

fn a_preflight_needs_no_token(target: &Target) {
    let answer = target.preflight(ORIGIN, "GET", "/api/auth/users/me");
    assert!(matches!(answer.status, 200 | 204), "{}", answer.status);
}

fn the_gateways_own_answers_may_be_read(target: &Target) {
    for origin in [ORIGIN, "http://evil.example"] {
        let ask = |path| target.http.get(path).header("origin", origin);
        let unauthorized = ask("/api/auth/users/me").send();
        unauthorized.is_unauthorized(target);
        may_be_read(&unauthorized);
        let bad = ask("/api/auth/users/me").bearer("x").send();
        bad.is_unauthorized(target);
        may_be_read(&bad);
        let forbidden = ask("/api/test/admin").bearer(&target.ada().token).send();
        forbidden.is_forbidden(target);
        may_be_read(&forbidden);
        let missing = ask("/nowhere").send();
        missing.is_text(404, "Not Found");
        may_be_read(&missing);
    }
}

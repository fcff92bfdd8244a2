//! The forms of a function's own errors, by what the client accepts.

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::client::{Answer, Request};
use crate::person::{Person, nobody};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_client_that_accepts_text_gets_text also Emulator;
        a_client_that_accepts_only_json_gets_problem_details also Emulator;
        several_accept_headers_are_one_list also Emulator;
        a_problem_keeps_the_headers_of_its_error also Emulator;
        a_422_stays_as_it_is_wherever_json_is_accepted;
        a_422_is_a_problem_to_a_client_that_accepts_only_that;
        oauths_errors_are_oauths_whatever_is_accepted also Emulator;
        an_odd_accept_header_breaks_nothing also Emulator;
        vary_names_what_an_error_depends_on;
        a_success_has_one_form_whatever_the_client_accepts;
    ]
}

const TEXT: &[&str] = &[
    "application/json, text/plain, */*",
    "*/*",
    "text/plain",
    "text/*",
    "Text/Plain;q=0.1, application/json",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "image/png",
];

const JSON_ALONE: &[&str] = &[
    "application/json",
    "application/problem+json",
    "application/problem+json, application/json;q=0.5",
    "APPLICATION/JSON",
    "application/*",
    "application/json, text/plain;q=0",
];

/// A function's own error.
struct Case {
    status: u16,
    title: &'static str,
    code: &'static str,
    words: &'static str,
    path: &'static str,
    body: Value,
}

impl Case {
    fn ask<'a>(&self, target: &'a Target, accept: &str) -> Request<'a> {
        target.http.post_json(self.path, &self.body).header("accept", accept)
    }
}

/// A sign-in over 64 KiB, the cheapest error.
fn too_large() -> Case {
    Case {
        status: 413,
        title: "Content Too Large",
        code: "payload_too_large",
        words: "Payload Too Large",
        path: "/api/auth/signin",
        body: json!({ "username": "x".repeat(70_000), "password": "y" }),
    }
}

/// Every error with a detail that a single request can cause.
fn cases(target: &Target) -> Vec<Case> {
    let taken = &target.ada().person;
    let (name, address) = (Person::new("free"), Person::new("free"));
    let conflict = |code, words, body| Case {
        status: 409,
        title: "Conflict",
        code,
        words,
        path: "/api/auth/signup",
        body,
    };
    let same_name = Person { username: taken.username.clone(), ..name };
    let same_address = Person { email: taken.email.clone(), ..address };
    vec![
        too_large(),
        Case { path: "/api/auth/token", ..too_large() },
        Case { path: "/api/auth/signup", ..too_large() },
        conflict("username_taken", "Username already registered", same_name.json()),
        conflict("email_taken", "Email already registered", same_address.json()),
        Case {
            status: 401,
            title: "Unauthorized",
            code: "wrong_credentials",
            words: "Incorrect username or password",
            path: "/api/auth/signin",
            body: json!({ "username": nobody(), "password": "not the password" }),
        },
    ]
}

/// Asserts problem details with exactly these members.
#[track_caller]
fn is_problem(answer: &Answer, case: &Case) {
    let Case { status, title, code, words, .. } = *case;
    assert_eq!(answer.status, status, "{} {}", answer.asked, answer.text());
    assert_eq!(answer.media_type(), "application/problem+json", "{answer:?}");
    let expected = json!({
        "type": "about:blank", "title": title, "status": status, "detail": words, "code": code,
    });
    assert_eq!(answer.json(), expected, "{}", answer.asked);
}

fn a_client_that_accepts_text_gets_text(target: &Target) {
    for accept in TEXT {
        let case = too_large();
        case.ask(target, accept).send().is_text(case.status, case.words);
    }
    for case in cases(target) {
        case.ask(target, TEXT[0]).send().is_text(case.status, case.words);
    }
}

fn a_client_that_accepts_only_json_gets_problem_details(target: &Target) {
    for accept in JSON_ALONE {
        let case = too_large();
        is_problem(&case.ask(target, accept).send(), &case);
    }
    for (case, accept) in cases(target).iter().zip(JSON_ALONE.iter().cycle()) {
        is_problem(&case.ask(target, accept).send(), case);
    }
}

fn several_accept_headers_are_one_list(target: &Target) {
    let case = too_large();
    let both = case.ask(target, "application/json").header("accept", "text/plain");
    both.send().is_text(case.status, case.words);
}

fn a_problem_keeps_the_headers_of_its_error(target: &Target) {
    let wrong = json!({ "username": nobody(), "password": "not it" });
    let ask = target.http.post_json("/api/auth/signin", &wrong);
    let answer = ask.header("accept", "application/json").send();
    assert_eq!(answer.media_type(), "application/problem+json");
    answer.challenges(target, "Bearer");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

const EMPTY: &str = "{}";
const FIELDS: [&str; 2] = ["username", "password"];

fn invalid(target: &Target, accept: &str) -> Answer {
    let ask = target.http.post("/api/auth/signin", "application/json", EMPTY);
    ask.header("accept", accept).send()
}

fn a_422_stays_as_it_is_wherever_json_is_accepted(target: &Target) {
    let expected = FIELDS.map(|field| ("missing", json!(["body", field])));
    for accept in TEXT.iter().chain(&["application/json", "application/*", "text/plain"]) {
        invalid(target, accept).is_invalid(&expected);
    }
}

fn a_422_is_a_problem_to_a_client_that_accepts_only_that(target: &Target) {
    let answer = invalid(target, "application/problem+json");
    assert_eq!((answer.status, answer.media_type()), (422, "application/problem+json"));
    let mut problem = answer.json();
    let errors = problem["errors"].take();
    let named: Vec<_> = errors.as_array().unwrap().iter().map(|it| it["loc"].clone()).collect();
    assert_eq!(named, FIELDS.map(|field| json!(["body", field])));
    let words = "Unprocessable Content";
    let expected = json!({
        "type": "about:blank", "title": words, "status": 422, "detail": words,
        "code": "unprocessable", "errors": null,
    });
    assert_eq!(problem, expected);
}

fn oauths_errors_are_oauths_whatever_is_accepted(target: &Target) {
    for accept in ["application/json", "application/problem+json", "text/plain", "*/*"] {
        let post = |fields| {
            target.http.post_form("/api/auth/token", fields).header("accept", accept).send()
        };
        post(&[("username", "x")]).is_oauth_error(400, "invalid_request");
        let name = nobody();
        post(&[("username", &name), ("password", "not it")]).is_oauth_error(401, "invalid_grant");
    }
}

fn an_odd_accept_header_breaks_nothing(target: &Target) {
    let case = too_large();
    for accept in ["", ",", ";", "/", "*", "text", "text/plain;q=", "a/b;q=x", "\"", "*/*;q=0"] {
        let answer = case.ask(target, accept).send();
        assert_eq!(answer.status, case.status, "{accept}");
        assert!(answer.text().contains(case.words), "{accept}");
    }
    let request = case.ask(target, "text/plain").header_bytes("accept", b"\xff/\xfe");
    assert_eq!(request.send().status, case.status);
}

fn vary_names_what_an_error_depends_on(target: &Target) {
    for accept in ["application/json", "*/*"] {
        let answer = too_large().ask(target, accept).send();
        let vary = answer.header("vary").unwrap_or_default().to_lowercase();
        let names: Vec<_> = vary.split(',').map(str::trim).collect();
        assert!(names.contains(&"accept") && names.contains(&"origin"), "{vary}");
    }
}

fn a_success_has_one_form_whatever_the_client_accepts(target: &Target) {
    for accept in ["application/problem+json", "text/plain", "image/png"] {
        let answer = target.http.get("/").header("accept", accept).send();
        answer.is_json(200, &json!("Hello World"));
    }
}

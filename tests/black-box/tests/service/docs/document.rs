//! `GET /openapi.json`: the document is complete and correct.

use serde_json::{Value, json};

use super::DOCUMENT;
use crate::check::{Check, checks};
use crate::client::Answer;
use crate::discovery::OPENID;
use crate::kind::Ability;
use crate::person::nobody;
use crate::routes::{Needs, PROMISED, operations};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        the_document_is_openapi_of_this_service also Emulator, SamLocal;
        the_document_has_every_address also Emulator;
        the_document_says_which_routes_need_a_token;
        each_described_route_is_there;
        the_password_grant_alone_is_deprecated_with_a_reason;
        the_document_has_the_security_schemes;
        what_is_answered_is_described also Emulator;
        the_examples_work_unchanged needs Runner;
        the_rule_for_passwords_is_the_services needs Runner;
    ]
}

#[track_caller]
pub(super) fn read(target: &Target) -> Value {
    let answer = target.http.get(DOCUMENT).send();
    assert_eq!((answer.status, answer.media_type()), (200, "application/json"), "{answer:?}");
    answer.json()
}

fn the_document_is_openapi_of_this_service(target: &Target) {
    let document = read(target);
    let version = document["openapi"].as_str().expect("a version");
    assert!(version.starts_with("3.1."), "{version}");
    assert_eq!(document["info"]["title"], "Latchkey");
    assert_eq!(document["info"]["license"]["identifier"], "MIT OR Apache-2.0");
    assert!(document["info"]["contact"]["name"].is_string());
    if target.lacks(Ability::Runner).is_none() {
        assert_eq!(document["servers"][0]["url"], target.http.base());
    }
    assert_eq!(document["servers"][1]["url"], ".");
}

fn the_document_has_every_address(target: &Target) {
    let document = read(target);
    let found: Vec<_> = operations(&document).collect();
    for (method, path, _) in PROMISED {
        assert!(found.iter().any(|it| (it.0.as_str(), it.1) == (method, path)), "{method} {path}");
    }
    for (method, path, operation) in found {
        for name in ["operationId", "summary", "description"] {
            let words = operation[name].as_str().unwrap_or_default();
            assert!(!words.is_empty(), "{method} {path}: {name}");
        }
    }
}

fn the_document_says_which_routes_need_a_token(target: &Target) {
    let document = read(target);
    for (method, path, needs) in PROMISED {
        let operation = &document["paths"][path][method.to_lowercase()];
        let security = operation["security"].as_array().expect("a list");
        assert_eq!(security.is_empty(), needs == Needs::Nothing, "{path}: {security:?}");
        assert!(operation["responses"]["200"].is_object(), "{path}");
    }
    for (method, path, operation) in operations(&document) {
        let is_open = operation["security"].as_array().is_some_and(Vec::is_empty);
        let own = if is_open { None } else { Some("401") };
        for status in own.into_iter().chain(["413", "429", "500", "503"]) {
            assert!(operation["responses"][status].is_object(), "{method} {path}: {status}");
        }
    }
}

/// To a caller without a token: a route may not need one that its description doesn't name.
fn each_described_route_is_there(target: &Target) {
    let document = read(target);
    for route in target.routes() {
        let answer = route.harmless(target).send();
        if matches!(route.needs, Needs::Nothing | Needs::Secret) {
            let operation = &document["paths"][&route.path][route.method.to_lowercase()];
            let is_described = operation["responses"][answer.status.to_string()].is_object();
            assert!(is_described && answer.status != 401, "{answer:?} {}", answer.text());
            assert_ne!(answer.text(), "Not Found", "{answer:?}");
        } else {
            answer.is_unauthorized(target);
        }
    }
}

fn the_password_grant_alone_is_deprecated_with_a_reason(target: &Target) {
    let document = read(target);
    for (_, path, operation) in operations(&document) {
        assert_eq!(operation.get("deprecated"), None, "{path}");
    }
    let description = document["paths"]["/api/auth/token"]["post"]["description"].as_str();
    assert!(
        description.is_some_and(|it| it.contains("is deprecated: RFC 9700 §2.4")),
        "{description:?}"
    );
}

fn the_document_has_the_security_schemes(target: &Target) {
    let document = read(target);
    let schemes = document["components"]["securitySchemes"].as_object().expect("schemes");
    for (name, scheme) in [("HTTPBearer", "bearer"), ("HTTPBasic", "basic")] {
        assert_eq!(
            (&schemes[name]["type"], &schemes[name]["scheme"]),
            (&json!("http"), &json!(scheme))
        );
    }
    let oauth2 = schemes.values().find(|it| it["type"] == "oauth2").expect("a scheme");
    let address = oauth2["flows"]["password"]["tokenUrl"].as_str().expect("an address");
    // Relative to the document, as a browser resolves it.
    assert_eq!(address, "api/auth/token");
    let ada = &target.ada().person;
    let form =
        [("grant_type", "password"), ("username", &ada.username), ("password", &ada.password)];
    assert_eq!(target.http.post_form(&format!("/{address}"), &form).send().status, 200);
}

/// An answer's description, its own or one that several routes share.
#[track_caller]
fn described<'a>(document: &'a Value, asked: &str, status: u16) -> &'a Value {
    let (method, address) = asked.split_once(' ').expect("a method and a path");
    let paths = document["paths"].as_object().expect("paths");
    // The target's address may contain a stage.
    let fits = paths.iter().filter(|(path, _)| address.ends_with(path.as_str()));
    let (_, methods) = fits.max_by_key(|(path, _)| path.len()).expect("a path");
    let responses = &methods[method.to_lowercase()]["responses"];
    let response = &responses[status.to_string()];
    match response["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).expect("the referenced response"),
        None => response,
    }
}

#[track_caller]
fn is_described(document: &Value, answer: &Answer) {
    let description = described(document, &answer.asked, answer.status);
    let content = &description["content"][answer.media_type()];
    assert!(content.is_object(), "{answer:?} is not in {description}");
    let found = serde_json::from_slice(&answer.body).unwrap_or_else(|_| json!(answer.text()));
    if answer.status >= 400 && answer.status != 422 {
        let examples = content["examples"].as_object().into_iter().flat_map(|all| all.values());
        let mut examples = examples.map(|it| &it["value"]).chain([&content["example"]]);
        assert!(examples.any(|example| *example == found), "{found} is not in {content}");
    }
}

fn what_is_answered_is_described(target: &Target) {
    let document = read(target);
    let (ada, nobody) = (target.ada(), nobody());
    let wrong = json!({ "username": nobody, "password": "wrong" });
    let large = "x".repeat(70_000);
    for accept in ["*/*", "application/json", "application/problem+json"] {
        let get = |path| target.http.get(path).header("accept", accept);
        let post = |path, body| target.http.post_json(path, body).header("accept", accept);
        let form =
            |fields| target.http.post_form("/api/auth/token", fields).header("accept", accept);
        for answer in [
            get("/").send(),
            get("/.well-known/jwks.json").send(),
            get(OPENID).send(),
            get("/docs").send(),
            get("/api/auth/users/me").bearer(&ada.token).send(),
            get("/api/auth/users/me/items").bearer(&ada.token).send(),
            post("/api/auth/signup", &ada.person.json()).send(),
            post("/api/auth/signup", &wrong).send(),
            post("/api/auth/signup", &json!(large)).send(),
            post("/api/auth/signin", &ada.person.json()).send(),
            post("/api/auth/signin", &wrong).send(),
            post("/api/auth/signin", &json!([])).send(),
            form(&[("username", &nobody), ("password", "wrong")]).send(),
            form(&[("username", "nobody")]).send(),
            form(&[("username", &large), ("password", "wrong")]).send(),
        ] {
            is_described(&document, &answer);
        }
    }
}

fn the_examples_work_unchanged(target: &Target) {
    let document = read(target);
    let example = |path: &str, media_type: &str| {
        let body = &document["paths"][path]["post"]["requestBody"]["content"][media_type];
        body["example"].clone()
    };
    for path in ["/api/auth/signup", "/api/auth/signin"] {
        let answer = target.http.post_json(path, &example(path, "application/json")).send();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let fields = example("/api/auth/token", "application/x-www-form-urlencoded");
    let fields: Vec<_> = fields
        .as_object()
        .expect("fields")
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().expect("text")))
        .collect();
    assert_eq!(target.http.post_form("/api/auth/token", &fields).send().status, 200);
}

fn the_rule_for_passwords_is_the_services(target: &Target) {
    for (target, least) in [(target, 8), (target.variant(), 12)] {
        let document = read(target);
        let body = &document["paths"]["/api/auth/signup"]["post"]["requestBody"];
        let schema = &body["content"]["application/json"]["schema"]["$ref"];
        let schema = document.pointer(&schema.as_str().expect("a reference")[1..]);
        assert_eq!(schema.expect("a schema")["properties"]["password"]["minLength"], least);
    }
}

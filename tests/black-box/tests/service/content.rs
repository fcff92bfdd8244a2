//! `GET /`, and what `/api/test` answers to everyone and to signed-in users.

use serde_json::json;

use crate::check::{Check, checks};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        the_root_greets also Emulator, SamLocal;
        public_content_is_for_all also Emulator;
        public_content_is_for_bad_tokens_too also Emulator;
        user_content_is_for_users also Pooler, Emulator, SamLocal;
        a_profile_is_for_anyone_who_signed_in also Pooler, Emulator;
        what_is_not_public_needs_a_token also Emulator;
        answers_are_not_sniffed also Emulator;
        a_query_changes_nothing also Emulator;
    ]
}

fn the_root_greets(target: &Target) {
    target.http.get("/").send().is_json(200, &json!("Hello World"));
}

fn public_content_is_for_all(target: &Target) {
    target.http.get("/api/test/all").send().is_json(200, &json!("public content"));
}

fn public_content_is_for_bad_tokens_too(target: &Target) {
    target.get_as("x", "/api/test/all").is_json(200, &json!("public content"));
    target.get_as("x", "/").is_json(200, &json!("Hello World"));
}

fn user_content_is_for_users(target: &Target) {
    let answer = target.get_as(&target.ada().token, "/api/test/user");
    answer.is_json(200, &json!("user content"));
}

fn a_profile_is_for_anyone_who_signed_in(target: &Target) {
    let ada = target.ada();
    target.get_as(&ada.token, "/api/test/profile").is_json(200, &ada.person.public());
}

fn what_is_not_public_needs_a_token(target: &Target) {
    for path in ["user", "mod", "admin", "profile"] {
        target.http.get(&format!("/api/test/{path}")).send().is_unauthorized(target);
        target.get_as("x", &format!("/api/test/{path}")).is_unauthorized(target);
    }
}

fn answers_are_not_sniffed(target: &Target) {
    for path in ["/", "/api/test/all", "/api/test/user", "/api/test/profile"] {
        let answer = target.get_as(&target.ada().token, path);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let https = answer.header("strict-transport-security").expect("HSTS");
        let age = https.strip_prefix("max-age=").and_then(|age| age.parse().ok());
        assert!(age.is_some_and(|seconds: u32| seconds >= 31_536_000), "{path}: {https}");
    }
}

fn a_query_changes_nothing(target: &Target) {
    let answer = target.http.get("/api/test/all?x=1&x=2&%00=%ff&=&&role=ROLE_ADMIN").send();
    answer.is_json(200, &json!("public content"));
}

//! What the operator's settings change, at a second runner that has other ones.

use crate::check::{Check, checks};
use crate::jws::Draft;
use crate::person::Person;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_token_endpoint_that_is_off_is_not_found needs Runner;
        signing_in_works_without_the_token_endpoint needs Runner;
        the_least_length_of_a_password_is_a_setting needs Runner;
        the_allowed_origin_is_a_setting needs Runner;
        the_life_of_a_token_is_a_setting needs Runner;
        issuer_and_audience_are_settings needs Runner;
    ]
}

/// What the second runner is started with.
pub(crate) const OVERRIDES: [&str; 10] = [
    "AppName=A & \"B\" </title>",
    "TokenEndpoint=off",
    "PasswordMinLength=12",
    "AllowedOrigin=https://app.example",
    "AccessTokenSeconds=600",
    "AuthorizerCacheSeconds=300",
    "TokenIssuer=https://issuer.example",
    "TokenAudience=https://audience.example",
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
        variant.token(&fields).is_text(404, "Not Found");
    }
}

fn signing_in_works_without_the_token_endpoint(target: &Target) {
    let ada = target.variant().ada();
    let answer = target.variant().get_as(&ada.token, "/api/auth/users/me");
    answer.is_json(200, &ada.person.public());
}

fn the_least_length_of_a_password_is_a_setting(target: &Target) {
    let short = Person::new("short").with_password("eleven char");
    target.variant().signup(&short).breaks_rule("password", &["12"]);
    let enough = short.with_password("twelve chars");
    assert_eq!(target.variant().signup(&enough).status, 200);
}

fn the_allowed_origin_is_a_setting(target: &Target) {
    let variant = target.variant();
    let ask = |origin| variant.http.get("/api/test/all").header("origin", origin).send();
    let allowed = "access-control-allow-origin";
    assert_eq!(ask("https://app.example").header(allowed), Some("https://app.example"));
    assert_eq!(ask("http://localhost:3000").header(allowed), None);
    let missing = variant.http.get("/nowhere").send();
    assert_eq!(missing.header(allowed), Some("https://app.example"));
    let preflight = variant.http.request("OPTIONS", "/api/test/all").send();
    assert_eq!(preflight.header(allowed), Some("https://app.example"));
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
    // The same key, but a token for others.
    target.get_as(token, "/api/auth/users/me").is_unauthorized(target);
}

//! `POST /api/auth/introspect`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::client::{Answer, Request};
use crate::jws::Draft;
use crate::kind::Ability;
use crate::sessions::{revoke, without_session};
use crate::target::{CHEAP, Target};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_token_is_described_with_its_user_and_nothing_else also Emulator needs Introspection;
        a_service_without_the_secret_is_refused also Emulator needs Introspection;
        a_form_without_one_token_is_refused also Emulator needs Introspection;
        a_change_shows_at_once also Pooler needs Introspection Database Operator OwnKey;
        introspection_is_off_by_default needs Introspection Runner;
        the_discovery_document_names_introspection_while_it_is_on needs Introspection Runner;
    ]
}

/// The path of introspection.
const PATH: &str = "/api/auth/introspect";

/// The settings of the suite's runner.
pub(crate) const OVERRIDES: &[&str] = &[
    CHEAP,
    "AuthorizerCacheSeconds=0",
    "IntrospectionSecret=a-secret:of+this/suite=for-its-own-runner",
];

/// The secret in a runner's settings.
pub(crate) fn secret_in(overrides: &[&str]) -> Option<String> {
    let secret = overrides.iter().find_map(|it| it.strip_prefix("IntrospectionSecret="));
    secret.map(str::to_owned)
}

impl Target {
    /// The secret of introspection.
    fn introspection_secret(&self) -> &str {
        self.introspection_secret.as_ref().expect("the check lists this ability")
    }

    /// Starts a request with these credentials and this form.
    fn introspect_as<'a>(&'a self, user: &str, secret: &str, form: &[(&str, &str)]) -> Request<'a> {
        let credentials = STANDARD.encode(format!("{user}:{secret}"));
        let request = self.http.post_form(PATH, form);
        request.header("authorization", &format!("Basic {credentials}"))
    }

    /// Introspects a token.
    #[track_caller]
    pub(crate) fn introspect(&self, token: &str) -> Answer {
        let secret = self.introspection_secret();
        self.introspect_as("introspect", secret, &[("token", token)]).send()
    }

    /// Whether introspection finds the token valid, if this target can be asked. What isn't valid
    /// gets exactly one member.
    #[track_caller]
    pub(crate) fn finds_active(&self, token: &str) -> Option<bool> {
        if self.lacks(Ability::Introspection).is_some() {
            return None;
        }
        let answer = self.introspect(token);
        let is_active = answer.status == 200 && answer.json()["active"] == true;
        if !is_active {
            answer.is_json(200, &json!({ "active": false }));
        }
        Some(is_active)
    }

    /// Requests the caller's own user. Introspection has to agree with the authorizer.
    #[track_caller]
    pub(crate) fn me_as(&self, token: &str) -> Answer {
        let answer = self.get_as(token, "/api/auth/users/me");
        let is_accepted = match answer.status {
            200 => Some(true),
            401 => Some(false),
            _ => None,
        };
        if let (Some(accepted), Some(active)) = (is_accepted, self.finds_active(token)) {
            assert_eq!(active, accepted, "introspection differs: {}", answer.text());
        }
        answer
    }
}

fn a_token_is_described_with_its_user_and_nothing_else(target: &Target) {
    let person = target.signed_in("described");
    let claims = Draft::of(&person.token).claims;
    let answer = target.introspect(&person.token);
    let mut described = json!({
        "active": true, "username": person.person.username, "token_type": "Bearer",
        "roles": ["ROLE_USER"],
    });
    for name in ["sub", "client_id", "iss", "aud", "iat", "exp", "jti", "sid"] {
        if let Some(claim) = claims.get(name) {
            described[name] = claim.clone();
        }
    }
    answer.is_json(200, &described);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    // No page's origin opens it to the page's script without the secret; a service sends none.
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

fn a_service_without_the_secret_is_refused(target: &Target) {
    let (token, secret) = (&target.ada().token, target.introspection_secret());
    let form = [("token", token.as_str())];
    let cut = &secret[..secret.len() - 1];
    let post = || target.http.post_form(PATH, &form);
    for answer in [
        post().send(),
        post().bearer(token).send(),
        post().bearer(secret).send(),
        target.introspect_as("introspect", cut, &form).send(),
        target.introspect_as("introspect", "", &form).send(),
        target.introspect_as("ada", secret, &form).send(),
        target.introspect_as("introspect", cut, &[]).send(),
        target.http.post_form(&format!("{PATH}?client_secret={cut}"), &form).send(),
    ] {
        answer.is_oauth_error(401, "invalid_client");
        answer.challenges(target, r#"Basic realm="introspect", charset="UTF-8""#);
        assert!(!answer.text().contains(cut), "{}", answer.text());
    }
}

fn a_form_without_one_token_is_refused(target: &Target) {
    let (token, secret) = (target.ada().token.as_str(), target.introspection_secret());
    let send = |form: &[(&str, &str)]| target.introspect_as("introspect", secret, form).send();
    for form in [
        &[][..],
        &[("token", "")],
        &[("access_token", token)],
        &[("token", token), ("token", token)],
        &[("token", token), ("token", "")],
    ] {
        send(form).is_oauth_error(400, "invalid_request");
    }
    // A hint has no effect, whatever it is (RFC 7662 §2.1).
    for hint in ["access_token", "refresh_token", "x", ""] {
        let answer = send(&[("token_type_hint", hint), ("token", token)]);
        assert_eq!(answer.json()["active"], true, "{hint}");
    }
    let request = target.introspect_as("introspect", secret, &[]);
    let json = request.header("content-type", "application/json").body("{\"token\":\"x\"}");
    assert!(matches!(json.send().status, 400 | 415));
}

fn a_change_shows_at_once(target: &Target) {
    let [person, gone] = ["changed", "gone"].map(|stem| target.signed_in(stem));
    let report = || target.introspect(&person.token).json();
    assert_eq!(report()["roles"], json!(["ROLE_USER"]));
    target.operator().grant(&person.person.username, "ROLE_ADMIN");
    assert_eq!(report()["roles"], json!(["ROLE_USER", "ROLE_ADMIN"]));
    let ended = without_session(target, &person.token, "introspected");
    assert_eq!(target.finds_active(&ended), Some(true));
    revoke(target, &ended, &json!({ "which": "current" })).is_json(200, &json!({ "ended": 1 }));
    assert_eq!(target.finds_active(&ended), Some(false));
    assert_eq!(target.finds_active(&person.token), Some(true));
    revoke(target, &person.token, &json!({ "which": "all" }));
    assert_eq!(target.finds_active(&person.token), Some(false));
    assert_eq!(target.finds_active(&gone.token), Some(true));
    target.database().delete(&gone.person.username);
    assert_eq!(target.finds_active(&gone.token), Some(false));
}

fn introspection_is_off_by_default(target: &Target) {
    let off = target.variant();
    for secret in [target.introspection_secret(), ""] {
        let form = [("token", off.ada().token.as_str())];
        off.introspect_as("introspect", secret, &form).send().says(off, 404, "Not Found");
    }
    let document = off.http.get(crate::discovery::OPENID).send().json();
    assert_eq!(document.get("introspection_endpoint"), None);
}

fn the_discovery_document_names_introspection_while_it_is_on(target: &Target) {
    let document = target.http.get(crate::discovery::OPENID).send().json();
    let address = document["introspection_endpoint"].as_str().expect("an address");
    assert_eq!(address, format!("{}{PATH}", target.http.base()));
    let methods: &Value = &document["introspection_endpoint_auth_methods_supported"];
    assert_eq!(methods, &json!(["client_secret_basic"]));
}

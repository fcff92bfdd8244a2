//! `GET /api/auth/sessions` and `POST /api/auth/sessions/revoke`.

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::expectation::{INVALID_TOKEN, NO_CREDENTIALS};
use crate::jws::Draft;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        sessions_are_named_by_exactly_one_field also Pooler, Emulator;
        a_token_is_needed also Emulator;
        a_token_without_a_session_ends_itself_alone also Pooler, Emulator needs OwnKey;
        what_is_over_lists_and_revokes_nothing_whatever_policy_is_kept also Emulator needs CachedPolicies OwnKey;
    ]
}

/// The path of the list.
pub(crate) const LIST: &str = "/api/auth/sessions";

/// The path of the end of sessions.
pub(crate) const REVOKE: &str = "/api/auth/sessions/revoke";

/// Ends sessions by a body.
#[track_caller]
pub(crate) fn revoke(target: &Target, token: &str, body: &Value) -> Answer {
    target.http.post_json(REVOKE, body).bearer(token).send()
}

/// Asserts that a function refuses the token, whatever policy the gateway has.
#[track_caller]
pub(crate) fn is_refused_by_the_function(answer: &Answer, target: &Target) {
    answer.says(target, 401, NO_CREDENTIALS);
    answer.challenges(target, INVALID_TOKEN);
}

fn sessions_are_named_by_exactly_one_field(target: &Target) {
    let token = &target.signed_in("named").token;
    let id = "019ab4d0-7c00-7cc3-98c4-dc0c0c07398f";
    for (body, kind, location) in [
        (json!({}), "value_error", json!(["body"])),
        (json!({ "id": null, "which": null }), "value_error", json!(["body"])),
        (json!({ "id": id, "which": "others" }), "value_error", json!(["body"])),
        (json!({ "id": "" }), "uuid_parsing", json!(["body", "id"])),
        (json!({ "id": "x" }), "uuid_parsing", json!(["body", "id"])),
        (json!({ "id": format!("{{{id}}}") }), "uuid_parsing", json!(["body", "id"])),
        (json!({ "id": id.replace('-', "") }), "uuid_parsing", json!(["body", "id"])),
        (json!({ "id": 7 }), "string_type", json!(["body", "id"])),
        (json!({ "id": [id] }), "string_type", json!(["body", "id"])),
        (json!({ "which": "Others" }), "literal_error", json!(["body", "which"])),
        (json!({ "which": "" }), "literal_error", json!(["body", "which"])),
        (json!({ "which": true }), "string_type", json!(["body", "which"])),
        (json!({ "id": "x", "which": "all" }), "uuid_parsing", json!(["body", "id"])),
        (json!([]), "model_attributes_type", json!(["body"])),
    ] {
        let answer = revoke(target, token, &body);
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        let detail = &answer.json()["detail"][0];
        assert_eq!((&detail["type"], &detail["loc"]), (&json!(kind), &location), "{body}");
    }
    // An id of another version, or of no session.
    for id in [id, "D2719D8E-3C4D-4F5A-9B6C-7D8E9F0A1B2C", "00000000-0000-0000-0000-000000000000"] {
        revoke(target, token, &json!({ "id": id })).is_json(200, &json!({ "ended": 0 }));
    }
}

fn a_token_is_needed(target: &Target) {
    for request in
        [target.http.get(LIST), target.http.post_json(REVOKE, &json!({ "which": "all" }))]
    {
        request.send().is_unauthorized(target);
    }
}

/// A token like this one, but without a session.
pub(crate) fn without_session(target: &Target, token: &str, jti: &str) -> String {
    let draft = Draft::of(token).no_claim("sid").no_claim("gen");
    draft.claim("jti", jti).sign(target.key())
}

fn a_token_without_a_session_ends_itself_alone(target: &Target) {
    let person = target.signed_in("alone");
    let [ended, other] = ["ended", "other"].map(|jti| without_session(target, &person.token, jti));
    revoke(target, &ended, &json!({ "which": "current" })).is_json(200, &json!({ "ended": 1 }));
    for path in [LIST, "/api/auth/users/me"] {
        target.get_as(&ended, path).is_unauthorized(target);
        for goes_on in [&other, &person.token] {
            assert_eq!(target.get_as(goes_on, path).status, 200, "{path}");
        }
    }
}

fn what_is_over_lists_and_revokes_nothing_whatever_policy_is_kept(target: &Target) {
    let target = target.caching();
    let person = target.signed_in("kept");
    let token = without_session(target, &person.token, "kept");
    assert_eq!(target.get_as(&token, LIST).status, 200);
    revoke(target, &token, &json!({ "which": "current" })).is_json(200, &json!({ "ended": 1 }));
    is_refused_by_the_function(&target.get_as(&token, LIST), target);
    for which in ["current", "others", "all"] {
        let answer = revoke(target, &token, &json!({ "which": which }));
        is_refused_by_the_function(&answer, target);
    }
    assert_eq!(target.get_as(&person.token, LIST).status, 200);
    // The gateway's policy still opens what asks no database.
    assert_eq!(target.get_as(&token, "/api/auth/users/me").status, 200);
}

//! `GET /api/auth/sessions` and `POST /api/auth/sessions/revoke`.

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::expectation::{INVALID_TOKEN, NO_CREDENTIALS};
use crate::jws::Draft;
use crate::signout::Started;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        sessions_are_named_by_exactly_one_field also Pooler, Emulator;
        a_token_is_needed also Emulator;
        the_list_has_the_callers_sessions_and_each_ends_by_its_id also Pooler, Emulator;
        the_others_and_all_end_and_what_has_no_session_with_them also Pooler, Emulator needs OwnKey;
        one_user_neither_lists_nor_ends_anothers_sessions also Emulator;
        a_session_ended_by_reuse_is_listed_with_its_end needs Database;
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

/// The sessions that a token lists.
#[track_caller]
fn listed(target: &Target, token: &str) -> Vec<Value> {
    let answer = target.get_as(token, LIST);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["more"], 0);
    body["sessions"].as_array().expect("sessions").clone()
}

/// The id of a token's session.
fn id_of(token: &str) -> String {
    Draft::of(token).text("sid").to_owned()
}

/// Whether it is an RFC 3339 time of this century, in whole seconds of UTC.
fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == 20 && text.starts_with("20") && text.contains('T') && text.ends_with('Z')
}

fn the_list_has_the_callers_sessions_and_each_ends_by_its_id(target: &Target) {
    let person = target.signed_up("listing");
    let [first, second] = [(); 2].map(|()| Started::by(target, &person));
    let alone = target.token_of(&person);
    let sessions = listed(target, &first.access);
    let names = ["id", "current", "kind", "created_at", "last_used_at", "expires_at", "ended_at"];
    let names = [&names[..], &["user_agent", "ip_prefix"]].concat();
    for (token, kind) in [(&first.access, "token"), (&second.access, "token"), (&alone, "access")] {
        let id = id_of(token);
        let session = sessions.iter().find(|it| it["id"] == *id).expect("it is listed");
        let members = session.as_object().expect("an object");
        assert!(members.keys().all(|it| names.contains(&&**it)), "{session}");
        assert_eq!((members.len(), &session["kind"]), (names.len(), &json!(kind)));
        assert_eq!(session["current"], token == &first.access);
        let times = ["created_at", "last_used_at", "expires_at"].map(|name| &session[name]);
        assert!(times.into_iter().all(is_time) && session["ended_at"].is_null(), "{session}");
        assert_eq!(session["user_agent"], "black-box");
        let prefix = session["ip_prefix"].as_str().expect("a prefix");
        assert!(prefix.ends_with("/24") || prefix.ends_with("/48"), "{session}");
    }
    assert_eq!(sessions.len(), 3);
    // In either case, and once.
    for (id, ended) in [(id_of(&second.access).to_uppercase(), 1), (id_of(&second.access), 0)] {
        let answer = revoke(target, &first.access, &json!({ "id": id }));
        answer.is_json(200, &json!({ "ended": ended }));
        target.get_as(&second.access, LIST).is_unauthorized(target);
    }
    assert_eq!(listed(target, &first.access).len(), 2);
    // The caller's own, by its id and by the word.
    for (token, body) in [
        (&first.access, json!({ "id": id_of(&first.access) })),
        (&alone, json!({ "which": "current" })),
    ] {
        assert!(listed(target, &alone).iter().any(|it| it["id"] == *id_of(token)));
        revoke(target, token, &body).is_json(200, &json!({ "ended": 1 }));
        target.get_as(token, LIST).is_unauthorized(target);
        target.get_as(token, "/api/auth/users/me").is_unauthorized(target);
    }
}

fn the_others_and_all_end_and_what_has_no_session_with_them(target: &Target) {
    let person = target.signed_up("others");
    let [mine, one, another] = [(); 3].map(|()| Started::by(target, &person));
    let alone = without_session(target, &mine.access, "others");
    assert_eq!(target.get_as(&alone, LIST).status, 200);
    let others = revoke(target, &mine.access, &json!({ "which": "others" }));
    others.is_json(200, &json!({ "ended": 2 }));
    let go_on = [&mine, &one, &another].map(|it| it.goes_on(target));
    assert_eq!(go_on, [true, false, false]);
    target.get_as(&alone, LIST).is_unauthorized(target);
    let later = Started::by(target, &person);
    let all = revoke(target, &mine.access, &json!({ "which": "all" }));
    all.is_json(200, &json!({ "ended": 2 }));
    assert!(!mine.goes_on(target) && !later.goes_on(target));
    assert!(Started::by(target, &person).goes_on(target));
}

fn one_user_neither_lists_nor_ends_anothers_sessions(target: &Target) {
    let [mine, theirs] =
        ["mine", "theirs"].map(|stem| Started::by(target, &target.signed_up(stem)));
    assert_eq!(listed(target, &mine.access).len(), 1);
    let foreign = revoke(target, &mine.access, &json!({ "id": id_of(&theirs.access) }));
    let unknown = json!({ "id": "D2719D8E-3C4D-4F5A-9B6C-7D8E9F0A1B2C" });
    let unknown = revoke(target, &mine.access, &unknown);
    assert_eq!((foreign.status, &foreign.body), (200, &unknown.body));
    for which in ["others", "all"] {
        revoke(target, &mine.access, &json!({ "which": which }));
    }
    assert!(theirs.goes_on(target));
}

fn a_session_ended_by_reuse_is_listed_with_its_end(target: &Target) {
    let person = target.signed_up("stolen");
    let [mine, stolen] = [(); 2].map(|()| Started::by(target, &person));
    let id = id_of(&stolen.access);
    let mark = "UPDATE sign_ins SET reused_at = now() WHERE id::text = $1";
    target.database().query(mark, &[&id]);
    assert!(!stolen.goes_on(target));
    let find = || listed(target, &mine.access).into_iter().find(|it| it["id"] == *id);
    assert!(is_time(&find().expect("it is listed")["ended_at"]));
    // A sign-out by it leaves it in the list; the user may remove it.
    let body = json!({ "refresh_token": stolen.refresh });
    assert_eq!(target.http.post_json("/api/auth/signout", &body).send().status, 204);
    assert!(find().is_some());
    revoke(target, &mine.access, &json!({ "id": id })).is_json(200, &json!({ "ended": 1 }));
    assert!(find().is_none());
}

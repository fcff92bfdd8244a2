//! `POST /api/auth/revoke` (RFC 7009).

use serde_json::json;

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::jws::{Draft, Key};
use crate::sessions::without_session;
use crate::signout::Started;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_token_of_either_kind_ends_its_session_alone_and_twice also Pooler, Emulator;
        any_other_token_is_answered_likewise_and_ends_nothing also Emulator;
        an_expired_or_sessionless_access_token_is_revoked needs OwnKey;
        a_request_without_a_token_is_refused also Emulator, SamLocal;
        discovery_names_the_address also Emulator;
    ]
}

const REVOKE: &str = "/api/auth/revoke";
const ME: &str = "/api/auth/users/me";

#[track_caller]
fn revoke(target: &Target, fields: &[(&str, &str)]) -> Answer {
    for (_, value) in fields.iter().filter(|(name, _)| *name == "token") {
        target.secrets.add_token(value);
    }
    target.http.post_form(REVOKE, fields).send()
}

#[track_caller]
fn is_done(answer: &Answer) {
    assert_eq!((answer.status, answer.text().as_str()), (200, ""), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("set-cookie"), None);
}

fn a_token_of_either_kind_ends_its_session_alone_and_twice(target: &Target) {
    let person = target.signed_up("revoking");
    let other = Started::by(target, &person);
    for (is_refresh, hint) in [
        (true, None),
        (false, None),
        (true, Some("refresh_token")),
        (true, Some("access_token")),
        (false, Some("access_token")),
        (false, Some("refresh_token")),
        (true, Some("id_token")),
        (false, Some("")),
    ] {
        let it = Started::by(target, &person);
        let token = if is_refresh { &it.refresh } else { &it.access };
        let hint = hint.map(|hint| ("token_type_hint", hint));
        let fields: Vec<_> = [("token", token.as_str())].into_iter().chain(hint).collect();
        for _ in 0..2 {
            is_done(&revoke(target, &fields));
            assert!(!it.goes_on(target), "{fields:?}");
        }
    }
    // Of any age, and in a multipart form.
    let it = Started::by(target, &person);
    let old = format!("{}A", &it.refresh[..89]);
    let old = if old == it.refresh { format!("{}Q", &it.refresh[..89]) } else { old };
    let part =
        format!("--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{old}\r\n--x--");
    is_done(&target.http.post(REVOKE, "multipart/form-data; boundary=x", part).send());
    assert!(!it.goes_on(target) && other.goes_on(target));
}

fn any_other_token_is_answered_likewise_and_ends_nothing(target: &Target) {
    let it = Started::by(target, &target.signed_up("kept"));
    let at = 30;
    let other = if &it.refresh[at..=at] == "A" { "B" } else { "A" };
    for token in [
        "x",
        "\u{e9}",
        &it.refresh[..89],
        &format!("{}{other}{}", &it.refresh[..at], &it.refresh[at + 1..]),
        &Draft::of(&it.access).sign(&Key::stranger()),
        &format!("{}x", it.access),
        &"x".repeat(10_000),
    ] {
        is_done(&revoke(target, &[("token", token)]));
    }
    // What isn't in the form doesn't count.
    let query = format!("{REVOKE}?token={}", it.refresh);
    let answer = target.http.post_form(&query, &[("token", "x")]).bearer(&it.access).send();
    is_done(&answer);
    assert!(it.goes_on(target));
}

fn an_expired_or_sessionless_access_token_is_revoked(target: &Target) {
    let it = Started::by(target, &target.signed_up("expired"));
    let draft = Draft::of(&it.access);
    let issued = draft.number("iat") - 90_000;
    let expired = draft.claim("iat", issued).claim("exp", issued + 60).sign(target.key());
    let alone = without_session(target, &it.access, "revoked");
    is_done(&revoke(target, &[("token", &alone)]));
    target.get_as(&alone, ME).is_unauthorized(target);
    assert!(it.goes_on(target));
    is_done(&revoke(target, &[("token", &expired)]));
    assert!(!it.goes_on(target));
}

fn a_request_without_a_token_is_refused(target: &Target) {
    for fields in [
        &[][..],
        &[("token", "")],
        &[("token_type_hint", "refresh_token")],
        &[("token", "x"), ("token", "x")],
    ] {
        let answer = revoke(target, fields);
        assert_eq!((answer.status, answer.media_type()), (400, "application/json"), "{fields:?}");
        assert_eq!(answer.json()["error"], "invalid_request", "{fields:?}");
    }
    let answer = target.http.post_json(REVOKE, &json!({ "token": "x" })).send();
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")));
}

fn discovery_names_the_address(target: &Target) {
    let document = target.http.get("/.well-known/oauth-authorization-server").send();
    if document.status == 200 {
        let document = document.json();
        let issuer = document["issuer"].as_str().expect("an issuer");
        assert_eq!(document["revocation_endpoint"], format!("{issuer}{REVOKE}"));
    }
}

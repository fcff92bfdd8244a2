//! The bodies with which secrets are used.

use serde_json::{Value, json};

use super::uses::{CHANGE, RESET, VERIFY, new_address};
use super::{FORGOT, REQUEST_VERIFY};
use crate::account::fresh;
use crate::check::{Check, checks};
use crate::target::Target;

pub(super) fn checks() -> Vec<Check> {
    checks![
        another_form_is_no_link_and_is_answered_alike also Emulator needs Mails;
        a_body_has_either_a_token_or_a_code also Emulator needs Mails;
        an_address_has_at_most_254_bytes also Emulator needs Mails;
        a_bad_secret_is_found_after_a_bad_password needs Mails;
        further_fields_are_ignored needs Mails;
        a_body_that_is_too_large_or_no_json_is_refused also Emulator needs Mails;
        what_was_sent_is_not_echoed also Emulator needs Mails;
    ]
}

const BOTH: [&str; 2] = [RESET, VERIFY];

fn another_form_is_no_link_and_is_answered_alike(target: &Target) {
    let person = target.signed_up("form");
    let mail = target.reset_mail(&person);
    let token = mail.token();
    let other = if token.ends_with('A') { "Q" } else { "A" };
    let wrong = format!("{}{other}", &token[..42]);
    for bad in [
        "",
        "x",
        &token[1..],
        &format!("{token}="),
        &format!("{token}A"),
        &format!(" {token}"),
        &format!("{token}\n"),
        &token.to_lowercase(),
        &format!("{}+", &token[..42]),
        &format!("{}\0", &token[..42]),
        &format!("{}\u{e9}", &token[..41]),
        &"A".repeat(60_000),
        &wrong,
    ] {
        target.reset(&json!({ "token": bad }), &fresh()).is_void(target);
        target.verify(&json!({ "token": bad })).is_void(target);
    }
    assert!(target.is_good(&mail.by_link(), &person));
}

fn a_body_has_either_a_token_or_a_code(target: &Target) {
    let person = target.signed_up("either");
    let mail = target.reset_mail(&person);
    let (token, code, email) = (mail.token(), mail.code(), &person.email);
    let of_token = "value_error";
    for (body, kind, field) in [
        (json!({}), of_token, "token"),
        (json!({ "email": email }), of_token, "token"),
        (json!({ "token": null, "code": null, "email": null }), of_token, "token"),
        (json!({ "token": token, "code": code, "email": email }), of_token, "token"),
        (json!({ "token": token, "code": "" }), of_token, "token"),
        (json!({ "token": "", "code": code }), of_token, "token"),
        (json!({ "code": code }), "missing", "email"),
        (json!({ "code": code, "email": null }), "string_type", "email"),
        (json!({ "code": code, "email": "" }), "value_error", "email"),
        (json!({ "code": code, "email": "ada" }), "value_error", "email"),
        (json!({ "code": code, "email": "a\0@mail.example" }), "value_error", "email"),
        (json!({ "code": 7, "email": email }), "string_type", "code"),
        (json!({ "token": 7 }), "string_type", "token"),
        (json!({ "token": [token] }), "string_type", "token"),
    ] {
        let expected = [(kind, json!(["body", field]))];
        target.reset(&body, &fresh()).is_invalid(&expected);
        target.verify(&body).is_invalid(&expected);
    }
    // A field that is null is not there.
    let link = json!({ "token": token, "code": null, "email": null });
    assert!(target.is_good(&link, &person));
    let code = json!({ "token": null, "code": code, "email": email });
    assert!(target.is_good(&code, &person));
}

fn an_address_has_at_most_254_bytes(target: &Target) {
    let local = "a".repeat(254 - "@mail.example".len());
    let [fits, is_long] = [&local, &format!("{local}a")].map(|it| format!("{it}@mail.example"));
    let someone = target.signed_in("long");
    for (email, is_refused) in [(&fits, false), (&is_long, true)] {
        let body = json!({
            "email": email, "code": "0000-0000", "password": someone.person.password,
        });
        for (path, otherwise) in
            [(RESET, 400), (VERIFY, 400), (CHANGE, 202), (FORGOT, 202), (REQUEST_VERIFY, 202)]
        {
            let request = target.http.post_json(path, &body).bearer(&someone.token);
            let answer = request.send();
            if is_refused {
                answer.is_invalid(&[("value_error", json!(["body", "email"]))]);
            } else {
                assert_eq!(answer.status, otherwise, "{path}: {}", answer.text());
            }
        }
    }
}

fn a_bad_secret_is_found_after_a_bad_password(target: &Target) {
    let short = ("string_too_short", json!(["body", "password"]));
    target.reset(&json!({ "token": "x" }), "short").is_invalid(std::slice::from_ref(&short));
    let neither = ("value_error", json!(["body", "token"]));
    target.reset(&json!({}), "short").is_invalid(&[neither, short]);
    let answer = target.http.post_json(RESET, &json!({ "token": "x" })).send();
    answer.is_invalid(&[("missing", json!(["body", "password"]))]);
}

fn further_fields_are_ignored(target: &Target) {
    let [person, other] = [(); 2].map(|()| target.signed_up("further"));
    let with_more = |mut body: Value| {
        body["username"] = json!(other.username);
        body["user_id"] = json!(1);
        body["purpose"] = json!("change");
        body["email"] = json!(other.email);
        body
    };
    let verify = with_more(target.verify_mail(&person).by_link());
    target.verify(&verify).is_json(200, &person.public());
    let new = fresh();
    target.reset(&with_more(target.reset_mail(&person).by_link()), &new).is_reset();
    assert_eq!(target.signin(&person.username, &new).status, 200);
    assert_eq!(target.signin(&other.username, &other.password).status, 200);
}

fn a_body_that_is_too_large_or_no_json_is_refused(target: &Target) {
    for path in BOTH {
        let send = |media_type: &str, body: String| target.http.post(path, media_type, body).send();
        assert_eq!(send("application/json", "x".repeat(70_000)).status, 413);
        for (media_type, body) in [
            ("application/json", ""),
            ("application/json", "{"),
            ("application/json", "[]"),
            ("application/json", "null"),
            ("application/json", r#"{"token":"\ud800","password":"long enough for it"}"#),
            ("application/x-www-form-urlencoded", "token=x&password=long+enough+for+it"),
            ("text/plain", r#"{"token":"x","password":"long enough for it"}"#),
        ] {
            assert_eq!(send(media_type, body.to_owned()).status, 422, "{media_type} {body}");
        }
    }
}

fn what_was_sent_is_not_echoed(target: &Target) {
    let marker = "MARKER-of-7f3a";
    let address = format!("{marker}-{}", new_address());
    for secret in [
        json!({ "token": marker }),
        json!({ "token": marker, "code": marker }),
        json!({ "code": marker, "email": marker }),
        json!({ "code": marker, "email": address }),
        json!({ "code": "0000-0000", "email": address }),
    ] {
        for answer in
            [target.verify(&secret), target.reset(&secret, marker), target.reset(&secret, &fresh())]
        {
            answer.is_refused();
            assert!(!answer.text().to_lowercase().contains("marker-of"), "{}", answer.text());
            assert!(!format!("{:?}", answer.headers).to_lowercase().contains("marker-of"));
        }
    }
}

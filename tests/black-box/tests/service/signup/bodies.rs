//! Bodies that are too large, too deep, or not text, at all three addresses that read one.

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::signup::SIGNUP;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_body_of_64_kib_is_read also Emulator;
        a_larger_body_is_413 also Emulator;
        a_body_past_the_limits_of_lambda_is_413 needs GatewayWords;
        a_larger_body_is_413_whatever_it_holds;
        json_a_thousand_deep_is_refused;
        json_thousands_deep_is_refused also Emulator;
        json_deep_in_a_field_is_refused;
        invalid_utf8_is_refused needs BinaryBodies LossyText;
        invalid_utf8_in_a_form_is_refused also SamLocal needs BinaryBodies;
        a_form_of_no_utf8_once_decoded_is_refused also Emulator;
        binary_rubbish_is_refused needs BinaryBodies LossyText;
    ]
}

const SIGNIN: &str = "/api/auth/signin";
const TOKEN: &str = "/api/auth/token";
const FORM: &str = "application/x-www-form-urlencoded";
const LIMIT: usize = 64 * 1024;

fn json(target: &Target, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    target.http.post(path, "application/json", body).send()
}

/// A JSON object of `length` bytes without the required fields.
fn padded(length: usize) -> String {
    let start = r#"{"x":""#;
    format!("{start}{}\"}}", "x".repeat(length - start.len() - 2))
}

fn a_body_of_64_kib_is_read(target: &Target) {
    assert_eq!(json(target, SIGNUP, padded(LIMIT)).details().len(), 3);
    assert_eq!(json(target, SIGNIN, padded(LIMIT)).details().len(), 2);
    let form = format!("x={}", "x".repeat(LIMIT - 2));
    target.http.post(TOKEN, FORM, form).send().is_oauth_error(400, "invalid_request");
}

fn a_larger_body_is_413(target: &Target) {
    json(target, SIGNUP, padded(LIMIT + 1)).is_text(413, "Payload Too Large");
    json(target, SIGNIN, padded(LIMIT + 1)).is_text(413, "Payload Too Large");
    let form = format!("x={}", "x".repeat(LIMIT - 1));
    assert_eq!(target.http.post(TOKEN, FORM, form).send().status, 413);
}

fn a_larger_body_is_413_whatever_it_holds(target: &Target) {
    for body in ["[".repeat(LIMIT + 1), "x".repeat(200_000), "\0".repeat(LIMIT + 1)] {
        for media_type in ["application/json", "text/plain", FORM] {
            for path in [SIGNUP, SIGNIN, TOKEN] {
                let answer = target.http.post(path, media_type, body.clone()).send();
                assert_eq!(answer.status, 413, "{path} {media_type} {body:.9}: {}", answer.text());
            }
        }
    }
}

fn a_body_past_the_limits_of_lambda_is_413(target: &Target) {
    const MEGABYTE: usize = 1024 * 1024;
    for megabytes in [5, 7, 11] {
        let answer = json(target, SIGNUP, padded(megabytes * MEGABYTE));
        answer.is_text(413, "Payload Too Large");
    }
}

fn deep(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

fn json_a_thousand_deep_is_refused(target: &Target) {
    for path in [SIGNUP, SIGNIN] {
        json(target, path, deep(1000)).is_refused();
        json(target, path, r#"{"a":"#.repeat(1000) + "1" + &"}".repeat(1000)).is_refused();
        json(target, path, "[".repeat(1000)).is_refused();
    }
}

fn json_thousands_deep_is_refused(target: &Target) {
    for path in [SIGNUP, SIGNIN] {
        json(target, path, deep(LIMIT / 2)).is_refused();
        json(target, path, "[".repeat(LIMIT)).is_refused();
        json(target, path, r#"{"a":"#.repeat(LIMIT / 5)).is_refused();
    }
}

fn json_deep_in_a_field_is_refused(target: &Target) {
    for levels in [1000, 20_000] {
        let body =
            r#"{"username":DEEP,"password":DEEP,"email":DEEP}"#.replace("DEEP", &deep(levels));
        for path in [SIGNUP, SIGNIN] {
            json(target, path, body.clone()).is_refused();
        }
    }
}

/// Invalid UTF-8: a lone byte, an overlong encoding, a surrogate, a truncated sequence.
const NO_UTF8: [&[u8]; 5] =
    [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82", b"\xf5\x80\x80\x80"];

fn invalid_utf8_is_refused(target: &Target) {
    for odd in NO_UTF8 {
        for field in ["username", "password", "email", "x"] {
            let body = serde_json::json!({
                "username": "u", "email": "e@mail.example", "password": "long enough", field: "ODD",
            });
            let text = body.to_string();
            let (head, tail) = text.split_once("ODD").expect("the marker");
            let body = [head.as_bytes(), odd, tail.as_bytes()].concat();
            for path in [SIGNUP, SIGNIN] {
                let answer = json(target, path, body.clone());
                assert_eq!(answer.status, 422, "{path} {field}: {}", answer.text());
                answer.details();
            }
        }
    }
}

fn invalid_utf8_in_a_form_is_refused(target: &Target) {
    for odd in NO_UTF8 {
        for (head, tail) in [
            (&b"username=ada&password="[..], &b"&grant_type=password"[..]),
            (b"username=", b"&password=long+enough"),
        ] {
            let answer = target.http.post(TOKEN, FORM, [head, odd, tail].concat()).send();
            answer.is_oauth_error(400, "invalid_request");
        }
    }
}

fn a_form_of_no_utf8_once_decoded_is_refused(target: &Target) {
    for odd in ["%ff", "%C0%80", "%ed%a0%80", "%e2%82", "%00", "a%00b"] {
        for body in [
            format!("username=ada&password=long+enough{odd}"),
            format!("username=ada{odd}&password=long+enough"),
        ] {
            target.http.post(TOKEN, FORM, body).send().is_oauth_error(400, "invalid_request");
        }
    }
}

fn binary_rubbish_is_refused(target: &Target) {
    let rubbish: Vec<u8> = (0..=255).cycle().take(2048).collect();
    for path in [SIGNUP, SIGNIN, TOKEN] {
        for media_type in ["application/json", FORM, "multipart/form-data; boundary=x", "image/png"]
        {
            target.http.post(path, media_type, rubbish.clone()).send().is_refused();
        }
    }
}

//! What a request for a mail is answered.

use serde_json::json;

use super::{FORGOT, ROUTES};
use crate::check::{Check, checks};
use crate::client::Answer;
use crate::person::Person;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        every_address_has_one_answer also Pooler, Emulator needs Mails Database;
        a_client_of_fastapi_users_goes_on also Emulator needs Mails;
        what_is_no_address_is_refused also Emulator needs Mails;
        an_address_of_254_bytes_is_the_longest needs Mails;
        what_is_no_json_object_is_refused also Emulator needs Mails;
        a_larger_body_is_413 also Emulator needs Mails;
        another_method_is_not_found needs Mails GatewayWords;
        what_was_sent_is_not_echoed also Emulator needs Mails;
    ]
}

/// Addresses of each kind: of users, of nobody, of no mailbox.
fn addresses(target: &Target) -> Vec<String> {
    let unique = |text: &str| text.replace('N', &Person::new("n").username);
    let disabled = target.signed_up("disabled");
    let disable = "UPDATE users SET disabled_at = now() WHERE username = $1";
    target.database().query(disable, &[&disabled.username]);
    let of_users = [target.signed_up("asks").email, target.verified("asks").email, disabled.email];
    let adopted = ["a b@N.example", "N@x\r\nBcc: eve@mail.example", "@N"].map(unique);
    for address in &adopted {
        target.adopted(address);
    }
    let of_nobody = [
        "N@mail.example",
        "N@b\u{fc}cher.example",
        "\u{131}N@mail.example",
        "N@mail.example, eve@mail.example",
        "\"N x\"@mail.example",
        "N@",
        "<script>N@mail.example",
        "N'; DROP TABLE mails; --@mail.example",
    ];
    let longest = format!("{}@mail.example", unique("N").repeat(20));
    let longest = longest[longest.len() - 254..].to_owned();
    [&of_users[..], &adopted, &of_nobody.map(unique), &[longest]].concat()
}

fn every_address_has_one_answer(target: &Target) {
    for (route, _) in ROUTES {
        let ask = |address: &String| target.ask(route, address);
        let answers: Vec<_> = addresses(target).iter().map(ask).collect();
        for answer in &answers {
            assert_eq!((answer.status, answer.text().as_str()), (202, "null"), "{answer:?}");
            assert_eq!(answer.media_type(), "application/json");
            assert_eq!(answer.lasting(), answers[0].lasting());
        }
        assert_eq!(answers[0].header("set-cookie"), None);
    }
}

fn a_client_of_fastapi_users_goes_on(target: &Target) {
    let address = Person::new("nobody").email;
    for (route, _) in ROUTES {
        for body in [json!({ "email": address }), json!({ "email": address, "more": [1] })] {
            target.http.post_json(route, &body).send().is_json(202, &json!(null));
        }
        // It has no form.
        let fields = [("email", address.as_str())];
        assert_eq!(target.http.post_form(route, &fields).send().status, 422);
    }
}

fn what_is_no_address_is_refused(target: &Target) {
    let email = json!(["body", "email"]);
    for (route, _) in ROUTES {
        let ask = |body| target.http.post_json(route, &body).send();
        ask(json!({})).is_invalid(&[("missing", email.clone())]);
        ask(json!({ "Email": "ada@mail.example" })).is_invalid(&[("missing", email.clone())]);
        for odd in [json!(null), json!(1), json!(true), json!(["ada@mail.example"]), json!({})] {
            ask(json!({ "email": odd })).is_invalid(&[("string_type", email.clone())]);
        }
        for text in ["", "ada", "ada.mail.example", " ", "ada\u{ff20}mail.example"] {
            ask(json!({ "email": text })).breaks_rule("email", &[]);
        }
        for text in ["\0", "\0@mail.example", "ada@mail.example\0", "a\0da@mail.example"] {
            ask(json!({ "email": text })).breaks_rule("email", &[]);
        }
        let surrogate = r#"{"email":"a\ud800@mail.example"}"#;
        target.http.post(route, "application/json", surrogate).send().is_refused();
    }
}

fn an_address_of_254_bytes_is_the_longest(target: &Target) {
    let of_length = |length: usize| "a".repeat(length - 13) + "@mail.example";
    for (route, _) in ROUTES {
        for length in [255, 300, 60_000] {
            target.ask(route, &of_length(length)).breaks_rule("email", &["254"]);
        }
        // In bytes, not in characters.
        target.ask(route, &("\u{fc}".repeat(121) + "@mail.example")).breaks_rule("email", &["254"]);
        assert_eq!(target.ask(route, &of_length(254)).status, 202);
    }
}

fn what_is_no_json_object_is_refused(target: &Target) {
    let post = |route, media_type, body: &str| target.http.post(route, media_type, body).send();
    for (route, _) in ROUTES {
        post(route, "application/json", "").is_invalid(&[("missing", json!(["body"]))]);
        post(route, "", "").is_invalid(&[("missing", json!(["body"]))]);
        for body in ["[]", "\"ada@mail.example\"", "null", "3"] {
            let object = [("model_attributes_type", json!(["body"]))];
            post(route, "application/json", body).is_invalid(&object);
        }
        for body in ["{", "nope", r#"{"email":"ada@mail.example""#] {
            post(route, "application/json", body).is_refused();
        }
        for media_type in ["text/plain", "", "application/x-www-form-urlencoded"] {
            let body = r#"{"email":"ada@mail.example"}"#;
            assert_eq!(post(route, media_type, body).status, 422, "{media_type:?}");
        }
    }
}

fn a_larger_body_is_413(target: &Target) {
    let large = json!({ "email": "ada@mail.example", "x": "x".repeat(64 * 1024) });
    for (route, _) in ROUTES {
        target.http.post_json(route, &large).send().is_text(413, "Payload Too Large");
    }
}

fn another_method_is_not_found(target: &Target) {
    for (route, _) in ROUTES {
        for method in ["GET", "PUT", "DELETE", "PATCH", "post"] {
            target.http.request(method, route).send().is_text(404, "Not Found");
        }
        assert_eq!(target.http.request("HEAD", route).send().status, 404);
    }
    let further = format!("{FORGOT}/x");
    target.http.post_json(&further, &json!({})).send().is_text(404, "Not Found");
}

fn what_was_sent_is_not_echoed(target: &Target) {
    let echoes =
        |answer: &Answer| format!("{:?}{}", answer.headers, answer.text()).contains("Quagga");
    for (route, _) in ROUTES {
        for body in [
            json!({ "email": "Quagga" }),
            json!({ "email": ["Quagga"], "Quagga": "Quagga" }),
            json!({ "email": "Quagga@mail.example\0" }),
            json!({ "email": "Quagga@mail.example" }),
            json!(["Quagga"]),
        ] {
            let request = target.http.post_json(route, &body).header("accept-language", "Quagga");
            let answer = request.header("x-request-id", "Quagga").send();
            assert!(!echoes(&answer), "{body}: {answer:?}");
        }
    }
}

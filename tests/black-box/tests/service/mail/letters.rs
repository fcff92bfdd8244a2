//! What a mail has in it.

use std::collections::BTreeSet;

use serde_json::json;

use super::mailbox::Mail;
use super::{FORGOT, REQUEST_VERIFY, ROUTES};
use crate::check::{Check, checks};
use crate::person::Person;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_mail_has_the_headers_of_a_mail_by_a_program also Pooler needs Mails Database;
        an_unproven_mailbox_gets_no_text_of_a_caller needs Mails Database;
        a_proven_mailbox_gets_the_username needs Mails Database;
        the_name_of_the_service_breaks_neither_header_nor_html needs Runner;
        the_language_is_the_one_that_the_caller_prefers needs Mails Database;
        a_link_leads_to_the_setting_whatever_host_was_asked needs Mails Database RawRequests;
        a_link_leads_to_a_teams_own_page needs Runner;
        two_mails_share_no_secret needs Mails Database;
    ]
}

/// The headers of a mail, in order of the alphabet.
const HEADERS: [&str; 9] = [
    "Auto-Submitted",
    "Content-Language",
    "Content-Type",
    "Date",
    "From",
    "MIME-Version",
    "Message-ID",
    "Subject",
    "To",
];

fn a_mail_has_the_headers_of_a_mail_by_a_program(target: &Target) {
    let person = target.asks();
    let mut ids = BTreeSet::new();
    for (route, _) in ROUTES {
        for _ in 0..2 {
            let mail = target.mail_of(route, &person.email);
            let mut names: Vec<_> = mail.headers.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            assert_eq!(names, HEADERS);
            assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
            assert_eq!(mail.header("Content-Language"), "en");
            assert_eq!(mail.header("To"), person.email);
            assert!(mail.header("From").ends_with("<accounts@latchkey.test>"), "{mail:?}");
            assert!(mail.header("Content-Type").starts_with("multipart/alternative;"), "{mail:?}");
            let id = mail.header("Message-ID");
            let unique = id.strip_prefix('<').and_then(|id| id.strip_suffix("@latchkey.test>"));
            assert!(unique.is_some_and(|id| id.len() == 32 && id.is_ascii()), "{id}");
            assert!(ids.insert(id.to_owned()), "{id} twice");
            let now = "SELECT abs(extract(epoch FROM now() - $1::text::timestamptz))::bigint";
            assert!(target.database().count(now, &[&mail.header("Date")]) < 120, "{mail:?}");
            // RFC 5322 §2.1.1 and §2.3.
            let lines = mail.raw.split("\r\n");
            assert!(lines.clone().all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
            assert!(mail.raw.is_ascii());
        }
    }
}

/// Everything that a reader of the mail can see.
fn visible(mail: &Mail) -> String {
    let headers: Vec<_> =
        mail.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    headers.concat() + &mail.plain + &mail.html + &mail.raw
}

fn an_unproven_mailbox_gets_no_text_of_a_caller(target: &Target) {
    let mut person = Person::new("Quagga-evil.example");
    // Nor a part of the address's own name.
    person.email = Person::new("unproven").email;
    target.signup(&person).is_json(200, &person.public());
    target.await_no_waiting(&person.email);
    for (route, kind) in ROUTES {
        let before = target.mails_to(kind, &person.email).len();
        let body = json!({ "email": person.email, "name": "Quagga", "username": "Quagga" });
        let mut request = target.http.post_json(route, &body);
        for name in [
            "user-agent",
            "referer",
            "origin",
            "x-forwarded-host",
            "x-forwarded-for",
            "x-forwarded-proto",
            "forwarded",
            "from",
            "x-request-id",
            "accept-language",
        ] {
            request = request.header(name, "https://Quagga.example");
        }
        assert_eq!(request.header("accept-language", "Quagga, <b>Quagga</b>").send().status, 202);
        let mail = target.await_mails(kind, &person.email, before + 1).remove(before);
        assert!(!visible(&mail).to_lowercase().contains("quagga"), "{}", visible(&mail));
    }
    for mail in target.mails().iter().filter(|mail| mail.header("To") == person.email) {
        assert!(!visible(mail).to_lowercase().contains("quagga"), "{}", visible(mail));
    }
}

fn a_proven_mailbox_gets_the_username(target: &Target) {
    let person = target.verified("proven");
    let mail = target.mail_of(FORGOT, &person.email);
    for text in [&mail.plain, &mail.html] {
        assert!(text.contains(&person.username), "{text}");
    }
    // One that was proven before the address changed isn't.
    let address = Person::new("changed").email;
    let change = "UPDATE users SET email = $2 WHERE username = $1";
    target.database().query(change, &[&person.username, &address]);
    let mail = target.mail_of(FORGOT, &address);
    assert!(!visible(&mail).contains(&person.username), "{}", visible(&mail));
}

fn the_name_of_the_service_breaks_neither_header_nor_html(target: &Target) {
    let variant = target.variant();
    let person = variant.verified("named");
    let mut odd = Person::new("<b>odd</b> & \"co\"");
    odd.email.clone_from(&person.email);
    let rename = "UPDATE users SET username = $2 WHERE username = $1";
    variant.database().query(rename, &[&person.username, &odd.username]);
    let mail = variant.mail_of(FORGOT, &person.email);
    let name = r#"A & "B" </title>"#;
    assert!(mail.header("Subject").contains(name), "{mail:?}");
    assert!(mail.plain.contains(name) && mail.plain.contains(&odd.username), "{mail:?}");
    assert!(!mail.html.contains("\"B\" </title>") && !mail.html.contains("<b>"), "{}", mail.html);
    assert_eq!(mail.html.matches("</title>").count(), 1, "{}", mail.html);
    assert!(mail.header("From").ends_with("<accounts@latchkey.test>"), "{mail:?}");
}

fn the_language_is_the_one_that_the_caller_prefers(target: &Target) {
    for (header, language) in [
        (None, "en"),
        (Some("de".to_owned()), "de"),
        (Some("de-AT;q=0.9, fr".to_owned()), "de"),
        (Some("DE-de, en;q=0.5".to_owned()), "de"),
        (Some("en, de".to_owned()), "en"),
        (Some("de;q=0.1, en;q=0.2".to_owned()), "en"),
        (Some("de;q=0, *".to_owned()), "en"),
        (Some("fr".to_owned()), "en"),
        (Some("*".to_owned()), "en"),
        (Some("../../de".to_owned()), "en"),
        (Some("de/../en".to_owned()), "en"),
        (Some(";;;,,,q=,de;q=x".to_owned()), "en"),
        (Some("de,".repeat(2_700)), "en"),
        (Some("x".repeat(8_192)), "en"),
    ] {
        let person = target.asks();
        for (route, kind) in ROUTES {
            let before = target.mails_to(kind, &person.email).len();
            let request = target.http.post_json(route, &json!({ "email": person.email }));
            let request = match &header {
                Some(header) => request.header("accept-language", header),
                None => request,
            };
            assert_eq!(request.send().status, 202);
            let mail = target.await_mails(kind, &person.email, before + 1).remove(before);
            assert_eq!(mail.header("Content-Language"), language, "{header:?}");
            assert!(mail.html.contains(&format!("<html lang=\"{language}\">")), "{}", mail.html);
            assert_eq!(mail.plain.contains(" Minuten"), language == "de", "{}", mail.plain);
        }
    }
}

fn a_link_leads_to_the_setting_whatever_host_was_asked(target: &Target) {
    let page = format!("{}/mail", target.http.base());
    for (route, kind) in ROUTES {
        let person = target.asks();
        let before = target.mails_to(kind, &person.email).len();
        let body = json!({ "email": person.email }).to_string();
        let head = format!(
            "POST {route} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\
             X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 444\r\n\
             Forwarded: host=evil.example\r\nX-Original-Host: evil.example\r\n\
             Origin: https://evil.example\r\nReferer: https://evil.example/\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = crate::socket::exchange(target.http.base(), head.as_bytes());
        assert_eq!(answer.status, Some(202));
        let mail = target.await_mails(kind, &person.email, before + 1).remove(before);
        assert_eq!(mail.parts_of_link().0, page);
        assert!(!visible(&mail).contains("evil.example"), "{}", visible(&mail));
    }
}

fn a_link_leads_to_a_teams_own_page(target: &Target) {
    let variant = target.variant();
    let person = variant.asks();
    for (route, kind) in ROUTES {
        let mail = variant.mail_of(route, &person.email);
        let (page, parameter, _) = mail.parts_of_link();
        assert_eq!((page, parameter), ("https://app.example/account?from=mail", kind));
        let link = mail.link().replace('&', "&amp;");
        assert!(mail.html.contains(&format!("<a href=\"{link}\">{link}</a>")), "{}", mail.html);
    }
}

fn two_mails_share_no_secret(target: &Target) {
    let mut secrets = BTreeSet::new();
    for _ in 0..3 {
        let person = target.asks();
        for route in [FORGOT, FORGOT, REQUEST_VERIFY, REQUEST_VERIFY] {
            let mail = target.mail_of(route, &person.email);
            assert!(secrets.insert(mail.token().to_owned()), "{mail:?}");
            assert!(secrets.insert(mail.code().to_owned()), "{mail:?}");
        }
    }
    let is_sign = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    assert!(secrets.iter().all(|secret| secret.chars().all(is_sign)));
    let unlike = |it: &String| !it.contains(['I', 'L', 'O', 'U']) || it.len() > 9;
    assert!(secrets.iter().all(unlike), "no sign that looks like another");
}

//! The runner's page of its mails, `/_mails`.

use super::FORGOT;
use crate::check::{Check, checks};
use crate::socket::{RawAnswer, exchange};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        the_mails_are_listed_and_shown_with_their_link needs Runner;
        a_mails_html_is_shown_in_a_sandbox needs Runner;
        a_foreign_name_of_this_machine_shows_no_mail needs Runner;
        a_foreign_site_shows_no_mail needs Runner;
        only_what_is_a_mail_is_shown needs Runner;
        no_mail_can_be_made_or_removed_there needs Runner;
    ]
}

const PAGE: &str = "/_mails";

/// A mail's address: its own page, the only one of the list that resets this user's password.
#[track_caller]
fn page_of(target: &Target, address: &str) -> String {
    let list = target.http.get(PAGE).send();
    assert_eq!(list.status, 200, "{}", list.text());
    let list = list.text();
    let is_it = |row: &&str| row.contains(address) && row.contains("Reset");
    let rows: Vec<_> = list.split("<tr>").filter(is_it).collect();
    assert_eq!(rows.len(), 1, "{list}");
    let (_, rest) = rows[0].split_once("href=\"").expect("a link");
    rest.split('"').next().expect("an address").to_owned()
}

/// A user's mail, and the address of its page.
fn shown(target: &Target) -> (std::sync::Arc<super::mailbox::Mail>, String) {
    let person = target.verified("shown");
    assert_eq!(target.ask(FORGOT, &person.email).status, 202);
    let mail = target.await_mail("reset", &person.email);
    let page = page_of(target, &person.email);
    (mail, page)
}

fn the_mails_are_listed_and_shown_with_their_link(target: &Target) {
    let (mail, page) = shown(target);
    let answer = target.http.get(&page).send();
    assert_eq!((answer.status, answer.media_type()), (200, "text/html"));
    let text = answer.text();
    for part in [mail.link(), mail.code(), mail.header("To"), mail.header("Subject")] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains(&format!("<a href=\"{}\"", mail.link())), "{text}");
    for answer in [answer, target.http.get(PAGE).send()] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("script-src"), "{policy}");
    }
}

fn a_mails_html_is_shown_in_a_sandbox(target: &Target) {
    let (mail, page) = shown(target);
    let text = target.http.get(&page).send().text();
    let (_, frame) = text.split_once("<iframe").expect("a frame");
    let (frame, _) = frame.split_once("></iframe>").expect("its end");
    let (_, rights) = frame.split_once(" sandbox=\"").expect("a sandbox");
    let rights = rights.split('"').next().expect("rights");
    for right in ["scripts", "same-origin", "forms", "top-navigation", "modals", "downloads"] {
        assert!(!rights.contains(right), "{rights}");
    }
    let (_, html) = frame.split_once("srcdoc=\"").expect("the HTML");
    assert!(!html.trim_end_matches('"').contains(['"', '<', '>']), "{html}");
    let html = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    assert!(html.replace("&amp;", "&").contains(mail.html.trim()), "{html}");
    assert!(!text.contains("<script"), "{text}");
}

/// The answer to a GET with these headers.
fn get(target: &Target, path: &str, headers: &str) -> RawAnswer {
    let request = format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
    exchange(target.http.base(), request.as_bytes())
}

/// Asserts that neither the list nor a mail is shown.
#[track_caller]
fn is_hidden(target: &Target, page: &str, headers: &str) {
    for path in [PAGE, "/_mails/", page] {
        let answer = get(target, path, headers);
        assert_eq!(answer.status, Some(404), "{headers:?}: {answer:?}");
        assert!(!answer.body.contains("<html"), "{answer:?}");
    }
}

fn a_foreign_name_of_this_machine_shows_no_mail(target: &Target) {
    let (_, page) = shown(target);
    let own = target.http.base().strip_prefix("http://").expect("an http address");
    let (_, port) = own.rsplit_once(':').expect("a port");
    for host in ["localhost", "127.0.0.1", "[::1]", "127.1.2.3"] {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            let answer = get(target, &page, &format!("Host: {host}\r\n"));
            assert_eq!(answer.status, Some(200), "{host}: {answer:?}");
        }
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example:127",
        "localhost@evil.example",
        "192.168.0.7",
        "0.0.0.0",
        "x127.0.0.1",
    ] {
        is_hidden(target, &page, &format!("Host: {host}\r\n"));
        is_hidden(
            target,
            &page,
            &format!("Host: {host}:{port}\r\nX-Forwarded-Host: localhost\r\n"),
        );
    }
    let absolute = format!("http://evil.example{PAGE}");
    assert_ne!(get(target, &absolute, "Host: localhost\r\n").status, Some(200));
}

fn a_foreign_site_shows_no_mail(target: &Target) {
    let (_, page) = shown(target);
    is_hidden(target, &page, "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n");
    for site in ["none", "same-origin", "same-site"] {
        let headers = format!("Host: localhost\r\nSec-Fetch-Site: {site}\r\n");
        assert_eq!(get(target, &page, &headers).status, Some(200), "{site}");
    }
}

fn only_what_is_a_mail_is_shown(target: &Target) {
    let (_, page) = shown(target);
    for path in [
        "/_mails/none",
        "/_mails/..%2fone-time-key",
        "/_mails/../one-time-key",
        "/_mails/%2e%2e/signing-key",
        "/_mails//",
        "/_mails/.",
        &format!("{page}.eml"),
        &format!("{page}%00"),
        &format!("{page}/x"),
    ] {
        let answer = get(target, path, "Host: localhost\r\n");
        assert_eq!(answer.status, Some(404), "{path}: {answer:?}");
    }
    assert_eq!(target.http.get("/_mailsx").send().status, 404);
}

fn no_mail_can_be_made_or_removed_there(target: &Target) {
    let (_, page) = shown(target);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for path in [PAGE, &page] {
            let answer = target.http.request(method, path).send();
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        }
    }
    assert_eq!(target.http.get(&page).send().status, 200);
}

use std::fs;

use http_body_util::BodyExt as _;

use super::*;

const MAIL: &str = "From: a@example.com\r\nTo: ada@example.com\r\nSubject: <b>\"Reset\"\r\n\
    Date: Tue, 24 Nov 2026 08:00:00 +0000\r\nContent-Type: multipart/alternative; boundary=\"x\"\r\n\r\n\
    --x\r\nContent-Type: text/plain\r\n\r\nOpen:\r\n\r\nhttp://127.0.0.1:8000/mail#reset=A\r\n\r\n\
    --x\r\nContent-Type: text/html\r\n\r\n<p onload=\"x()\">Open</p>\r\n\r\n--x--\r\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("1-reset-a.eml"), MAIL).unwrap();
    folder
}

async fn get(path: &str, host: &str, caller: &str) -> Option<(StatusCode, String)> {
    let folder = folder();
    let mails = Mails::new(folder.path().to_owned());
    let host = HeaderValue::from_str(host).unwrap();
    let headers = HeaderMap::from_iter([(header::HOST, host)]);
    let (uri, caller) = (path.parse().unwrap(), caller.parse().unwrap());
    let answer = mails.answer(&Method::GET, &uri, &headers, caller)?;
    let (head, body) = answer.into_parts();
    assert_eq!(head.headers[header::CONTENT_SECURITY_POLICY], page::POLICY);
    let body = body.collect().await.unwrap().to_bytes();
    Some((head.status, String::from_utf8(body.to_vec()).unwrap()))
}

#[tokio::test]
async fn mails_are_listed_and_shown_with_their_link_and_their_html_in_a_sandbox() {
    let (status, list) = get("/_mails", "127.0.0.1:8000", "127.0.0.1").await.unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(
        list.contains("<a href=\"/_mails/1-reset-a\">&lt;b&gt;&quot;Reset&quot;</a>"),
        "{list}"
    );
    let (_, mail) = get("/_mails/1-reset-a", "localhost:8000", "::1").await.unwrap();
    let link = "<a href=\"http://127.0.0.1:8000/mail#reset=A\"";
    assert!(mail.contains(link), "{mail}");
    assert!(mail.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\" srcdoc=\""));
    assert!(!mail.contains("<p onload") && mail.contains("&lt;p onload=&quot;x()&quot;&gt;"));
}

#[tokio::test]
async fn the_newest_mail_is_the_first() {
    let folder = folder();
    let newer = folder.path().join("0-verify-b.eml");
    fs::write(&newer, MAIL).unwrap();
    let file = fs::File::options().write(true).open(&newer).unwrap();
    let later = file.metadata().unwrap().modified().unwrap() + Duration::from_secs(9);
    file.set_modified(later).unwrap();
    let names: Vec<_> =
        Mails::new(folder.path().to_owned()).list().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["0-verify-b", "1-reset-a"]);
}

#[tokio::test]
async fn another_machine_and_another_sites_name_see_no_mail() {
    for (path, host, caller) in [
        ("/_mails", "127.0.0.1:8000", "192.168.0.7"),
        ("/_mails/1-reset-a", "127.0.0.1:8000", "10.0.0.1"),
        ("/_mails", "evil.example:8000", "127.0.0.1"),
        ("/_mails", "127.0.0.1.evil.example", "127.0.0.1"),
        ("/_mails", "", "127.0.0.1"),
        ("/_mailsx", "127.0.0.1", "127.0.0.1"),
        ("/", "127.0.0.1", "127.0.0.1"),
    ] {
        assert!(get(path, host, caller).await.is_none(), "{path} {host} {caller}");
    }
}

#[tokio::test]
async fn no_other_file_is_shown() {
    for path in ["/_mails/other", "/_mails/..%2f1-reset-a", "/_mails/../x", "/_mails/1-reset-a.eml"]
    {
        let (status, _) = get(path, "127.0.0.1", "127.0.0.1").await.unwrap();
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

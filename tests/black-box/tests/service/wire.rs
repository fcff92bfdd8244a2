//! Unusual bytes and requests on a bare connection: none makes the server fail.

use std::io::{Read, Write};
use std::net::Shutdown;

use crate::check::{Check, checks};
use crate::socket::{RawAnswer, connect, exchange};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        odd_bytes_in_a_header_break_nothing needs RawRequests;
        odd_bytes_in_an_address_break_nothing needs RawRequests;
        odd_requests_break_nothing needs RawRequests;
        a_chunked_body_is_a_body needs RawRequests;
        a_name_of_another_host_changes_nothing needs RawRequests;
        a_request_that_breaks_off_breaks_nothing_else needs RawRequests;
        a_connection_serves_more_than_one_request needs RawRequests;
    ]
}

/// Sends a request with exactly this line and these headers.
fn raw(target: &Target, line: &[u8], headers: &[u8]) -> RawAnswer {
    let head = b"\r\nHost: localhost\r\nConnection: close\r\n";
    exchange(target.http.base(), &[line, head, headers, b"\r\n"].concat())
}

/// Asserts a refusal, an answer or a closed connection, no 5xx, and that the server goes on.
#[track_caller]
fn is_survived(target: &Target, answer: &RawAnswer) {
    assert!(answer.status.is_none_or(|status| status < 500), "{answer:?}");
    assert_eq!(target.http.get("/api/test/all").send().status, 200);
}

fn odd_bytes_in_a_header_break_nothing(target: &Target) {
    for value in [
        &b"\xff\xfe"[..],
        b"Bearer \xff",
        b"Bearer \xc3\xa9",
        b"\xe2\x82\xac",
        b"Bearer a\x01b",
        b"Bearer \x7f",
        b"\xed\xa0\x80",
    ] {
        for name in [
            &b"Authorization"[..],
            b"Origin",
            b"Accept",
            b"Content-Type",
            b"X-Odd",
            b"User-Agent",
            b"Cookie",
        ] {
            let header = [name, b": ", value, b"\r\n"].concat();
            for path in ["/api/test/all", "/api/auth/users/me", "/nowhere"] {
                let answer = raw(target, format!("GET {path} HTTP/1.1").as_bytes(), &header);
                is_survived(target, &answer);
                assert!(path != "/api/auth/users/me" || answer.status != Some(200));
            }
            let body = [header, b"Content-Length: 2\r\n".to_vec()].concat();
            let head =
                b"POST /api/auth/signin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
            let bytes = [&head[..], &body, b"\r\n{}"].concat();
            is_survived(target, &exchange(target.http.base(), &bytes));
        }
    }
}

fn odd_bytes_in_an_address_break_nothing(target: &Target) {
    for path in [
        &b"/\xff\xfe"[..],
        b"/%ff",
        b"/%zz",
        b"/%",
        b"/%00",
        b"/api/test/all%00",
        b"/api/test/%61ll",
        b"*",
        b"",
        b"//",
        b"///api/test/all",
        b"/../../etc/passwd",
        b"/%2e%2e/%2e%2e/etc/passwd",
        b"/api/test/all?\xff=\xfe",
        b"/api/test/all?%ff=%zz&&&=",
        b"/api/test/all#x",
        b"http://localhost/api/test/all",
        b"http://evil.example/",
        b"/\xe2\x82\xac",
        b"/a b",
        b"/api/test/all?x=\"<>",
        b"/{proxy+}",
        b"/$default",
        b"/\\..\\",
        b"localhost:80",
        b"/api/auth/users/me?\x01",
        b"?x",
        b"/;",
        b"/api/auth/users/%6de",
    ] {
        for method in [&b"GET "[..], b"POST ", b"OPTIONS ", b"CONNECT "] {
            let line = [method, path, b" HTTP/1.1"].concat();
            is_survived(target, &raw(target, &line, b""));
        }
    }
}

fn odd_requests_break_nothing(target: &Target) {
    for bytes in [
        &b"\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET /api/test/all HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b:99999999\r\nConnection: close\r\n\r\n",
        b"POST /api/auth/signin HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/auth/signin HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: x\r\n\r\n{}",
        b"POST /api/auth/signin HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST /api/auth/signin HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: x\r\n\r\n{}",
        b"POST /api/auth/signin HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"POST /api/auth/signin HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0\0\0\0\r\n\r\n",
    ] {
        // Closes the sending side, so that the server doesn't wait for more.
        let mut stream = connect(target.http.base());
        let _ = stream.write_all(bytes);
        stream.shutdown(Shutdown::Write).ok();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.starts_with("HTTP/1.1 50"), "{bytes:?}: {text}");
        assert_eq!(target.http.get("/api/test/all").send().status, 200);
    }
}

fn a_chunked_body_is_a_body(target: &Target) {
    let body = target.ada().person.json().to_string();
    let (one, other) = body.split_at(body.len() / 2);
    let chunks =
        format!("{:x}\r\n{one}\r\n{:x};x=y\r\n{other}\r\n0\r\n\r\n", one.len(), other.len());
    let head = "POST /api/auth/signin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = exchange(target.http.base(), format!("{head}{chunks}").as_bytes());
    assert_eq!(answer.status, Some(200), "{answer:?}");
}

fn a_name_of_another_host_changes_nothing(target: &Target) {
    for host in ["evil.example", "127.0.0.1:1", "[::1]", "xn--bcher-kva.example", "localhost.", ""]
    {
        let request =
            format!("GET /api/test/all HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = exchange(target.http.base(), request.as_bytes());
        assert!(matches!(answer.status, Some(200 | 400)), "{host}: {answer:?}");
        assert!(host.is_empty() || !answer.body.contains(host), "{host}: {answer:?}");
    }
}

fn a_request_that_breaks_off_breaks_nothing_else(target: &Target) {
    for bytes in [
        &b"GET /api/te"[..],
        b"POST /api/auth/signin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"username\":",
        b"POST /api/auth/signup HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
    ] {
        for _ in 0..20 {
            let mut stream = connect(target.http.base());
            let _ = stream.write_all(bytes);
        }
    }
    assert_eq!(target.http.get("/api/test/all").send().status, 200);
    assert_eq!(target.get_as(&target.ada().token, "/api/auth/users/me").status, 200);
}

fn a_connection_serves_more_than_one_request(target: &Target) {
    let ask = "GET /api/test/all HTTP/1.1\r\nHost: localhost\r\n";
    let two = format!("{ask}\r\n{ask}Connection: close\r\n\r\n");
    let answer = exchange(target.http.base(), two.as_bytes());
    assert_eq!(answer.status, Some(200));
    assert_eq!(answer.body.matches("\"public content\"").count(), 2, "{answer:?}");
}

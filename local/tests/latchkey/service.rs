//! How it runs, and how it ends.

use std::{fs, net::TcpStream, os::unix::fs::PermissionsExt, path::Path};

use crate::folder::{Folder, Runner};

#[test]
fn ctrl_c_and_sigterm_stop_everything() {
    let folder = Folder::new();
    for signal in ["INT", "TERM"] {
        let mut runner = folder.start("--port 0");
        let hello = runner.answer("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert!(hello.starts_with("HTTP/1.1 200") && hello.ends_with("\"Hello World\""), "{hello}");
        runner.signal(signal);
        assert!(runner.child.wait().unwrap().success(), "{signal}");
        assert!(runner.is_gone(), "{signal}");
    }
}

#[test]
fn odd_requests_are_answered_and_break_nothing() {
    let folder = Folder::new();
    let runner = folder.start("--port 0");
    let large = "x".repeat(10 * 1024 * 1024 + 1);
    let chunked = "POST /api/auth/signup HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                   Transfer-Encoding: chunked\r\n\r\n";
    let bad_chunk = format!("{chunked}nonsense\r\n");
    let chunked = format!("{chunked}{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    for (answer, status) in [
        (runner.post("/api/auth/signup", &large), "413"),
        (runner.answer(&chunked), "413"),
        (runner.answer(&bad_chunk), "400"),
        (runner.answer("\u{1}\u{2}\r\n\r\n"), "400"),
        (runner.answer("GET /\u{e9} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "404"),
        (runner.answer("GET * HTTP/1.0\r\n\r\n"), "404"),
        (runner.answer("GET http://x/ HTTP/1.0\r\n\r\n"), "200"),
        (runner.answer("GET / HTTP/1.0\r\nUser-Agent: caf\u{e9}\r\n\r\n"), "200"),
        (runner.answer(&format!("GET /{} HTTP/1.0\r\n\r\n", "x".repeat(20_000))), "404"),
    ] {
        assert!(answer[8..].starts_with(&format!(" {status} ")), "{status}: {answer:.80}");
    }
}

#[test]
fn what_it_keeps_survives_sigkill_and_verbs_find_it_running_or_not() {
    let folder = Folder::new();
    let mut runner = folder.start("--port 0 --parameter-overrides BcryptCost=4");
    runner.sign_up("ada");
    let granted = folder.end_of("grant ada ROLE_ADMIN");
    assert!(granted.status.success(), "{}", String::from_utf8_lossy(&granted.stderr));
    runner.child.kill().unwrap(); // SIGKILL
    runner.child.wait().unwrap();
    let listed = folder.end_of("list");
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("ada") && listed.contains("ROLE_ADMIN"), "{listed}");
    assert!(runner.is_gone());
    let keys = |runner: &Runner| {
        let answer = runner.answer("GET /.well-known/jwks.json HTTP/1.0\r\nHost: x\r\n\r\n");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let kept = keys(&folder.start("--port 0"));
    let fresh = folder.start("--port 0 --fresh");
    assert_eq!(folder.end_of("list").stdout, b"");
    let made = keys(&fresh);
    assert!(kept.contains("kid") && made.contains("kid") && kept != made, "{kept} {made}");
    drop(fresh);
}

#[test]
fn another_algorithm_makes_a_key_of_its_own_and_signs_nobody_out() {
    let folder = Folder::new();
    let mut tokens: Vec<String> = Vec::new();
    // The headers `{"typ":"at+jwt","alg":"ES256"` and `{"typ":"at+jwt","alg":"RS256"` in base64url.
    let (es256, rs256) =
        ("eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiI", "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJSUzI1NiI");
    for (algorithm, header) in [("ES256", es256), ("RS256", rs256), ("ES256", es256)] {
        let overrides = format!("SigningAlgorithm={algorithm} TokenIssuer=http://127.0.0.1");
        let runner =
            folder.start(&format!("--port 0 --parameter-overrides BcryptCost=4 {overrides}"));
        if tokens.is_empty() {
            runner.sign_up("ada");
        }
        let body = r#"{"username":"ada","password":"correct horse"}"#;
        let answer = runner.post("/api/auth/signin", body);
        let token = answer.split('"').find(|it| it.starts_with("eyJ")).unwrap();
        assert!(token.starts_with(header), "{algorithm}: {token}");
        tokens.push(token.to_owned());
        for token in &tokens {
            let headers = format!("Host: x\r\nAuthorization: Bearer {token}");
            let answer =
                runner.answer(&format!("GET /api/auth/users/me HTTP/1.0\r\n{headers}\r\n\r\n"));
            assert!(answer[8..].starts_with(" 200 "), "{algorithm}: {answer}");
        }
    }
}

#[test]
fn a_folder_that_postgres_can_not_enter_is_no_obstacle() {
    let folder = Folder::new();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let mut runner = folder.start("--port 0");
    assert!(TcpStream::connect(&runner.database).is_ok());
    runner.signal("TERM");
    runner.child.wait().unwrap();
    // Root's alone: for anyone else, PostgreSQL runs as themselves.
    let pointer = folder.path().join(".local/postgres-directory");
    if let Ok(elsewhere) = fs::read_to_string(pointer) {
        assert!(Path::new(&elsewhere).starts_with(std::env::temp_dir()));
        fs::remove_dir_all(elsewhere).unwrap();
    }
}

//! The program itself: how it starts, how it ends, and what it says when it can't.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

/// A folder to run in, which PostgreSQL's user may enter.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    /// The program in this folder, with no settings from our own environment.
    fn latchkey(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        for name in ["DATABASE_URL", "DATABASE_HOST", "DATABASE_SECRET_ARN", "SIGNING_KEY"] {
            command.env_remove(name);
        }
        command
    }

    fn end_of(&self, arguments: &str) -> Output {
        self.latchkey(arguments).output().unwrap()
    }

    fn start(&self, arguments: &str) -> Runner {
        let mut command = self.latchkey(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let printed: Vec<_> = lines.map(Result::unwrap).take_while(|it| !it.is_empty()).collect();
        let after = |start: &str| {
            let line = printed.iter().find(|line| line.contains(start)).unwrap();
            let rest = &line[line.find(start).unwrap() + start.len()..];
            rest.split([' ', '/']).next().unwrap().to_owned()
        };
        let (http, database) = (after("http://"), after("postgres@"));
        Runner { child, http, database }
    }

    fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }
}

struct Runner {
    child: Child,
    http: String,
    database: String,
}

impl Runner {
    fn answer(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.http).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    fn post(&self, path: &str, body: &str) -> String {
        let length = body.len();
        self.answer(&format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    fn is_gone(&self) -> bool {
        TcpStream::connect(&self.http).is_err() && TcpStream::connect(&self.database).is_err()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The one sentence that the program ended with.
#[track_caller]
fn sentence(output: &Output) -> String {
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(output.stdout.is_empty(), "{told}");
    told
}

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
    let ada = r#"{"username":"ada","email":"a@example.com","password":"correct horse"}"#;
    let answer = runner.post("/api/auth/signup", ada);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let granted = folder.end_of("grant ada ROLE_ADMIN");
    assert!(granted.status.success(), "{}", String::from_utf8_lossy(&granted.stderr));
    runner.child.kill().unwrap(); // SIGKILL
    runner.child.wait().unwrap();
    let listed = folder.end_of("list");
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("ada") && listed.contains("ROLE_ADMIN"), "{listed}");
    assert!(runner.is_gone());
    let fresh = folder.start("--port 0 --fresh");
    assert_eq!(folder.end_of("list").stdout, b"");
    let told = sentence(&folder.end_of("grant ada ROLE_ADMIN"));
    assert!(told.starts_with("error: "), "{told}");
    drop(fresh);
}

#[test]
fn a_second_one_on_the_same_data_says_so() {
    let folder = Folder::new();
    let runner = folder.start("--port 0");
    let told = sentence(&folder.end_of("--port 0"));
    assert!(told.contains("another Latchkey"), "{told}");
    assert!(!runner.is_gone());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = Folder::new();
    let told = sentence(&folder.end_of(&format!("--port {port}")));
    assert!(told.contains(&port.to_string()), "{told}");
    assert!(!folder.path().join(".local").exists(), "nothing is started for that");
}

#[test]
fn a_database_out_of_reach_is_told_without_its_password() {
    let folder = Folder::new();
    let url = "--database-url postgresql://ada:hunter2@127.0.0.1:1/x";
    let told = sentence(&folder.end_of(&format!("--port 0 {url}")));
    assert!(told.contains("database") && !told.contains("hunter2"), "{told}");
    let told = sentence(&folder.end_of(&format!("--port 0 --fresh {url}")));
    assert!(told.contains("--fresh"), "{told}");
}

#[test]
fn a_database_whose_tokens_another_key_signs_is_left_as_it_is() {
    let folder = Folder::new();
    let theirs = folder.start("--port 0");
    let ours = Folder::new();
    let url = format!("--database-url postgresql://postgres@{}/postgres", theirs.database);
    let told = sentence(&ours.end_of(&format!("--port 0 {url}")));
    assert!(told.contains("another key") && told.contains("SIGNING_KEY"), "{told}");
    // A verb publishes no key.
    assert!(ours.end_of(&format!("list {url}")).status.success());
}

#[test]
fn bad_settings_are_named() {
    let folder = Folder::new();
    let told = |command: &mut Command| sentence(&command.output().unwrap());
    let cost = told(folder.latchkey("--port 0").env("BCRYPT_COST", "many"));
    assert!(cost.contains("BCRYPT_COST"), "{cost}");
    let unknown = told(&mut folder.latchkey("--parameter-overrides Nonsense=1"));
    assert!(unknown.contains("Nonsense"), "{unknown}");
    let port = told(&mut folder.latchkey("--port many"));
    assert!(port.contains("--port"), "{port}");
    let key = told(folder.latchkey("--port 0").env("SIGNING_KEY", "short"));
    assert!(key.contains("SIGNING_KEY"), "{key}");
    fs::write(folder.path().join(".env"), "BCRYPT_COST=99\n").unwrap();
    let dotenv = told(&mut folder.latchkey("--port 0"));
    assert!(dotenv.contains("BCRYPT_COST"), "{dotenv}");
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

//! A folder with a service in it.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use tempfile::TempDir;

/// A folder to run in, which PostgreSQL's user may enter.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    /// The program in this folder, with no settings from our own environment.
    pub(crate) fn latchkey(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        for name in ["DATABASE_URL", "DATABASE_HOST", "DATABASE_SECRET_ARN", "SIGNING_KEY"] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn end_of(&self, arguments: &str) -> Output {
        self.latchkey(arguments).output().unwrap()
    }

    pub(crate) fn start(&self, arguments: &str) -> Runner {
        self.run(self.latchkey(arguments))
    }

    /// Starts this program.
    pub(crate) fn run(&self, mut command: Command) -> Runner {
        let log = File::create(self.log_path()).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let printed: Vec<_> = lines.map(Result::unwrap).take_while(|it| !it.is_empty()).collect();
        let after = |start: &str| {
            let (_, rest) = printed.iter().find_map(|line| line.split_once(start))?;
            rest.split([' ', '/']).next().map(str::to_owned)
        };
        let (http, database) = (after("http://").unwrap(), after("postgres@").unwrap_or_default());
        Runner { child, http, database }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    /// What the service that was started last has said on standard error.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap()
    }

    fn log_path(&self) -> PathBuf {
        self.0.path().join("log")
    }
}

pub(crate) struct Runner {
    pub(crate) child: Child,
    pub(crate) http: String,
    /// The host and port of its own database.
    pub(crate) database: String,
}

impl Runner {
    pub(crate) fn answer(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.http).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// Signs a user up.
    pub(crate) fn sign_up(&self, username: &str) {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let email = format!("{}@example.com", COUNT.fetch_add(1, Ordering::SeqCst));
        let body =
            format!(r#"{{"username":"{username}","email":"{email}","password":"correct horse"}}"#);
        let answer = self.post("/api/auth/signup", &body);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> String {
        let length = body.len();
        self.answer(&format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub(crate) fn is_gone(&self) -> bool {
        TcpStream::connect(&self.http).is_err() && TcpStream::connect(&self.database).is_err()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the program said as it ended with this code: its last line, and nothing on standard output.
/// On a busy machine, lines above it say what it waited for.
#[track_caller]
pub(crate) fn ended(output: &Output, code: i32) -> String {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(output.stdout.is_empty(), "{error}");
    let mut lines = error.lines().rev();
    let last = lines.next().unwrap();
    assert!(last.starts_with("error: ") && lines.all(|line| line.ends_with('.')), "{error}");
    last.to_owned()
}

/// What it said as it refused, or failed.
#[track_caller]
pub(crate) fn sentence(output: &Output) -> String {
    ended(output, 1)
}

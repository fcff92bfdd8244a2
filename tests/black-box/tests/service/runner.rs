//! Builds the local runner and starts it over an empty database.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::database::Database;
use crate::jws::KNOWN_KEY;
use crate::operator::Operator;
use crate::pooler::Pooler;
use crate::process::Guarded;

/// Covers the first start of the database on a busy machine, or its download.
const START: Duration = Duration::from_mins(3);

/// Settings in the caller's shell that would select another database or key.
const FOREIGN: &[&str] = &[
    "AUTHORIZER_CACHE_SECONDS",
    "DATABASE_URL",
    "DATABASE_HOST",
    "DATABASE_PORT",
    "DATABASE_NAME",
    "DATABASE_USER",
    "DATABASE_PASSWORD",
    "DATABASE_SECRET_ARN",
    "DATABASE_AUTH",
    "DATABASE_ROLE_PREFIX",
    "DATABASE_CA",
    "DATABASE_CONNECT_SECONDS",
    "SIGNING_KEY_ARN",
    "TOKEN_ISSUER",
    "TOKEN_AUDIENCE",
    "ACCESS_TOKEN_SECONDS",
    "SESSION_SECONDS",
    "SESSION_IDLE_SECONDS",
    "TOKEN_CLAIMS",
    "TOKEN_ENDPOINT",
    "REFRESH_LEEWAY_SECONDS",
    "API_DOCS",
    "PASSWORD_MIN_LENGTH",
    "BCRYPT_COST",
    "ALLOWED_ORIGINS",
    "ALLOWED_HEADERS",
    "APP_NAME",
    "INTROSPECTION_SECRET",
    "INTROSPECTION_SECRET_ARN",
    "LEGACY_TOKEN_SECRET",
    "LEGACY_TOKEN_SECRET_ARN",
    "LEGACY_TOKENS_UNTIL",
    "FORGEABLE_LEGACY_TOKEN_SECRET",
    "MAIL_SENDER",
    "MAIL_SENDER_NAME",
    "MAIL_LINK_URL",
    "MAIL_LANGUAGE",
    "MAIL_TRANSPORT",
    "MAILS_PER_NETWORK",
    "ONE_TIME_KEY",
    "ONE_TIME_KEY_ARN",
];

/// A running service.
pub(crate) struct Runner {
    process: Guarded,
    program: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    base: String,
    database_url: String,
    pooled: Option<Pooled>,
}

/// A pooler, its database, and the runner whose server it is.
struct Pooled {
    pooler: Pooler,
    name: String,
    server: Box<Runner>,
}

impl Runner {
    /// Builds and starts the runner with these `--parameter-overrides`, and its log under `name`.
    pub(crate) fn start(name: &str, overrides: &[&str]) -> Result<Self, String> {
        Self::launch(name, overrides, None)
    }

    /// Starts a further runner over the database of this one. It sends no mail, since this one does.
    pub(crate) fn start_beside(&self, name: &str, overrides: &[&str]) -> Result<Self, String> {
        let overrides = [overrides, &["MailSender="]].concat();
        Self::launch(name, &overrides, Some(&self.database_url))
    }

    /// Like [`Runner::start`], with this pooler's program before the database.
    pub(crate) fn start_pooled(
        program: &str,
        name: &str,
        overrides: &[&str],
    ) -> Result<Self, String> {
        // Another runner supplies the PostgreSQL.
        let server = Box::new(Self::start(&format!("{name}-server"), &[])?);
        let name_there = name.replace('-', "_");
        Database::new(server.database_url()).query(&format!("CREATE DATABASE {name_there}"), &[]);
        let pooler = Pooler::start(program, &server.database_url())?;
        let mut runner = Self::launch(name, overrides, Some(&pooler.url(&name_there)))?;
        let behind = Pooled { pooler, name: name_there, server };
        runner.database_url = behind.database_url();
        behind.pooler.end_sessions(&behind.name, &Database::new(behind.database_url()))?;
        runner.pooled = Some(behind);
        Ok(runner)
    }

    fn launch(name: &str, overrides: &[&str], database_url: Option<&str>) -> Result<Self, String> {
        let program = build()?;
        let folder = folder().map_err(|error| format!("no folder to run in: {error}"))?;
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.log"));
        let file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let mut command = Command::new(&program);
        command.args(["--host", "127.0.0.1", "--port", "0"]);
        command.args(database_url.iter().flat_map(|url| ["--database-url", url]));
        if !overrides.is_empty() {
            command.arg("--parameter-overrides").args(overrides);
        }
        command
            .env("SIGNING_KEY", KNOWN_KEY)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file);
        for name in FOREIGN {
            command.env_remove(name);
        }
        let process = Guarded::start(&mut command, &folder)
            .map_err(|error| format!("{} doesn't start: {error}", program.display()))?;
        let stdout = process.take_stdout().ok_or("the runner has no standard output")?;
        let database_url = database_url.map(str::to_owned);
        let Some((base, database_url)) = addresses(stdout, database_url) else {
            let said = fs::read_to_string(&log).unwrap_or_default();
            return Err(format!("the runner printed no address, but: {said}"));
        };
        Ok(Self { process, program, folder, log, base, database_url, pooled: None })
    }

    /// The address that it listens on.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The file with its standard error.
    pub(crate) fn log_path(&self) -> &Path {
        &self.log
    }

    /// The folder that it writes mails to.
    pub(crate) fn mails(&self) -> PathBuf {
        self.folder.join(".local/mails")
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).expect("the log")).into_owned()
    }

    /// Its database, without the pooler.
    pub(crate) fn database_url(&self) -> String {
        self.database_url.clone()
    }

    /// The operator's verbs on its database.
    pub(crate) fn operator(&self) -> Operator {
        let mut environment = vec![("SIGNING_KEY".to_owned(), KNOWN_KEY.to_owned())];
        let url = self.pooled.as_ref().map(|pooled| pooled.pooler.url(&pooled.name));
        environment.extend(url.map(|url| ("DATABASE_URL".to_owned(), url)));
        Operator::binary(self.program.clone(), self.folder.clone(), environment)
    }

    /// Ends the runner.
    pub(crate) fn stop(&self) {
        self.process.stop();
        if let Some(pooled) = &self.pooled {
            pooled.pooler.stop();
            pooled.server.stop();
        }
    }
}

impl Pooled {
    /// The service's database, without the pooler.
    fn database_url(&self) -> String {
        let url = self.server.database_url();
        let (server, _) = url.rsplit_once('/').unwrap_or((&url, ""));
        format!("{server}/{}", self.name)
    }
}

/// A folder that the database's user may enter, with a copy of the template.
fn folder() -> std::io::Result<PathBuf> {
    let folder = tempfile::Builder::new().prefix("black-box-").tempdir()?.keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
    fs::copy(workspace().join("template.yaml"), folder.join("template.yaml"))?;
    Ok(folder)
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Builds the program of `cargo run`, with the same packages and so the same features, so that
/// nothing is compiled twice. Returns its path.
fn build() -> Result<PathBuf, String> {
    let cargo = OsString::from(env!("CARGO"));
    let mut command = Command::new(cargo);
    command
        .args(["build", "--bin", "latchkey", "--quiet"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(workspace())
        .stderr(Stdio::inherit());
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.output().map_err(|error| format!("cargo doesn't start: {error}"))?;
    if !output.status.success() {
        return Err("the runner doesn't build".to_owned());
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
        .ok_or_else(|| "cargo names no program of the runner".to_owned())
}

/// The runner's address, and its database if none was given, from its first output. Later output is
/// discarded.
fn addresses(stdout: ChildStdout, database_url: Option<String>) -> Option<(String, String)> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    let (mut base, mut database_url) = (None, database_url);
    loop {
        let line = receive.recv_timeout(START).ok()?;
        base = base.or_else(|| word(&line, "http://"));
        database_url = database_url.or_else(|| word(&line, "postgresql://"));
        if let (Some(base), Some(database_url)) = (&base, &database_url) {
            return Some((base.clone(), database_url.clone()));
        }
    }
}

/// The word of a line that starts with `start`, without a trailing full stop.
fn word(line: &str, start: &str) -> Option<String> {
    let word = line.split_whitespace().find(|word| word.starts_with(start))?;
    Some(word.trim_end_matches('.').to_owned())
}

//! The server: started under a watchdog, stopped when dropped.

use std::{
    io::{self, BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStderr, Stdio},
    thread::JoinHandle,
};

use crate::{
    account::Account,
    cluster::{self, Cluster},
    error::{Error, doing, reason},
    folder,
    programs::Programs,
    settings::Settings,
    step::Step,
};

const WATCHDOG: &str = include_str!("watchdog.sh");

/// What it logs once it takes connections.
const READY: &str = "database system is ready to accept connections";

/// How many times another process may snatch the port that we found to be free.
const ATTEMPTS: u32 = 3;

/// Settings of every server. Whatever the data's own file says, it speaks TCP on the loopback
/// interface alone, leaves no socket files behind, and logs in words that we can read.
const ALWAYS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "lc_messages=C",
    "log_destination=stderr",
    "logging_collector=off",
    "log_min_messages=warning",
    "max_connections=200",
];

/// Settings that give up surviving a power cut, which temporary data needn't.
const CARELESS: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// Where a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    port: u16,
}

impl Address {
    /// The address of one of its databases, `postgresql://postgres@127.0.0.1:<port>/<database>`.
    pub fn url(self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

/// A PostgreSQL server that runs until this is dropped or this process ends.
#[derive(Debug)]
pub struct Server {
    address: Address,
    watchdog: Child,
    /// Reads the log away until the server has ended: a full pipe would hold it up.
    log: Option<JoinHandle<()>>,
    cluster: Cluster,
}

impl Server {
    /// Starts a server, and returns once it takes connections. `report` gets each step that may
    /// take long before it begins.
    pub fn start(settings: &Settings, report: &dyn Fn(Step)) -> Result<Self, Error> {
        let account = Account::choose()?;
        let folder = folder::open(&settings.cache, account)?;
        let cluster = Cluster::open(settings, account, &folder, report)?;
        let programs = Programs::find(settings, account, &folder, cluster.made_by(), report)?;
        if cluster.made_by().is_none() {
            report(Step::Making(cluster.directory.clone()));
            cluster.make(&programs, account)?;
        }
        report(Step::Starting);
        let mut attempt = 1;
        loop {
            match launch(&programs, account, &cluster, &settings.configuration)? {
                Launch::Ready(address, watchdog, log) => {
                    let log = Some(log);
                    return Ok(Self { address, watchdog, log, cluster });
                }
                Launch::Ended(said) if attempt < ATTEMPTS && said.contains("could not bind") => {
                    attempt += 1;
                }
                Launch::Ended(said) => {
                    let directory = cluster.directory.clone();
                    return Err(Error::NotStarted { directory, cause: reason(&said) });
                }
            }
        }
    }

    /// Where the server listens that another process started on the kept data of this cache, if
    /// there is one and it is ready.
    pub fn running(cache: &Path) -> Result<Option<Address>, Error> {
        let folder = folder::open(cache, Account::choose()?)?;
        Ok(cluster::port_in_use(cache, &folder).map(|port| Address { port }))
    }

    /// The address of one of its databases; `postgres` is always there.
    pub fn url(&self, database: &str) -> String {
        self.address.url(database)
    }

    /// The directory of temporary data; it goes with the server.
    pub fn temporary_directory(&self) -> Option<&Path> {
        self.cluster.temporary_directory()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // Nothing can be done about an error here; the watchdog ends by itself.
        let _ = self.watchdog.wait();
        if let Some(log) = self.log.take() {
            let _ = log.join();
        }
    }
}

/// How a start went.
enum Launch {
    Ready(Address, Child, JoinHandle<()>),
    /// It ended before it was ready; the last of what it said.
    Ended(String),
}

fn launch(
    programs: &Programs,
    account: Account,
    cluster: &Cluster,
    configuration: &[String],
) -> Result<Launch, Error> {
    let port = free_port().map_err(doing("find a free port"))?;
    let mut command = account.command("/bin/sh");
    command.args(["-c", WATCHDOG, "watchdog"]).arg(programs.path("postgres"));
    command.arg("-D").arg(&cluster.directory).args(["-p", &port.to_string()]);
    let careless = if cluster.temporary_directory().is_some() { CARELESS.as_slice() } else { &[] };
    let configuration = configuration.iter().map(String::as_str);
    for setting in ALWAYS.iter().chain(careless).copied().chain(configuration) {
        command.args(["-c", setting]);
    }
    command
        .env("REMOVE", cluster.temporary_directory().unwrap_or(Path::new("")))
        .stdin(Stdio::piped())
        .stdout(cluster.lock()?)
        .stderr(Stdio::piped())
        .process_group(0); // Ctrl-C goes to the terminal's group
    let mut watchdog = command.spawn().map_err(doing("start PostgreSQL"))?;
    let Some(stderr) = watchdog.stderr.take() else {
        return Ok(Launch::Ended("it has no log".to_owned()));
    };
    let mut log = BufReader::new(stderr);
    if let Some(said) = wait_until_ready(&mut log) {
        drop(watchdog.stdin.take());
        let _ = watchdog.wait();
        return Ok(Launch::Ended(said));
    }
    let log = std::thread::spawn(move || drain(log));
    Ok(Launch::Ready(Address { port }, watchdog, log))
}

/// A port that nobody listens at. Another process may take it before the server does.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Reads the log until the server is ready; what it said, if it ends before that.
fn wait_until_ready(log: &mut BufReader<ChildStderr>) -> Option<String> {
    let mut said = Vec::new();
    for line in log.lines() {
        match line {
            Ok(line) if line.contains(READY) => return None,
            Ok(line) => said.push(line),
            Err(cause) => said.push(cause.to_string()),
        }
    }
    Some(said.join("\n"))
}

fn drain(log: BufReader<ChildStderr>) {
    for _ in log.lines() {}
}

//! `pgbouncer` in transaction mode, between the service and its database.

use std::fs::{self, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tokio_postgres::NoTls;

use crate::database::Database;
use crate::process::Guarded;

/// The pooler's connections to the server: fewer than the service's pools could use.
const CONNECTIONS: usize = 4;

/// The longest start on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// A running pooler.
pub(crate) struct Pooler {
    process: Guarded,
    configuration: PathBuf,
    listen: String,
    server: String,
}

impl Pooler {
    /// Starts this program in front of the server of a URL such as
    /// `postgresql://postgres@127.0.0.1:5432/name`, in session mode, which a migration needs: a
    /// session holds its lock.
    pub(crate) fn start(program: &str, url: &str) -> Result<Self, String> {
        let there = url.rsplit('@').next().unwrap_or_default();
        let address = there.split('/').next().unwrap_or_default();
        let (host, port) = address.split_once(':').ok_or("a server without a port")?;
        let server = format!("host={host} port={port} user=postgres");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let listen = listener.local_addr().map_err(|error| error.to_string())?;
        drop(listener);
        let folder = tempfile::Builder::new().prefix("pooler-").tempdir();
        let folder = folder.map_err(|error| error.to_string())?.keep();
        let configuration = folder.join("pgbouncer.ini");
        let port = listen.port();
        configure(&configuration, &server, port, "session", 50)?;
        // pgbouncer refuses to run as root.
        let is_root = fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0);
        let user: &[&str] = if is_root { &["-u", "nobody"] } else { &[] };
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).map_err(|it| it.to_string())?;
        let mut command = Command::new(program);
        command.arg("-q").args(user).arg(&configuration);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Guarded::start(&mut command, &folder)
            .map_err(|error| format!("{program} doesn't start: {error}"))?;
        let listen = listen.to_string();
        let pooler = Self { process, configuration, listen, server };
        wait_until("the pooler listens", || TcpStream::connect(&pooler.listen).is_ok())?;
        Ok(pooler)
    }

    /// The URL of a database through the pooler.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("postgresql://postgres@{}/{name}", self.listen)
    }

    /// Switches to transaction mode, and closes the sessions on this database.
    pub(crate) fn end_sessions(&self, name: &str, database: &Database) -> Result<(), String> {
        let port = self.listen.rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.ok_or("a pooler without a port")?;
        configure(&self.configuration, &self.server, port, "transaction", CONNECTIONS)?;
        self.process.signal("HUP").map_err(|error| error.to_string())?;
        wait_until("it is in transaction mode", || {
            database.drop_connections();
            serves(&self.url(name), 2 * CONNECTIONS).unwrap_or(false)
        })
    }

    /// Ends the pooler.
    pub(crate) fn stop(&self) {
        self.process.stop();
    }
}

fn configure(
    path: &PathBuf,
    server: &str,
    port: u16,
    mode: &str,
    connections: usize,
) -> Result<(), String> {
    let text = format!(
        "[databases]\n* = {server}\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = any\npool_mode = {mode}\ndefault_pool_size = {connections}\n\
         max_client_conn = 1000\n"
    );
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Whether this many open clients are all served, which needs transaction mode.
fn serves(url: &str, number: usize) -> Result<bool, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut clients = Vec::new();
        for _ in 0..number {
            let served = tokio::time::timeout(Duration::from_secs(1), async {
                let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
                tokio::spawn(connection);
                client.simple_query("SELECT 1").await?;
                clients.push(client);
                Ok::<_, tokio_postgres::Error>(())
            });
            match served.await {
                Ok(served) => served?,
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    })
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) -> Result<(), String> {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        if Instant::now() > deadline {
            return Err(format!("not so after {DEADLINE:?}: {what}"));
        }
        thread::park_timeout(Duration::from_millis(20));
    }
    Ok(())
}

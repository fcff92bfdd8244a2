//! A database cluster: the directory with the data, and the locks that keep it to one server.

use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::mpsc,
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    account::Account,
    error::{Error, doing, reason},
    programs::Programs,
    settings::{Data, Settings},
    step::Step,
};

/// How long a server may take to stop once its owner has ended.
const STOPPING: Duration = Duration::from_secs(15);

/// A database cluster that this process alone may use.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// PostgreSQL's data directory.
    pub(crate) directory: PathBuf,
    /// The directory around temporary data; goes when this is dropped, if the watchdog, which
    /// outlives a killed process, hasn't removed it already.
    temporary: Option<TempDir>,
    locks: Option<Locks>,
}

/// Two locks on kept data, both let go of by the system when their holders end.
#[derive(Debug)]
struct Locks {
    /// Held by this process alone.
    _owner: File,
    /// Handed to all that work on the data, so that it is held until the last of them has ended:
    /// a server outlives a killed owner by a moment.
    server: File,
}

impl Cluster {
    /// Opens the directory of the data, which may still be empty.
    pub(crate) fn open(
        settings: &Settings,
        account: Account,
        folder: &Path,
        report: &dyn Fn(Step),
    ) -> Result<Self, Error> {
        if settings.data == Data::Temporary {
            return Self::temporary(account);
        }
        let directory = folder.join("data");
        let locks = Locks::take(&settings.cache, &directory, report)?;
        if settings.data == Data::Fresh && directory.exists() {
            fs::remove_dir_all(&directory)
                .map_err(doing(format!("empty {}", directory.display())))?;
        }
        Ok(Self { directory, temporary: None, locks: Some(locks) })
    }

    fn temporary(account: Account) -> Result<Self, Error> {
        let outer = tempfile::Builder::new()
            .prefix("latchkey-postgres-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()
            .map_err(doing("make a temporary directory"))?;
        account.own(outer.path()).map_err(doing("give away a temporary directory"))?;
        Ok(Self { directory: outer.path().join("data"), temporary: Some(outer), locks: None })
    }

    /// The directory around temporary data.
    pub(crate) fn temporary_directory(&self) -> Option<&Path> {
        self.temporary.as_ref().map(TempDir::path)
    }

    /// The version of PostgreSQL that made the data, if any are there.
    pub(crate) fn made_by(&self) -> Option<u32> {
        fs::read_to_string(self.directory.join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// Has `initdb` make the data: UTF-8, the same sort order on every machine, and no passwords.
    pub(crate) fn make(&self, programs: &Programs, account: Account) -> Result<(), Error> {
        // Made under another name first, so that one that was cut short is never taken for whole.
        let unfinished = self.directory.with_extension("unfinished");
        let attempt = || {
            if unfinished.exists() {
                fs::remove_dir_all(&unfinished)?;
            }
            fs::create_dir(&unfinished)?;
            fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o700))?;
            account.own(&unfinished)
        };
        attempt().map_err(doing(format!("make {}", unfinished.display())))?;
        let mut initdb = account.command(programs.path("initdb"));
        initdb.arg("--pgdata").arg(&unfinished).args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            // Nobody has data in it yet, and waiting for a busy disk takes seconds.
            "--no-sync",
        ]);
        // A given time zone spares it the search for this machine's.
        let output = initdb.env("TZ", "UTC").stdin(self.lock()?).output();
        let output = output.map_err(doing("run initdb"))?;
        if !output.status.success() {
            let cause = reason(&String::from_utf8_lossy(&output.stderr));
            return Err(Error::NotMade { directory: self.directory.clone(), cause });
        }
        fs::rename(&unfinished, &self.directory).map_err(doing("keep the new data"))
    }

    /// A file for a child process to inherit: while it is open, the data count as in use.
    pub(crate) fn lock(&self) -> Result<Stdio, Error> {
        match &self.locks {
            Some(locks) => Ok(locks.server.try_clone().map_err(doing("copy a lock"))?.into()),
            None => Ok(Stdio::null()),
        }
    }
}

impl Locks {
    fn take(cache: &Path, directory: &Path, report: &dyn Fn(Step)) -> Result<Self, Error> {
        let open = |name: &str| {
            File::options()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(cache.join(name))
                .map_err(|cause| Error::Folder { directory: cache.to_owned(), cause })
        };
        let owner = open("postgres.lock")?;
        match owner.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse(directory.to_owned())),
            Err(TryLockError::Error(cause)) => return Err(doing("lock the database")(cause)),
        }
        let server = open("postgres-server.lock")?;
        if server.try_lock().is_err() {
            report(Step::Stopping);
            return Ok(Self { _owner: owner, server: lock_in_time(server, directory)? });
        }
        Ok(Self { _owner: owner, server })
    }
}

/// Locks the file, which a server of an earlier run may hold for as long as it takes to stop.
fn lock_in_time(file: File, directory: &Path) -> Result<File, Error> {
    let (send, locked) = mpsc::channel();
    thread::spawn(move || send.send(file.lock().map(|()| file)));
    match locked.recv_timeout(STOPPING) {
        Ok(file) => file.map_err(doing("lock the database")),
        Err(_) => Err(Error::LeftOver(directory.to_owned())),
    }
}

/// The port of the server that another process runs on the kept data, if one does.
pub(crate) fn port_in_use(cache: &Path, folder: &Path) -> Option<u16> {
    let owner = File::open(cache.join("postgres.lock")).ok()?;
    if owner.try_lock_shared().is_ok() {
        return None; // a stale file at most
    }
    // Its fourth line is the port, its eighth the state (PostgreSQL's `miscadmin.h`).
    let written = fs::read_to_string(folder.join("data/postmaster.pid")).ok()?;
    let lines: Vec<&str> = written.lines().map(str::trim).collect();
    (lines.get(7) == Some(&"ready")).then(|| lines.get(3)?.parse().ok()).flatten()
}

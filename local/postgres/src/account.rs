//! The user that PostgreSQL runs as: it refuses root.

use std::{
    io,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use crate::error::Error;

/// The user that PostgreSQL runs as.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account {
    /// The user of this process.
    Ours,
    /// Another user, since we are root.
    Other {
        /// Its user id.
        uid: u32,
        /// Its group's id.
        gid: u32,
    },
}

impl Account {
    /// Ours, or if that is root `postgres`, or if there is none `nobody`.
    pub(crate) fn choose() -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ours);
        }
        ["postgres", "nobody"].into_iter().find_map(Self::named).ok_or(Error::OnlyRoot)
    }

    fn named(name: &str) -> Option<Self> {
        let uid = id("-u", name)?;
        let gid = id("-g", name)?;
        (uid != 0).then_some(Self::Other { uid, gid })
    }

    /// The program, to be run as this user, from a working directory that it can surely enter.
    pub(crate) fn command(self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir("/").stdin(Stdio::null());
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Gives the file or directory to this user.
    pub(crate) fn own(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Ours => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)),
        }
    }

    /// Whether this user gets into the directory; what lies above it matters as much as itself.
    pub(crate) fn can_enter(self, directory: &Path) -> bool {
        let entered = self
            .command("/bin/sh")
            .args(["-c", "cd -- \"$1\"", "sh"])
            .arg(directory)
            .stderr(Stdio::null())
            .status();
        entered.is_ok_and(|status| status.success())
    }
}

/// A number that `id` prints for a user; it knows users that `/etc/passwd` doesn't.
fn id(which: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([which, name]).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn postgres_never_runs_as_root() {
        let account = Account::choose().unwrap();
        let output = account.command("/bin/sh").args(["-c", "id -u"]).output().unwrap();
        assert_ne!(String::from_utf8(output.stdout).unwrap().trim(), "0");
    }

    #[test]
    fn a_closed_directory_above_shows() {
        let account = Account::choose().unwrap();
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        fs::create_dir(&inner).unwrap();
        fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(account.can_enter(&inner));
        fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(!account.can_enter(&inner));
        fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn root_and_unknown_users_are_refused_as_accounts() {
        assert!(Account::named("root").is_none());
        assert!(Account::named("no such user").is_none());
    }
}

//! The directory of our files that PostgreSQL's user must reach.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::{
    account::Account,
    error::{Error, doing},
};

/// The directory for kept data and fetched programs: `postgres` in the cache, or where its user
/// can't enter that (a root's home), one in the temporary directory that a file in the cache names.
pub(crate) fn open(cache: &Path, account: Account) -> Result<PathBuf, Error> {
    let folder = cache.join("postgres");
    make(&folder).map_err(|cause| Error::Folder { directory: cache.to_owned(), cause })?;
    if account.can_enter(&folder) {
        return Ok(folder);
    }
    let pointer = cache.join("postgres-directory");
    if let Some(folder) = named_by(&pointer)
        && account.can_enter(&folder)
    {
        return Ok(folder);
    }
    make_elsewhere(&pointer).map_err(doing("make a directory in the temporary directory"))
}

/// The directory, open to be entered whatever the umask is.
fn make(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))
}

/// The directory that the pointer names, if it is still the one that we made: anyone may make
/// things in the temporary directory, and it may have been cleaned since.
fn named_by(pointer: &Path) -> Option<PathBuf> {
    let folder = PathBuf::from(fs::read_to_string(pointer).ok()?);
    let found = fs::symlink_metadata(&folder).ok()?;
    let ours = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    ours.then_some(folder)
}

fn make_elsewhere(pointer: &Path) -> io::Result<PathBuf> {
    let folder = tempfile::Builder::new().prefix("latchkey-").tempdir()?.keep();
    make(&folder)?;
    fs::write(pointer, folder.as_os_str().as_encoded_bytes())?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_folder_is_in_a_readable_cache() {
        let cache = tempfile::tempdir().unwrap();
        make(cache.path()).unwrap();
        let folder = open(cache.path(), Account::choose().unwrap()).unwrap();
        assert_eq!(folder, cache.path().join("postgres"));
    }

    #[test]
    fn a_closed_cache_points_to_the_temporary_directory() {
        let stranger = Account::Other { uid: 65534, gid: 65534 };
        if !rustix::process::geteuid().is_root() {
            return; // only root can be someone else; the others' cache is always theirs
        }
        let cache = tempfile::tempdir().unwrap();
        fs::set_permissions(cache.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let first = open(cache.path(), stranger).unwrap();
        assert!(!first.starts_with(cache.path()));
        assert_eq!(open(cache.path(), stranger).unwrap(), first);
        fs::remove_dir(&first).unwrap();
        assert_ne!(open(cache.path(), stranger).unwrap(), first);
        fs::remove_dir(named_by(&cache.path().join("postgres-directory")).unwrap()).unwrap();
    }
}

//! The runner's own key for the secrets of mails, made once and kept in `.local`.

use std::path::Path;

use shared::Random;

use crate::signing_key::{digits, not_kept, read_or_make};

/// The key in that folder, which is made if there is none. Fails with one sentence.
pub(crate) fn keep(folder: &Path, random: &Random) -> Result<String, String> {
    let path = folder.join("one-time-key");
    let key = read_or_make(&path, folder, || Ok(digits(random)));
    key.map_err(|cause| not_kept(folder, &cause))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn the_key_is_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let key = keep(folder.path(), &Random::counted(1)).unwrap();
        assert_eq!(key.len(), 64);
        assert_eq!(keep(folder.path(), &Random::counted(2)).unwrap(), key);
        let mode = fs::metadata(folder.path().join("one-time-key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

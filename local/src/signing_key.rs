//! The runner's own signing key: made once, kept in `.local/signing-key`.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use shared::Random;

/// The key in that folder, 64 hexadecimal digits as the template's secret holds. One is made if
/// there is none; of two processes that make one at once, both use the first one's.
pub(crate) fn keep(folder: &Path, random: &Random) -> io::Result<String> {
    let path = folder.join("signing-key");
    if !path.exists() {
        fs::create_dir_all(folder)?;
        // Readable to its owner alone, as temporary files are.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(digits(random).as_bytes())?;
        match file.persist_noclobber(&path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.error),
        }
    }
    Ok(fs::read_to_string(path)?.trim().to_owned())
}

/// 256 random bits: a private scalar of P-256 but once in 2^32 times, when it is refused.
fn digits(random: &Random) -> String {
    let mut digits = String::new();
    for byte in [random.bytes(), random.bytes()].concat() {
        // Writing to a String can't fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_64_digits_for_its_owner_alone_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join(".local");
        let key = keep(&folder, &Random::counted(1)).unwrap();
        assert_eq!(key.len(), 64);
        assert!(key.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it)), "{key}");
        let mode = fs::metadata(folder.join("signing-key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(keep(&folder, &Random::counted(2)).unwrap(), key);
    }
}

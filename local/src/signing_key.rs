//! The runner's own signing key: made once, kept in `.local/signing-key`.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use shared::{Random, Secret, jwt::SigningKey};

/// The key in that folder, 64 hexadecimal digits as the template's secret holds. One is made if
/// there is none; of two processes that make one at once, both use the first one's. Fails with one
/// sentence.
pub(crate) fn keep(folder: &Path, random: &Random) -> Result<String, String> {
    let path = folder.join("signing-key");
    let key = read_or_make(&path, folder, random).map_err(|cause| not_kept(folder, &cause))?;
    match SigningKey::parse(&Secret::new(key.clone())) {
        Some(_) => Ok(key),
        None => Err(format!(
            "the key in {} {}: remove the file to have a new one made, which signs all users out",
            path.display(),
            SigningKey::SHAPE
        )),
    }
}

/// Removes the key, so that the next one is another: tokens of an emptied database are void. Fails
/// with one sentence.
pub(crate) fn forget(folder: &Path) -> Result<(), String> {
    match fs::remove_file(folder.join("signing-key")) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(not_kept(folder, &cause)),
        _ => Ok(()),
    }
}

fn not_kept(folder: &Path, cause: &io::Error) -> String {
    format!(
        "can't keep a key in {} ({cause}): make that a folder that you may write in, or start in \
         another one",
        folder.display()
    )
}

fn read_or_make(path: &Path, folder: &Path, random: &Random) -> io::Result<String> {
    if !path.exists() {
        fs::create_dir_all(folder)?;
        // Readable to its owner alone, as temporary files are.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(digits(random).as_bytes())?;
        match file.persist_noclobber(path) {
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
        forget(&folder).unwrap();
        assert_ne!(keep(&folder, &Random::counted(2)).unwrap(), key);
    }

    #[test]
    fn a_file_that_holds_no_key_is_named_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "key", &"0".repeat(64)] {
            fs::write(folder.path().join("signing-key"), text).unwrap();
            let message = keep(folder.path(), &Random::counted(1)).unwrap_err();
            assert!(
                message.contains("signing-key must be 64") && message.contains("remove"),
                "{message}"
            );
        }
        let file = folder.path().join("signing-key");
        let message = keep(&file, &Random::counted(1)).unwrap_err();
        assert!(message.contains("start in another one"), "{message}");
    }
}

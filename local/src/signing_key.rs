//! The runner's own signing keys: one of each kind, made once and kept in `.local`.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use shared::{
    Random, Secret,
    jwt::{Algorithm, Kid, SigningKey},
};

/// The key of this algorithm in that folder, in the form of the deployment's secret. One is made if
/// there is none; of two processes that make one at once, both use the first one's. Fails with one
/// sentence.
pub(crate) fn keep(folder: &Path, algorithm: Algorithm, random: &Random) -> Result<String, String> {
    let path = path(folder, algorithm);
    let key = read_or_make(&path, folder, || match algorithm {
        Algorithm::Es256 => Ok(digits(random)),
        Algorithm::Rs256 => rsa().ok_or_else(|| io::Error::other("no RSA key can be made")),
    });
    let key = key.map_err(|cause| not_kept(folder, &cause))?;
    match parse(&key) {
        Some(_) => Ok(key),
        None => Err(format!(
            "the key in {} {}: remove the file to have a new one made, which signs all users out",
            path.display(),
            SigningKey::SHAPE
        )),
    }
}

/// The ids of the keys in that folder.
pub(crate) fn kids(folder: &Path) -> Vec<Kid> {
    let keys =
        Algorithm::ALL.into_iter().filter_map(|it| fs::read_to_string(path(folder, it)).ok());
    keys.filter_map(|key| Some(parse(&key)?.kid().clone())).collect()
}

/// Removes the keys, so that the next one is another: tokens of an emptied database are void. Fails
/// with one sentence.
pub(crate) fn forget(folder: &Path) -> Result<(), String> {
    for algorithm in Algorithm::ALL {
        match fs::remove_file(path(folder, algorithm)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(not_kept(folder, &cause));
            }
            _ => {}
        }
    }
    Ok(())
}

fn path(folder: &Path, algorithm: Algorithm) -> PathBuf {
    folder.join(match algorithm {
        Algorithm::Es256 => "signing-key",
        Algorithm::Rs256 => "rsa-signing-key",
    })
}

fn parse(key: &str) -> Option<SigningKey> {
    SigningKey::parse(&Secret::new(key.to_owned()))
}

/// The sentence for a folder that can't be written to.
pub(crate) fn not_kept(folder: &Path, cause: &io::Error) -> String {
    format!(
        "can't keep a key in {} ({cause}): make that a folder that you may write in, or start in \
         another one",
        folder.display()
    )
}

/// The text of the file, which is made if there is none.
pub(crate) fn read_or_make(
    path: &Path,
    folder: &Path,
    make: impl FnOnce() -> io::Result<String>,
) -> io::Result<String> {
    if !path.exists() {
        fs::create_dir_all(folder)?;
        // Readable to its owner alone, as temporary files are.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(make()?.as_bytes())?;
        match file.persist_noclobber(path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.error),
        }
    }
    Ok(fs::read_to_string(path)?.trim().to_owned())
}

/// 256 random bits: a private scalar of P-256 but once in 2^32 times, when it is refused.
pub(crate) fn digits(random: &Random) -> String {
    let mut digits = String::new();
    for byte in [random.bytes(), random.bytes()].concat() {
        // Writing to a String can't fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// A new RSA key of 3072 bits as a PEM, of AWS-LC's own random source.
fn rsa() -> Option<String> {
    let der: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa3072).ok()?.as_der().ok()?;
    let text = STANDARD.encode(der.as_ref());
    Some(format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_64_digits_that_only_its_owner_reads_and_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join(".local");
        let key = keep(&folder, Algorithm::Es256, &Random::counted(1)).unwrap();
        assert_eq!(key.len(), 64);
        assert!(key.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it)), "{key}");
        let mode = fs::metadata(folder.join("signing-key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(keep(&folder, Algorithm::Es256, &Random::counted(2)).unwrap(), key);
        forget(&folder).unwrap();
        assert_ne!(keep(&folder, Algorithm::Es256, &Random::counted(2)).unwrap(), key);
    }

    #[test]
    fn there_is_a_key_of_each_kind() {
        let folder = tempfile::tempdir().unwrap();
        let keep = |algorithm| keep(folder.path(), algorithm, &Random::counted(1)).unwrap();
        assert_eq!(kids(folder.path()), []);
        for algorithm in Algorithm::ALL {
            let key = parse(&keep(algorithm)).unwrap();
            assert_eq!(key.public_key().algorithm(), algorithm);
            assert_eq!(parse(&keep(algorithm)).unwrap().kid(), key.kid());
            assert!(kids(folder.path()).contains(key.kid()));
        }
        forget(folder.path()).unwrap();
        assert_eq!(kids(folder.path()), []);
    }

    #[test]
    fn a_file_that_holds_no_key_is_named_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "key", &"0".repeat(64)] {
            fs::write(folder.path().join("signing-key"), text).unwrap();
            let message = keep(folder.path(), Algorithm::Es256, &Random::counted(1)).unwrap_err();
            assert!(
                message.contains("signing-key must be 64") && message.contains("remove"),
                "{message}"
            );
        }
        let file = folder.path().join("signing-key");
        let message = keep(&file, Algorithm::Es256, &Random::counted(1)).unwrap_err();
        assert!(message.contains("start in another one"), "{message}");
    }
}

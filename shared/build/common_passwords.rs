//! Packs the list of common passwords for `src/password/common_passwords.rs`, which reads it.
//!
//! The list is sorted, so most entries share a prefix with the entry before. An entry becomes one
//! byte and the rest after the shared prefix. The byte's high half is the length of the prefix (at
//! most 15), its low half the length of the rest. If the rest has 15 bytes or more, the low half is
//! 15 and the length is the next byte.

use std::io::{Error, ErrorKind};
use std::path::PathBuf;

const LIST: &str = "common-passwords/list.txt";

/// Writes `common-passwords`.
pub(super) fn write() -> Result<(), Error> {
    println!("cargo::rerun-if-changed={LIST}");
    #[expect(clippy::disallowed_methods, reason = "Cargo sets it for build scripts")]
    let out = std::env::var_os("OUT_DIR").ok_or(ErrorKind::NotFound)?;
    let packed = pack(&std::fs::read_to_string(LIST)?)?;
    std::fs::write(PathBuf::from(out).join("common-passwords"), packed)
}

fn pack(list: &str) -> Result<Vec<u8>, Error> {
    let mut packed = Vec::new();
    let mut before = "";
    for entry in list.lines() {
        if before >= entry {
            return Err(Error::other(format!("{LIST} is not sorted at {entry:?}")));
        }
        let same = before.bytes().zip(entry.bytes()).take_while(|(a, b)| a == b).count();
        let shared = u8::try_from(same).unwrap_or(u8::MAX).min(15);
        let rest = &entry.as_bytes()[usize::from(shared)..];
        let length = u8::try_from(rest.len()).map_err(Error::other)?;
        packed.push(shared << 4 | length.min(15));
        packed.extend((length >= 15).then_some(length));
        packed.extend(rest);
        before = entry;
    }
    Ok(packed)
}

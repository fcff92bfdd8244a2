//! The text of a password's hash, as a row of an adopted database may hold it.

#![no_main]

use legacy::passwords::scheme_of;
use libfuzzer_sys::fuzz_target;
use shared::Secret;
use shared::password::{HashedBy, StoredPassword, Unreadable};

fuzz_target!(|text: &str| {
    let stored = |text: &str| StoredPassword {
        hash: Some(Secret::new(text.to_owned())),
        hashed_by: HashedBy::App,
    };
    match stored(text).read() {
        // What is read is written in one way, which reads as the same.
        Ok(hash) => {
            assert!((4..=18).contains(&hash.cost()));
            let written = hash.to_text();
            let again = stored(written.expose()).read().unwrap();
            assert_eq!(again.to_text(), written);
        }
        Err(Unreadable::TooCostly) => {}
        Err(Unreadable::NoPassword) => assert_eq!(text, ""),
        // A name out of a fixed list: never a part of what may be a plain password.
        Err(Unreadable::UnknownHash) => {
            let scheme = scheme_of(text);
            let letters =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            assert!(scheme.bytes().all(letters), "{scheme}");
        }
    }
});

//! The text of a password hash in an adopted database.

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
        // A hash has one spelling, which is read as the same hash.
        Ok(hash) => {
            assert!((4..=18).contains(&hash.cost()));
            let written = hash.to_text();
            let again = stored(written.expose()).read().unwrap();
            assert_eq!(again.to_text(), written);
        }
        Err(Unreadable::TooCostly) => {}
        Err(Unreadable::NoPassword) => assert_eq!(text, ""),
        // The name is one of a fixed list, never a part of what may be a plain password.
        Err(Unreadable::UnknownHash) => {
            let scheme = scheme_of(text);
            let letters =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            assert!(scheme.bytes().all(letters), "{scheme}");
        }
    }
});

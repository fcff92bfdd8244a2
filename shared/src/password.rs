//! Passwords and their hashes: bcrypt, and passlib's `bcrypt_sha256` above 72 bytes.

mod blocklist;
mod common_passwords;
mod hash;
mod passwords;

pub use blocklist::Blocklist;
pub use hash::{
    BCRYPT, BCRYPT_SHA256, HashedBy, MAX_COST, PasswordHash, StoredPassword, Unreadable,
};
pub use passwords::{Password, Passwords, RefusalReason, TOO_COSTLY, UNKNOWN_SCHEME, Verified};

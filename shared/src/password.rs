//! Passwords and their hashes: bcrypt, and passlib's `bcrypt_sha256` above 72 bytes.

mod hash;
mod passwords;
mod plain;

pub use hash::PasswordHash;
pub use passwords::{HashedBy, Passwords, StoredPassword, Verified};
pub use plain::{NewPassword, Password};

//! Passwords and their hashes: bcrypt, and passlib's `bcrypt_sha256` above 72 bytes.

mod foreign_scheme;
mod hash;
mod passwords;
mod plain;
mod queue;
mod stored;

pub use foreign_scheme::ForeignScheme;
pub(crate) use foreign_scheme::Patterns;
pub use hash::PasswordHash;
pub(crate) use hash::{BCRYPT, BCRYPT_SHA256, DEAREST};
pub use passwords::{Passwords, Verified};
pub use plain::{NewPassword, Password};
pub use queue::Queued;
pub use stored::{HashedBy, StoredPassword, Unreadable};

//! Passwords and their hashes: bcrypt, and passlib's `bcrypt_sha256` above 72 bytes.

mod hash;
mod passwords;
mod plain;
mod refusal_reason;
mod stored;

pub use hash::{BCRYPT, BCRYPT_SHA256, MAX_COST, PasswordHash};
pub use passwords::{Passwords, TOO_COSTLY, UNKNOWN_SCHEME, Verified};
pub use plain::Password;
pub use refusal_reason::RefusalReason;
pub use stored::{HashedBy, StoredPassword, Unreadable};

//! Stored passwords that Latchkey doesn't verify.

mod foreign_scheme;
mod unreadable;

pub use foreign_scheme::scheme_of;
pub use unreadable::{Counts, UnreadablePassword, UnreadablePasswords};

//! The one-time move from the legacy app: the adoption of its database, its tokens until a day
//! that the operator sets, and the names of the password schemes that Latchkey doesn't verify.
//! `docs/move/deleting-legacy.md` says how to delete this crate.

pub mod adoption;
pub mod passwords;
pub mod tokens;

//! The one-time move from the legacy app: the adoption of its database, and its tokens until a day
//! that the operator sets. `docs/move/deleting-legacy.md` says how to delete it.

pub mod adoption;
pub mod tokens;

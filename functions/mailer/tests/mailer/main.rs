//! The loop over a real outbox.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod drained;
mod killed;
mod outbox;
mod way_out;
mod world;

//! SQL over a real PostgreSQL, with a database for each test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod last_release;
mod limits;
mod mails;
mod sessions;
mod sign_in;
mod statements;
mod users;
mod verifier;

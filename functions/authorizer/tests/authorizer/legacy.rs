//! Tokens of the legacy app, and the users that they name.

mod callers;
mod log;
mod secrets;
mod tokens;

//! Tokens of the legacy app, and the users that they name.

mod callers;
mod secrets;
mod tokens;

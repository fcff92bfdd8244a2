//! The program itself: how it starts, how it ends, and what it says when it can't.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod adoption;
mod faults;
mod folder;
mod mails;
mod service;
mod verbs;

//! What a caller sees while the network, the database or AWS fails: the functions themselves, over
//! a real PostgreSQL and a proxy that disturbs it. `docs/operate/faults.md` lists these tests.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod blackhole;
mod busy;
mod conflict;
mod container;
mod crowd;
mod discovery;
mod fixture;
mod forged;
mod freeze;
mod gatekeeper;
mod kill;
mod late;
mod limits;
mod mail;
mod member;
mod one_time;
mod page;
mod process;
mod read_only;
mod refresh;
mod restart;
mod rotation;
mod secret;
mod secrets_manager;
mod service;

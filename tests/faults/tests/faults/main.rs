//! What a caller sees while the network, the database or AWS fail: the functions themselves, over
//! a real PostgreSQL and a proxy that can be disturbed. `docs/operate/faults.md` has them as a table.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod blackhole;
mod busy;
mod conflict;
mod container;
mod crowd;
mod forged;
mod freeze;
mod gatekeeper;
mod ground;
mod kill;
mod late;
mod page;
mod process;
mod read_only;
mod restart;
mod secret;
mod secrets_manager;
mod service;

//! The service as its callers see it, over HTTP and with none of our crates.
//!
//! `cargo test -p black-box` builds the local runner, starts it over an empty database and sends
//! it everything below. `README.md` explains other targets.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes a test with a main of its own for a program"
)]

mod account;
mod check;
mod client;
mod client_proof;
mod content;
mod cors;
mod crowd;
mod database;
mod discovery;
mod docs;
mod errors;
mod expectation;
mod gateway;
mod introspection;
mod jwks;
mod jws;
mod kind;
mod limits;
mod log;
mod mail;
mod me;
mod noise;
mod operator;
mod outage;
mod overload;
mod person;
mod policies;
mod pooler;
mod process;
mod refresh;
mod revocation;
mod roles;
mod routes;
mod rsa;
mod runner;
mod secrets;
mod sessions;
mod settings;
mod signin;
mod signout;
mod signup;
mod socket;
mod target;
mod timing;
mod token;
mod tokens;
mod users;
mod wire;

use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;

use libtest_mimic::Arguments;

use crate::check::Check;
use crate::target::Target;

/// The checks that may run side by side.
fn together() -> Vec<Check> {
    [
        signup::checks(),
        signin::checks(),
        client_proof::checks(),
        token::checks(),
        refresh::checks(),
        account::checks(),
        limits::checks(),
        mail::checks(),
        me::checks(),
        sessions::checks(),
        signout::checks(),
        revocation::checks(),
        content::checks(),
        roles::checks(),
        jwks::checks(),
        discovery::checks(),
        introspection::checks(),
        docs::checks(),
        cors::checks(),
        errors::checks(),
        gateway::checks(),
        wire::checks(),
        tokens::checks(),
        users::checks(),
        noise::checks(),
        settings::checks(),
        policies::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The checks that need exclusive use of the machine or the database.
fn alone() -> Vec<Check> {
    [
        client_proof::alone(),
        crowd::checks(),
        limits::alone(),
        overload::checks(),
        timing::checks(),
        mail::alone(),
        outage::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The most checks side by side: all may sign in one user, who takes ten sign-ins at once from one address.
const THREADS: usize = 8;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if arguments.list {
        for checks in [together(), alone(), log::checks()] {
            let _ = libtest_mimic::run(&arguments, check::listed(checks));
        }
        return ExitCode::SUCCESS;
    }
    let target = match Target::from_environment() {
        Ok(target) => Arc::new(target),
        Err(sentence) => {
            eprintln!("error: {sentence}");
            return ExitCode::FAILURE;
        }
    };
    // Times can be compared only while nothing else runs, and the log is complete only once the
    // service has stopped.
    let threads = arguments.test_threads.or_else(|| available_parallelism().ok().map(NonZero::get));
    let side_by_side = Arguments { test_threads: threads.min(Some(THREADS)), ..arguments.clone() };
    let mut ends = vec![libtest_mimic::run(&side_by_side, check::trials(&target, together()))];
    let one_by_one = Arguments { test_threads: Some(1), ..arguments.clone() };
    ends.push(libtest_mimic::run(&one_by_one, check::trials(&target, alone())));
    target.stop();
    ends.push(libtest_mimic::run(&arguments, check::trials(&target, log::checks())));
    target.print_summary();
    if ends.iter().any(libtest_mimic::Conclusion::has_failed) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

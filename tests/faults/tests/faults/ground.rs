//! What a test stands on: a database of its own, a way to it that can be disturbed.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, Instant};

use shared::db::Group;
use shared::http::Endpoint;
use stage::{Proxy, Stage};
use tokio::runtime::Runtime;

use crate::container::{Container, runtime};

/// What promises a time has the machine without those that load it.
static MACHINE: RwLock<()> = RwLock::new(());

/// Beside others that load the machine no more than a request does.
pub(crate) fn side_by_side() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().unwrap_or_else(PoisonError::into_inner)
}

/// With the machine to itself, as far as this test binary goes.
pub(crate) fn alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}

/// A database and the way to it.
pub(crate) struct Ground {
    pub(crate) stage: Stage,
    pub(crate) proxy: Proxy,
    runtime: Runtime,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let runtime = runtime();
        let stage = runtime.block_on(Stage::new());
        Self::over(runtime, stage)
    }

    /// Over a server of the test's own.
    pub(crate) fn at(server: &stage::Server) -> Self {
        let runtime = runtime();
        let stage = runtime.block_on(Stage::at(server));
        Self::over(runtime, stage)
    }

    fn over(runtime: Runtime, stage: Stage) -> Self {
        let proxy = Proxy::to(&stage.url);
        Self { stage, proxy, runtime }
    }

    /// A container that comes by the proxy, with the login of its function.
    pub(crate) fn start<E: Endpoint>(&self) -> Container<E> {
        Container::start(&self.url_for(E::FUNCTION))
    }

    /// One that serves many at once over so many connections.
    pub(crate) fn start_for_many<E: Endpoint>(&self, connections: usize) -> Container<E> {
        Container::start_for_many(&self.url_for(E::FUNCTION), connections)
    }

    fn url_for(&self, function: &str) -> String {
        // The authorizer is asked in the way of `me`, which has no login.
        let group = Group::of(function).unwrap_or(Group::Authorizer);
        self.proxy.url(&self.stage.url_of(group))
    }

    /// Runs statements by hand, past the proxy.
    pub(crate) fn execute(&self, statements: &str) {
        self.runtime.block_on(self.stage.execute(statements));
    }

    /// The one value that a statement gives.
    pub(crate) fn value(&self, statement: &str) -> String {
        self.runtime.block_on(self.stage.value(statement))
    }

    /// A session by hand, past the proxy.
    pub(crate) fn session(&self) -> Session<'_> {
        let client = self.runtime.block_on(self.stage.client());
        Session { client, runtime: &self.runtime }
    }

    /// Ends all of the functions' connections, as an operator or a failover does.
    pub(crate) fn end_connections(&self) {
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'latchkey'",
        );
    }

    /// Waits until the functions' connections of this kind are so many at the server.
    pub(crate) fn wait_for_connections(&self, condition: &str, number: u32) {
        let count = format!(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'latchkey' AND {condition}"
        );
        wait_until(condition, || self.value(&count) == number.to_string());
    }
}

/// A session of the test's own.
pub(crate) struct Session<'a> {
    client: tokio_postgres::Client,
    runtime: &'a Runtime,
}

impl Session<'_> {
    pub(crate) fn run(&self, statements: &str) {
        self.runtime.block_on(self.client.batch_execute(statements)).unwrap();
    }
}

/// Waits for a condition, so long that only one that never comes about fails.
#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "not so: {what}");
        thread::yield_now();
    }
}

//! The fixture of a test: its own database, and a proxy that disturbs the way to it.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, Instant};

use shared::db::Group;
use shared::http::Endpoint;
use stage::{Proxy, Stage};
use tokio::runtime::Runtime;

use crate::container::{Container, runtime};

/// Held exclusively by tests that measure time, shared by those that load the machine.
static MACHINE: RwLock<()> = RwLock::new(());

/// For a test that may run beside others.
pub(crate) fn side_by_side() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().unwrap_or_else(PoisonError::into_inner)
}

/// For a test that must run alone in this test binary.
pub(crate) fn alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}

/// A database, and a proxy before it.
pub(crate) struct Fixture {
    pub(crate) stage: Stage,
    pub(crate) proxy: Proxy,
    runtime: Runtime,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let runtime = runtime();
        let stage = runtime.block_on(Stage::new());
        Self::over(runtime, stage)
    }

    /// With a database on the test's own server.
    pub(crate) fn at(server: &stage::Server) -> Self {
        let runtime = runtime();
        let stage = runtime.block_on(Stage::at(server));
        Self::over(runtime, stage)
    }

    fn over(runtime: Runtime, stage: Stage) -> Self {
        let proxy = Proxy::to(&stage.url);
        Self { stage, proxy, runtime }
    }

    /// A container that connects through the proxy, with its function's login.
    pub(crate) fn start<E: Endpoint>(&self) -> Container<E> {
        Container::start(&self.url_for(E::FUNCTION))
    }

    /// The URL of a function's database through the proxy, with its login.
    pub(crate) fn url_for(&self, function: &str) -> String {
        // A request for `me` reaches the database through the authorizer; `me` has no login.
        let group = Group::of(function).unwrap_or(Group::Authorizer);
        self.proxy.url(&self.stage.url_of(group))
    }

    /// Executes statements as the owner, without the proxy.
    pub(crate) fn execute(&self, statements: &str) {
        self.runtime.block_on(self.stage.execute(statements));
    }

    /// The single value of a query.
    pub(crate) fn value(&self, statement: &str) -> String {
        self.runtime.block_on(self.stage.value(statement))
    }

    /// A session as the owner, without the proxy.
    pub(crate) fn session(&self) -> Session<'_> {
        let client = self.runtime.block_on(self.stage.client());
        Session { client, runtime: &self.runtime }
    }

    /// Terminates all connections of the functions, as an operator or a failover does.
    pub(crate) fn end_connections(&self) {
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'latchkey'",
        );
    }

    /// Waits until the functions have `number` connections at the server that match `condition`.
    pub(crate) fn wait_for_connections(&self, condition: &str, number: usize) {
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

/// Waits for a condition for 30 seconds, then panics.
#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "not so: {what}");
        thread::yield_now();
    }
}

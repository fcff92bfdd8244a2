//! A database that is reachable, and busy.

use std::thread;
use std::time::Duration;

use crate::blackhole::DEADLINE;
use crate::container::Answer;
use crate::fixture::{Fixture, side_by_side};
use crate::service::Service;

/// Asserts that the server runs no statement of ours and no container has a second connection.
fn is_clean(fixture: &Fixture) {
    fixture.wait_for_connections("state <> 'idle'", 0);
    fixture.wait_for_connections("wait_event_type = 'Lock'", 0);
}

#[test]
fn a_lock_is_waited_for_in_bounds_and_nothing_of_it_is_left() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let service = Service::start(&fixture);
    let session = fixture.session();
    session.run("BEGIN; LOCK TABLE users, sign_ins, signing_keys, mails, one_time_secrets IN ACCESS EXCLUSIVE MODE");
    service.ask().iter().for_each(|answer| answer.is_unavailable_within(DEADLINE));
    // The statement is cancelled before the lock is released.
    is_clean(&fixture);
    assert!(fixture.proxy.cancels() >= Service::CONTAINERS);
    session.run("ROLLBACK");
    service.ask().iter().for_each(Answer::is_good);
    fixture.wait_for_connections("true", Service::CONTAINERS);
}

#[test]
fn a_lock_that_is_let_go_of_in_time_costs_time_alone() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let service = Service::start(&fixture);
    let session = fixture.session();
    session.run("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
    thread::scope(|scope| {
        let write = scope.spawn(|| service.write());
        fixture.wait_for_connections("wait_event_type = 'Lock'", 1);
        // Long enough for a client without patience.
        session.run("SELECT pg_sleep(1); ROLLBACK");
        write.join().unwrap().is_good();
    });
}

#[test]
fn a_slow_statement_is_cancelled() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let service = Service::start(&fixture);
    fixture.execute(
        "ALTER TABLE signing_keys RENAME TO keys; \
         CREATE VIEW signing_keys AS SELECT keys.* FROM keys, pg_sleep(60); \
         GRANT SELECT ON signing_keys TO latchkey_authorizer, latchkey_jwks",
    );
    service.read().iter().for_each(|answer| answer.is_unavailable_within(DEADLINE));
    is_clean(&fixture);
    fixture.execute("DROP VIEW signing_keys; ALTER TABLE keys RENAME TO signing_keys");
    service.ask().iter().for_each(Answer::is_good);
}

/// The limits that an operator may set for a login or a database.
#[test]
fn the_operators_limits_cause_no_error_of_ours() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let name = fixture.value("SELECT current_database()");
    for limit in ["statement_timeout", "lock_timeout"] {
        fixture.execute(&format!("ALTER DATABASE {name} SET {limit} = '50ms'"));
        let service = Service::start(&fixture);
        let session = fixture.session();
        session.run(&format!("SET {limit} = 0; BEGIN; LOCK TABLE users, signing_keys"));
        service
            .read()
            .iter()
            .for_each(|answer| answer.is_unavailable_within(Duration::from_secs(1)));
        session.run("ROLLBACK");
        service.ask().iter().for_each(Answer::is_good);
        fixture.execute(&format!("ALTER DATABASE {name} RESET {limit}"));
    }
    // The server ends idle sessions; no caller notices.
    fixture.execute(&format!("ALTER DATABASE {name} SET idle_session_timeout = '50ms'"));
    let service = Service::start(&fixture);
    fixture.wait_for_connections("true", 0);
    service.ask().iter().for_each(Answer::is_good);
}

//! A database that is there, and busy.

use std::thread;
use std::time::Duration;

use signup::Signup;

use crate::blackhole::DEADLINE;
use crate::container::{Answer, Container};
use crate::ground::{Ground, side_by_side};
use crate::service::{Service, sign_up, somebody};

/// No statement is under way for us at the server, and each container has at most its connection.
fn is_clean(ground: &Ground) {
    ground.wait_for_connections("state <> 'idle'", 0);
    ground.wait_for_connections("wait_event_type = 'Lock'", 0);
}

#[test]
fn a_lock_is_waited_for_in_bounds_and_nothing_of_it_is_left() {
    let _machine = side_by_side();
    let ground = Ground::new();
    let service = Service::start(&ground);
    let session = ground.session();
    session.run("BEGIN; LOCK TABLE users, signing_keys IN ACCESS EXCLUSIVE MODE");
    service.ask().iter().for_each(|answer| answer.is_unavailable_within(DEADLINE));
    // Cancelled, before the lock is let go of.
    is_clean(&ground);
    assert!(ground.proxy.cancels() >= Service::CONTAINERS);
    session.run("ROLLBACK");
    service.ask().iter().for_each(Answer::is_good);
    ground.wait_for_connections("true", 3);
}

#[test]
fn a_lock_that_is_let_go_of_in_time_costs_time_alone() {
    let _machine = side_by_side();
    let ground = Ground::new();
    let service = Service::start(&ground);
    let session = ground.session();
    session.run("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
    thread::scope(|scope| {
        let write = scope.spawn(|| service.write());
        ground.wait_for_connections("wait_event_type = 'Lock'", 1);
        // Long enough for whoever has no patience.
        session.run("SELECT pg_sleep(1); ROLLBACK");
        write.join().unwrap().is_good();
    });
}

#[test]
fn a_slow_statement_is_cancelled() {
    let _machine = side_by_side();
    let ground = Ground::new();
    let service = Service::start(&ground);
    ground.execute(
        "ALTER TABLE signing_keys RENAME TO keys; \
         CREATE VIEW signing_keys AS SELECT keys.* FROM keys, pg_sleep(60); \
         GRANT SELECT ON signing_keys TO latchkey_authorizer, latchkey_jwks",
    );
    service.read().iter().for_each(|answer| answer.is_unavailable_within(DEADLINE));
    is_clean(&ground);
    ground.execute("DROP VIEW signing_keys; ALTER TABLE keys RENAME TO signing_keys");
    service.ask().iter().for_each(Answer::is_good);
}

/// The limits that an operator may set for a login or a database.
#[test]
fn limits_of_the_operators_are_no_mistake_of_ours() {
    let _machine = side_by_side();
    let ground = Ground::new();
    let name = ground.value("SELECT current_database()");
    for limit in ["statement_timeout", "lock_timeout"] {
        ground.execute(&format!("ALTER DATABASE {name} SET {limit} = '50ms'"));
        let service = Service::start(&ground);
        let session = ground.session();
        session.run(&format!("SET {limit} = 0; BEGIN; LOCK TABLE users, signing_keys"));
        service
            .read()
            .iter()
            .for_each(|answer| answer.is_unavailable_within(Duration::from_secs(1)));
        session.run("ROLLBACK");
        service.ask().iter().for_each(Answer::is_good);
        ground.execute(&format!("ALTER DATABASE {name} RESET {limit}"));
    }
    // A session without a request is ended by the server, and nobody hears of it.
    ground.execute(&format!("ALTER DATABASE {name} SET idle_session_timeout = '50ms'"));
    let service = Service::start(&ground);
    ground.wait_for_connections("true", 0);
    service.ask().iter().for_each(Answer::is_good);
}

/// A process that serves several at once, as the local runner does, with fewer connections.
#[test]
fn a_busy_pool_is_waited_for_in_bounds() {
    let _machine = side_by_side();
    let ground = Ground::new();
    let signup: Container<Signup> = ground.start_for_many(2);
    let ask = || -> Vec<Answer> {
        thread::scope(|scope| {
            let asking: Vec<_> =
                (0..20).map(|_| scope.spawn(|| signup.ask(&sign_up(&somebody())))).collect();
            asking.into_iter().map(|answer| answer.join().unwrap()).collect()
        })
    };
    let session = ground.session();
    session.run("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
    for answer in ask() {
        answer.is_unavailable_within(DEADLINE);
    }
    is_clean(&ground);
    session.run("ROLLBACK");
    let connects = ground.proxy.connects();
    for answer in ask() {
        answer.is_good();
    }
    assert_eq!(ground.proxy.open(), 2);
    assert!(ground.proxy.connects() <= connects + 2);
}

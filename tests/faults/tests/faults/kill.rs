//! Connections that are killed ten times a second, under load.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use shared::Environment;

use crate::fixture::{Fixture, alone};
use crate::service::Service;

/// The time between two kills of all connections.
const EVERY: Duration = Duration::from_millis(100);

/// The number of concurrent clients, each with its own containers.
const CALLERS: usize = 4;

/// The duration of the load: `FAULT_SECONDS`, which `.ci/run` sets to thirty.
fn seconds() -> Duration {
    let seconds = Environment::of_process().text("FAULT_SECONDS");
    Duration::from_secs(seconds.map_or(5, |seconds| seconds.parse().unwrap()))
}

#[test]
fn connections_that_are_killed_fail_no_request_and_double_no_write() {
    let _machine = alone();
    let fixture = Fixture::new();
    let services: Vec<_> = (0..CALLERS).map(|_| Service::start(&fixture)).collect();
    under_fire(&fixture, &services);
}

/// Sends requests to each service without pause while all connections are killed.
fn under_fire(fixture: &Fixture, services: &[Service]) {
    let count = |table: &str| -> usize {
        fixture.value(&format!("SELECT count(*) FROM {table}")).parse().unwrap()
    };
    let (users, roles, sessions) = (count("users"), count("users_to_roles"), count("sign_ins"));
    let connects = fixture.proxy.connects();
    let (is_over, sign_ups) = (&AtomicBool::new(false), &AtomicUsize::new(0));
    let mut kills = 0;
    thread::scope(|scope| {
        for service in services {
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    service.ask_of_newcomers();
                    sign_ups.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let began = Instant::now();
        while began.elapsed() < seconds() {
            thread::park_timeout(EVERY);
            // Alternately in the proxy, in the middle of a message, and at the server.
            kills += 1;
            if kills % 2 == 0 {
                fixture.proxy.cut();
            } else {
                fixture.end_connections();
            }
        }
        is_over.store(true, Ordering::SeqCst);
    });
    let (sign_ups, reconnects) =
        (sign_ups.load(Ordering::SeqCst), fixture.proxy.connects() - connects);
    println!("{kills} kills, {reconnects} reconnects, {sign_ups} newcomers");
    assert!(reconnects > kills && sign_ups > 0, "it was no load, or nothing was killed");
    assert_eq!(count("users"), users + sign_ups);
    assert_eq!(count("users_to_roles"), roles + sign_ups);
    assert_eq!(count("sign_ins"), sessions + sign_ups);
    // The end of all others and a change of the password, once each; and one rotation.
    assert_eq!(count("users WHERE session_epoch > 1"), sign_ups);
    assert_eq!(count("users WHERE session_epoch > 2"), 0);
    let rotated = "sign_ins WHERE kind = 'token' AND generation = 1 AND reused_at IS NULL";
    assert_eq!(count(rotated), services.len() + sign_ups);
    // Each secret was used once, with its effect and its notices.
    let each = services.iter().map(Service::mails_asked);
    let (asked, changes) =
        (each.clone().sum::<usize>(), each.map(|asked| asked / 2).sum::<usize>());
    let readers = "users AS u WHERE u.username LIKE 'reader-%'";
    for (rows, expected) in [
        ("one_time_secrets WHERE used_by IS NOT NULL", 2 * asked),
        (&format!("{readers} AND u.password <> 'old' AND u.session_epoch = 1"), asked),
        (&format!("{readers} AND u.session_epoch > 0"), asked),
        (&format!("{readers} AND u.verified_email = u.email"), 2 * asked),
        (&format!("{readers} AND u.email LIKE 'new-%'"), changes),
        (
            "mails AS m JOIN users AS u ON u.id = m.user_id \
          WHERE u.username LIKE 'reader-%' AND m.kind = 'password_changed'",
            asked,
        ),
        ("mails WHERE kind = 'email_changed'", 2 * changes),
        ("mails WHERE kind = 'reset'", asked),
        ("mails WHERE kind = 'change'", asked),
    ] {
        assert_eq!(count(rows), expected, "{rows}");
    }
}

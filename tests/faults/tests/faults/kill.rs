//! Connections that are killed ten times a second, under load.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use shared::Environment;

use crate::container::Answer;
use crate::ground::{Ground, alone};
use crate::service::Service;

/// How often all connections are killed.
const EVERY: Duration = Duration::from_millis(100);

/// How many ask at the same time, each with containers of its own.
const CALLERS: usize = 4;

/// Thirty seconds where `FAULT_SECONDS` says so, as in `.ci/run`.
fn seconds() -> Duration {
    let seconds = Environment::of_process().text("FAULT_SECONDS");
    Duration::from_secs(seconds.map_or(5, |seconds| seconds.parse().unwrap()))
}

#[test]
fn connections_that_are_killed_fail_no_request_and_double_no_write() {
    let _machine = alone();
    let ground = Ground::new();
    let services: Vec<_> = (0..CALLERS).map(|_| Service::start(&ground)).collect();
    under_fire(&ground, &services.iter().collect::<Vec<_>>());
}

/// As the local runner has them.
#[test]
fn nor_do_they_where_many_share_a_pool() {
    let _machine = alone();
    let ground = Ground::new();
    let service = Service::start_for_many(&ground, CALLERS / 2);
    under_fire(&ground, &[&service; CALLERS]);
}

/// Asks each of the services all the time, and kills all connections meanwhile.
fn under_fire(ground: &Ground, services: &[&Service]) {
    let count = |table: &str| -> usize {
        ground.value(&format!("SELECT count(*) FROM {table}")).parse().unwrap()
    };
    let (users, connects) = (count("users"), ground.proxy.connects());
    let (is_over, sign_ups) = (&AtomicBool::new(false), &AtomicUsize::new(0));
    let mut kills = 0;
    thread::scope(|scope| {
        for service in services {
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    service.ask_of_a_newcomer().iter().for_each(Answer::is_good);
                    sign_ups.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let began = Instant::now();
        while began.elapsed() < seconds() {
            thread::park_timeout(EVERY);
            // By turns on the wire, in the middle of whatever is sent, and at the server.
            kills += 1;
            if kills % 2 == 0 {
                ground.proxy.cut();
            } else {
                ground.end_connections();
            }
        }
        is_over.store(true, Ordering::SeqCst);
    });
    let (sign_ups, reconnects) =
        (sign_ups.load(Ordering::SeqCst), ground.proxy.connects() - connects);
    println!("{kills} kills, {reconnects} reconnects, {sign_ups} newcomers");
    assert!(reconnects > kills && sign_ups > 0, "it was no load, or nothing was killed");
    assert_eq!(count("users"), users + sign_ups);
    assert_eq!(count("users_to_roles"), users + sign_ups);
}

//! A container that thaws after its connection was lost.

use std::thread;
use std::time::{Duration, Instant};

use crate::container::Answer;
use crate::fixture::{Fixture, side_by_side};
use crate::service::Service;

const SECOND: Duration = Duration::from_secs(1);

/// After the loss, each container's first request succeeds within a second, with one reconnect.
fn costs_one_reconnect_each(lose: impl Fn(&Fixture)) {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let service = Service::start(&fixture);
    assert_eq!(fixture.proxy.connects(), Service::CONTAINERS);
    lose(&fixture);
    service.ask().iter().for_each(|answer| answer.is_good_within(SECOND));
    assert_eq!(fixture.proxy.connects(), 2 * Service::CONTAINERS);
    // The request after that reconnects nothing.
    let statements = fixture.proxy.statements();
    service.ask().iter().for_each(Answer::is_good);
    assert_eq!(fixture.proxy.connects(), 2 * Service::CONTAINERS);
    assert_eq!(fixture.proxy.statements(), statements + Service::STATEMENTS);
}

#[test]
fn a_connection_that_was_reset_costs_one_reconnect() {
    costs_one_reconnect_each(|fixture| fixture.proxy.cut());
}

#[test]
fn a_connection_that_the_server_ended_costs_one_reconnect() {
    costs_one_reconnect_each(|fixture| {
        fixture.end_connections();
        fixture.wait_for_connections("true", 0);
    });
}

/// As with a firewall that has forgotten a connection, or a server that has vanished.
#[test]
fn a_connection_that_was_lost_in_silence_costs_one_reconnect() {
    costs_one_reconnect_each(|fixture| {
        fixture.proxy.strand();
        let frozen = Instant::now();
        while frozen.elapsed() < SECOND {
            thread::park_timeout(SECOND);
        }
    });
}

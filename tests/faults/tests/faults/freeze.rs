//! A container that thaws, and whose connection was lost meanwhile.

use std::thread;
use std::time::{Duration, Instant};

use crate::container::Answer;
use crate::ground::{Ground, side_by_side};
use crate::service::Service;

const SECOND: Duration = Duration::from_secs(1);

/// The first request of each container after the loss is good within a second, by one reconnect.
fn costs_one_reconnect_each(lose: impl Fn(&Ground)) {
    let _machine = side_by_side();
    let ground = Ground::new();
    let service = Service::start(&ground);
    assert_eq!(ground.proxy.connects(), Service::CONTAINERS);
    lose(&ground);
    service.ask().iter().for_each(|answer| answer.is_good_within(SECOND));
    assert_eq!(ground.proxy.connects(), 2 * Service::CONTAINERS);
    // And the one after that is as if nothing had been.
    let statements = ground.proxy.statements();
    service.ask().iter().for_each(Answer::is_good);
    assert_eq!(ground.proxy.connects(), 2 * Service::CONTAINERS);
    assert_eq!(ground.proxy.statements(), statements + Service::CONTAINERS);
}

#[test]
fn a_connection_that_was_reset_costs_one_reconnect() {
    costs_one_reconnect_each(|ground| ground.proxy.cut());
}

#[test]
fn a_connection_that_the_server_ended_costs_one_reconnect() {
    costs_one_reconnect_each(|ground| {
        ground.end_connections();
        ground.wait_for_connections("true", 0);
    });
}

/// As a firewall does it that has forgotten a connection, or a server whose machine has gone.
#[test]
fn a_connection_that_was_lost_in_silence_costs_one_reconnect() {
    costs_one_reconnect_each(|ground| {
        ground.proxy.strand();
        let frozen = Instant::now();
        while frozen.elapsed() < SECOND {
            thread::park_timeout(SECOND);
        }
    });
}

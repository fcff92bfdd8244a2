//! A network that silently drops everything.

use std::thread;
use std::time::Duration;

use signup::Signup;
use stage::Mode;

use crate::fixture::{Fixture, side_by_side, wait_until};
use crate::service::{Service, sign_up, somebody};

/// The longest time until an answer: `DATABASE_CONNECT_SECONDS` and two.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

#[test]
fn a_query_that_is_lost_is_given_up_in_time_and_its_connection_thrown_away() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let service = Service::start(&fixture);
    let connects = fixture.proxy.connects();
    fixture.proxy.set(Mode::Blackhole);
    service.ask().iter().for_each(|answer| answer.is_unavailable_within(DEADLINE));
    fixture.proxy.set(Mode::Pass);
    let lost = fixture.proxy.connects();
    service.ask().iter().for_each(|answer| answer.is_good_within(Duration::from_secs(1)));
    assert_eq!(fixture.proxy.connects(), lost + Service::CONTAINERS, "{connects}, {lost}");
    wait_until("what was lost is closed", || fixture.proxy.open() == Service::CONTAINERS);
}

#[test]
fn a_change_of_a_session_that_is_lost_is_given_up_in_time_and_made_once_the_network_is_back() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let changes = Service::CHANGES.map(|change| {
        let service = Service::start(&fixture);
        let member = service.new_member();
        (change, service, member)
    });
    fixture.proxy.set(Mode::Blackhole);
    thread::scope(|scope| {
        for (change, service, member) in &changes {
            scope.spawn(|| change(service, member).is_unavailable_within(DEADLINE));
        }
    });
    fixture.proxy.set(Mode::Pass);
    for (change, service, member) in &changes {
        change(service, member).is_good_within(Duration::from_secs(1));
    }
}

#[test]
fn a_function_that_starts_in_it_answers_in_time_and_recovers() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    fixture.proxy.set(Mode::Blackhole);
    let signup = fixture.start::<Signup>();
    signup.ask(&sign_up(&somebody())).is_unavailable_within(DEADLINE);
    fixture.proxy.set(Mode::Pass);
    signup.ask(&sign_up(&somebody())).is_good_within(Duration::from_secs(1));
}

#[test]
fn a_slow_network_is_waited_for() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let signup = fixture.start::<Signup>();
    let (connects, statements) = (fixture.proxy.connects(), fixture.proxy.statements());
    let time = Duration::from_millis(100);
    fixture.proxy.set(Mode::Delay(time));
    let answer = signup.ask(&sign_up(&somebody()));
    answer.is_good();
    assert!(answer.took >= 2 * time, "{answer:?}");
    assert_eq!((fixture.proxy.connects(), fixture.proxy.statements()), (connects, statements + 2));
}

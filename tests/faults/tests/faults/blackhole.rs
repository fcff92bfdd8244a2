//! A network in which everything is lost in silence.

use std::time::Duration;

use signup::Signup;
use stage::Mode;

use crate::ground::{Ground, side_by_side, wait_until};
use crate::service::{Service, sign_up, somebody};

/// When whoever asks has an answer at the latest (`shared/src/db/turn.rs`).
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

#[test]
fn a_query_that_is_lost_is_given_up_in_time_and_its_connection_thrown_away() {
    let _machine = side_by_side();
    let ground = Ground::new();
    let service = Service::start(&ground);
    let connects = ground.proxy.connects();
    ground.proxy.set(Mode::Blackhole);
    service.ask().iter().for_each(|answer| answer.is_unavailable_within(DEADLINE));
    ground.proxy.set(Mode::Pass);
    let lost = ground.proxy.connects();
    service.ask().iter().for_each(|answer| answer.is_good_within(Duration::from_secs(1)));
    assert_eq!(ground.proxy.connects(), lost + Service::CONTAINERS, "{connects}, {lost}");
    wait_until("what was lost is closed", || ground.proxy.open() == Service::CONTAINERS);
}

#[test]
fn who_starts_in_it_answers_in_time_and_recovers() {
    let _machine = side_by_side();
    let ground = Ground::new();
    ground.proxy.set(Mode::Blackhole);
    let signup = ground.start::<Signup>();
    signup.ask(&sign_up(&somebody())).is_unavailable_within(DEADLINE);
    ground.proxy.set(Mode::Pass);
    signup.ask(&sign_up(&somebody())).is_good_within(Duration::from_secs(1));
}

#[test]
fn a_slow_network_is_waited_for() {
    let _machine = side_by_side();
    let ground = Ground::new();
    let signup = ground.start::<Signup>();
    let (connects, statements) = (ground.proxy.connects(), ground.proxy.statements());
    let time = Duration::from_millis(100);
    ground.proxy.set(Mode::Delay(time));
    let answer = signup.ask(&sign_up(&somebody()));
    answer.is_good();
    assert!(answer.took >= 2 * time, "{answer:?}");
    assert_eq!((ground.proxy.connects(), ground.proxy.statements()), (connects, statements + 1));
}

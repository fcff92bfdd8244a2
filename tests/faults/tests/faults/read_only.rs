//! A failover: the server behind a connection becomes read-only.

use std::time::Duration;

use crate::container::Answer;
use crate::fixture::{Fixture, side_by_side};
use crate::service::Service;

#[test]
fn reads_go_on_and_the_first_write_after_it_finds_the_new_writer() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let name = fixture.value("SELECT current_database()");
    let set = |value: &str| {
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        fixture.execute(&format!("SET transaction_read_only = off; {set}"));
    };
    let service = Service::start(&fixture);
    // A session keeps the default that it started with: connections made from here on lead to a
    // read-only server, even after the name leads to the new writer.
    set("on");
    fixture.end_connections();
    fixture.wait_for_connections("true", 0);
    service.read().iter().for_each(Answer::is_good);
    service.write().is_unavailable_within(Duration::from_secs(1));
    // Two attempts, each over a new connection, since the name may lead to the new writer by then.
    let before = (fixture.proxy.connects(), fixture.proxy.statements());
    service.write().is_unavailable_within(Duration::from_secs(1));
    let after = (fixture.proxy.connects(), fixture.proxy.statements());
    assert_eq!((after.0 - before.0, after.1 - before.1), (2, 2));
    service.read().iter().for_each(Answer::is_good);
    set("off");
    let connects = fixture.proxy.connects();
    service.write().is_good();
    assert_eq!(fixture.proxy.connects(), connects + 1);
    // A sign-in starts its session over a new connection, too, and then keeps it. A function that
    // only reads keeps its own.
    service.read().iter().for_each(Answer::is_good);
    service.read().iter().for_each(Answer::is_good);
    assert_eq!(fixture.proxy.connects(), connects + 2);
}

#[test]
fn a_sign_in_without_a_session_goes_on_and_one_with_a_session_waits_for_the_new_writer() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let name = fixture.value("SELECT current_database()");
    let set = |value: &str| {
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        fixture.execute(&format!("SET transaction_read_only = off; {set}"));
    };
    let service = Service::start(&fixture);
    set("on");
    fixture.end_connections();
    let [signed_in, _] = service.read();
    signed_in.is_good();
    for session in ["token", "cookie"] {
        service.sign_in_for(session).is_unavailable_within(Duration::from_secs(1));
    }
    set("off");
    for session in ["token", "cookie"] {
        service.sign_in_for(session).is_good();
    }
    assert_eq!(
        fixture.value("SELECT string_agg(kind, ' ' ORDER BY kind) FROM sign_ins"),
        "access access cookie token"
    );
}

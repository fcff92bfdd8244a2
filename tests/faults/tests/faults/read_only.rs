//! A failover: the server that a connection leads to takes no writes any more.

use std::time::Duration;

use crate::container::Answer;
use crate::ground::{Ground, side_by_side};
use crate::service::Service;

#[test]
fn reads_go_on_and_the_first_write_after_it_finds_the_new_writer() {
    let _machine = side_by_side();
    let ground = Ground::new();
    let name = ground.value("SELECT current_database()");
    let set = |value: &str| {
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        ground.execute(&format!("SET transaction_read_only = off; {set}"));
    };
    let service = Service::start(&ground);
    // What a session is told at its start it keeps: connections from here on lead to a server that
    // takes no writes, and stay there even when the name leads to the new writer.
    set("on");
    ground.end_connections();
    ground.wait_for_connections("true", 0);
    service.read().iter().for_each(Answer::is_good);
    service.write().is_unavailable_within(Duration::from_secs(1));
    // Twice, over a connection of its own each time: the name might have led to the new writer.
    let before = (ground.proxy.connects(), ground.proxy.statements());
    service.write().is_unavailable_within(Duration::from_secs(1));
    let after = (ground.proxy.connects(), ground.proxy.statements());
    assert_eq!((after.0 - before.0, after.1 - before.1), (2, 2));
    service.read().iter().for_each(Answer::is_good);
    set("off");
    let connects = ground.proxy.connects();
    service.write().is_good();
    assert_eq!(ground.proxy.connects(), connects + 1);
    // Who only reads may stay where it is.
    service.read().iter().for_each(Answer::is_good);
    assert_eq!(ground.proxy.connects(), connects + 1);
}

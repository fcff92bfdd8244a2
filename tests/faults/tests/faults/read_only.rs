//! A failover: the server behind a connection becomes read-only.

use std::time::Duration;

use crate::container::Answer;
use crate::fixture::{Fixture, side_by_side};
use crate::service::Service;

/// Whether connections made from here on lead to a read-only server.
pub(crate) fn set(fixture: &Fixture, value: &str) {
    let name = fixture.value("SELECT current_database()");
    let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
    fixture.execute(&format!("SET transaction_read_only = off; {set}"));
}

#[test]
fn reads_go_on_and_the_first_write_after_it_finds_the_new_writer() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let service = Service::start(&fixture);
    // A session keeps the default that it started with: connections made from here on lead to a
    // read-only server, even after the name leads to the new writer.
    set(&fixture, "on");
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
    set(&fixture, "off");
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
    let service = Service::start(&fixture);
    set(&fixture, "on");
    fixture.end_connections();
    let [signed_in, ..] = service.read();
    signed_in.is_good();
    for session in ["token", "cookie"] {
        service.sign_in_for(session).is_unavailable_within(Duration::from_secs(1));
    }
    set(&fixture, "off");
    for session in ["token", "cookie"] {
        service.sign_in_for(session).is_good();
    }
    assert_eq!(
        fixture.value("SELECT string_agg(kind, ' ' ORDER BY kind) FROM sign_ins WHERE user_id = 1"),
        "access access cookie token"
    );
}

#[test]
fn no_secret_is_used_and_no_mail_asked_for_until_there_is_the_new_writer() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let service = Service::start(&fixture);
    let state = || {
        fixture.value(
            "SELECT md5(concat( \
                 (SELECT string_agg(u::text, ' ' ORDER BY u.id) FROM users AS u), \
                 (SELECT string_agg(m::text, ' ' ORDER BY m.id) FROM mails AS m), \
                 (SELECT string_agg(s::text, ' ' ORDER BY s.id) FROM one_time_secrets AS s)))",
        )
    };
    let before = state();
    set(&fixture, "on");
    fixture.end_connections();
    for _ in 0..2 {
        for answer in service.ask_of_mail() {
            answer.is_unavailable_within(Duration::from_secs(1));
        }
    }
    assert_eq!(state(), before);
    set(&fixture, "off");
    service.ask_of_mail().iter().for_each(Answer::is_good);
}

#[test]
fn a_session_opens_what_it_did_and_its_changes_wait_for_the_new_writer() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let service = Service::start(&fixture);
    let changes = Service::CHANGES.map(|change| (change, service.new_member()));
    // The receipt of each session is still to be written.
    fixture.execute("UPDATE sign_ins SET seen_generation = -1");
    let receipts = "SELECT count(*) FROM sign_ins WHERE kind = 'token' AND seen_generation = 0";
    let state = || {
        fixture.value(
            "SELECT md5(concat( \
                 (SELECT string_agg(u::text, ' ' ORDER BY u.id) FROM users AS u), \
                 (SELECT string_agg(s::text, ' ' ORDER BY s.id) FROM sign_ins AS s), \
                 (SELECT string_agg(e::text, ' ' ORDER BY e.digest) FROM ended_tokens AS e)))",
        )
    };
    let before = state();
    set(&fixture, "on");
    fixture.end_connections();
    fixture.wait_for_connections("true", 0);
    for (change, member) in &changes {
        change(&service, member).is_unavailable_within(Duration::from_secs(1));
        let connects = fixture.proxy.connects();
        change(&service, member).is_unavailable_within(Duration::from_secs(1));
        assert_eq!(fixture.proxy.connects(), connects + 2);
        let [let_in, introspected, listed] = service.ask_whether_signed_in(member);
        let_in.is_good();
        assert_eq!(introspected.body["active"], true, "{introspected:?}");
        listed.is_good();
    }
    assert_eq!(state(), before);
    set(&fixture, "off");
    fixture.end_connections();
    // Over new connections, the receipts are written, by each of the two.
    for (number, (change, member)) in changes.iter().enumerate() {
        let [let_in, ..] = service.ask_whether_signed_in(member);
        let_in.is_good();
        assert_eq!(fixture.value(receipts), "1", "{number}");
        fixture.execute("UPDATE sign_ins SET seen_generation = -1");
        change(&service, member).is_good();
    }
    let sessions = "SELECT count(*) FROM sign_ins WHERE kind = 'token'";
    assert_eq!(fixture.value(sessions), (2 + changes.len() - 3).to_string());
}

//! Transactions that conflict with each other.

use signup::Signup;

use crate::fixture::{Fixture, side_by_side};
use crate::service::{sign_up, somebody};

/// Makes a sign-up's first `statements` statements fail with this SQLSTATE.
fn failing(fixture: &Fixture, statements: u32, code: &str) {
    // A rollback doesn't reset a sequence.
    fixture.execute(&format!(
        "CREATE SEQUENCE sent; \
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN \
             IF nextval('public.sent') <= {statements} THEN \
                 RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END IF; \
             RETURN NEW; END $$; \
         CREATE TRIGGER fail BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fail()"
    ));
}

/// The number of times that a sign-up sends the statement that writes, and whether it succeeds.
fn attempts(statements: u32, code: &str) -> (usize, bool) {
    let fixture = Fixture::new();
    let signup = fixture.start::<Signup>();
    failing(&fixture, statements, code);
    let (sent, connects) = (fixture.proxy.statements(), fixture.proxy.connects());
    let answer = signup.ask(&sign_up(&somebody()));
    if answer.status != 200 {
        answer.is_unavailable();
    }
    assert_eq!(fixture.proxy.connects(), connects, "the connection was good");
    let users: usize = fixture.value("SELECT count(*) FROM users").parse().unwrap();
    assert_eq!(users, usize::from(answer.status == 200));
    // One statement counts it, before.
    (fixture.proxy.statements() - sent - 1, answer.status == 200)
}

#[test]
fn a_conflict_gets_three_attempts_at_most() {
    let _machine = side_by_side();
    for code in ["40001", "40P01"] {
        assert_eq!(attempts(0, code), (1, true));
        assert_eq!(attempts(1, code), (2, true), "{code}");
        assert_eq!(attempts(2, code), (3, true), "{code}");
        assert_eq!(attempts(3, code), (3, false), "{code}");
    }
}

#[test]
fn the_loser_of_a_deadlock_is_retried() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let signup = fixture.start::<Signup>();
    fixture.execute(
        "CREATE TABLE things (id int); INSERT INTO things VALUES (1), (2); \
         CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN \
             PERFORM FROM public.things WHERE id = 1 FOR UPDATE; \
             PERFORM FROM public.things WHERE id = 2 FOR UPDATE; \
             RETURN NEW; END $$; \
         CREATE TRIGGER take BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION take()",
    );
    let session = fixture.session();
    // This session never checks for a deadlock: the session that does is the one that loses.
    session.run("SET deadlock_timeout = '60s'; BEGIN; SELECT FROM things WHERE id = 2 FOR UPDATE");
    let sent = fixture.proxy.statements();
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| signup.ask(&sign_up(&somebody())));
        fixture.wait_for_connections("wait_event_type = 'Lock'", 1);
        session.run("SELECT FROM things WHERE id = 1 FOR UPDATE; COMMIT");
        answer.join().unwrap().is_good();
    });
    // One that counts it, and two that write.
    assert_eq!(fixture.proxy.statements(), sent + 3);
}

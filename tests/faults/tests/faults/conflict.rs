//! Transactions that are in each other's way.

use signup::Signup;

use crate::ground::{Ground, side_by_side};
use crate::service::{sign_up, somebody};

/// A sign-up's first so many statements fail with this code.
fn failing(ground: &Ground, statements: u32, code: &str) {
    // A sequence isn't set back with a transaction.
    ground.execute(&format!(
        "CREATE SEQUENCE sent; \
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN \
             IF nextval('public.sent') <= {statements} THEN \
                 RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END IF; \
             RETURN NEW; END $$; \
         CREATE TRIGGER fail BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fail()"
    ));
}

/// How many statements a sign-up takes, and whether it is answered.
fn tries(statements: u32, code: &str) -> (usize, bool) {
    let ground = Ground::new();
    let signup = ground.start::<Signup>();
    failing(&ground, statements, code);
    let (sent, connects) = (ground.proxy.statements(), ground.proxy.connects());
    let answer = signup.ask(&sign_up(&somebody()));
    if answer.status != 200 {
        answer.is_unavailable();
    }
    assert_eq!(ground.proxy.connects(), connects, "the connection was good");
    let users: usize = ground.value("SELECT count(*) FROM users").parse().unwrap();
    assert_eq!(users, usize::from(answer.status == 200));
    (ground.proxy.statements() - sent, answer.status == 200)
}

#[test]
fn a_conflict_is_tried_three_times_at_most() {
    let _machine = side_by_side();
    for code in ["40001", "40P01"] {
        assert_eq!(tries(0, code), (1, true));
        assert_eq!(tries(1, code), (2, true), "{code}");
        assert_eq!(tries(2, code), (3, true), "{code}");
        assert_eq!(tries(3, code), (3, false), "{code}");
    }
}

#[test]
fn who_loses_a_deadlock_tries_again() {
    let _machine = side_by_side();
    let ground = Ground::new();
    let signup = ground.start::<Signup>();
    ground.execute(
        "CREATE TABLE things (id int); INSERT INTO things VALUES (1), (2); \
         CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN \
             PERFORM FROM public.things WHERE id = 1 FOR UPDATE; \
             PERFORM FROM public.things WHERE id = 2 FOR UPDATE; \
             RETURN NEW; END $$; \
         CREATE TRIGGER take BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION take()",
    );
    let session = ground.session();
    // It never looks for a deadlock itself: the one who does is the one who loses.
    session.run("SET deadlock_timeout = '60s'; BEGIN; SELECT FROM things WHERE id = 2 FOR UPDATE");
    let sent = ground.proxy.statements();
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| signup.ask(&sign_up(&somebody())));
        ground.wait_for_connections("wait_event_type = 'Lock'", 1);
        session.run("SELECT FROM things WHERE id = 1 FOR UPDATE; COMMIT");
        answer.join().unwrap().is_good();
    });
    assert_eq!(ground.proxy.statements(), sent + 2);
}

//! The limits on guesses while connections are lost, containers come and go, or the database takes no
//! writes.

use std::thread;

use serde_json::{Value, json};
use shared::db::Group;
use shared::http::Endpoint;
use signin::Signin;
use signup::Signup;

use crate::container::{Answer, Container, runtime};
use crate::fixture::{Fixture, side_by_side};
use crate::read_only;
use crate::service::{from, post, sign_in, sign_in_for, sign_up};

/// How often one network guesses a name at once.
const AT_ONCE: usize = 10;

fn guess(name: &str) -> Value {
    post("/api/auth/signin", &json!({ "username": name, "password": "wrong" }))
}

#[track_caller]
fn is_limited(answer: &Answer) {
    assert_eq!((answer.status, &answer.body), (429, &json!("Too Many Requests")), "{answer:?}");
    let seconds = answer.retry_after.as_deref().map(str::parse::<u32>);
    assert!(matches!(seconds, Some(Ok(1..=2_160))), "{answer:?}");
}

#[track_caller]
fn is_refused(answer: &Answer) {
    assert_eq!(answer.status, 401, "{answer:?}");
}

#[test]
fn an_attempt_is_counted_in_the_statement_that_finds_the_user() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let (signup, signin) = (fixture.start::<Signup>(), fixture.start::<Signin>());
    let statements = |ask: &dyn Fn() -> Answer, status: i64| {
        let before = fixture.proxy.statements();
        let answer = ask();
        assert_eq!(answer.status, status, "{answer:?}");
        fixture.proxy.statements() - before
    };
    assert_eq!(statements(&|| signup.ask(&sign_up("ada")), 200), 2, "counted, inserted");
    // Their charges are given back.
    for _ in 0..2 {
        assert_eq!(statements(&|| signin.ask(&sign_in("ada")), 200), 2, "found, started");
    }
    for name in ["ada", "nobody"] {
        for _ in 0..AT_ONCE {
            assert_eq!(statements(&|| signin.ask(&guess(name)), 401), 1, "{name}");
        }
        assert_eq!(statements(&|| signin.ask(&guess(name)), 429), 1, "{name}");
    }
    assert_eq!(statements(&|| signin.ask(&sign_in("ada")), 429), 1);
    let unprocessable = || signin.ask(&post("/api/auth/signin", &json!({ "username": "ada" })));
    assert_eq!(statements(&unprocessable, 422), 0);
    for number in 0..40 {
        signup.ask(&from("192.0.2.1", sign_up(&format!("new-{number}")))).is_good();
    }
    let one_more = from("192.0.2.1", sign_up("one-more"));
    assert_eq!(statements(&|| signup.ask(&one_more), 429), 1, "counted alone");
}

/// A hash of this cost takes a second or more.
#[test]
fn a_refusal_takes_no_time_of_a_hash() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let settings =
        [("BCRYPT_COST", "15"), ("GUESSES_PER_ACCOUNT", "10"), ("SIGNUPS_PER_NETWORK", "20")];
    let signup = Container::<Signup>::with(runtime(), &fixture.url_for("signup"), &settings);
    let signin = Container::<Signin>::with(runtime(), &fixture.url_for("signin"), &settings);
    let new_user = |name: &str| signup.ask(&from("192.0.2.1", sign_up(name)));
    let hashed = [new_user("one"), new_user("two"), signin.ask(&guess("one"))];
    assert_eq!(hashed.each_ref().map(|answer| answer.status), [200, 200, 401]);
    let shortest = hashed.iter().map(|answer| answer.took).min().unwrap();
    for refused in [new_user("three"), signin.ask(&guess("one"))] {
        assert_eq!(refused.status, 429, "{refused:?}");
        assert!(refused.took < shortest / 2, "{refused:?}, with a hash {shortest:?}");
    }
}

#[test]
fn containers_of_one_database_share_one_count_whenever_they_start() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    fixture.start::<Signup>().ask(&sign_up("ada")).is_good();
    for name in ["ada", "nobody"] {
        for _ in 0..AT_ONCE {
            is_refused(&fixture.start::<Signin>().ask(&guess(name)));
        }
        is_limited(&fixture.start::<Signin>().ask(&guess(name)));
    }
    is_limited(&fixture.start::<Signin>().ask(&sign_in("ada")));
}

#[test]
fn a_guess_whose_connection_is_killed_is_counted_at_least_once() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let signin = fixture.start::<Signin>();
    for round in 0..4 {
        let name = format!("nobody-{round}");
        let mut refused = 0;
        loop {
            let answer = thread::scope(|scope| {
                // In the middle of a message, or at the server.
                scope.spawn(|| {
                    if round % 2 == 0 {
                        fixture.end_connections();
                    } else {
                        fixture.proxy.cut();
                    }
                });
                signin.ask(&guess(&name))
            });
            if answer.status == 429 {
                break is_limited(&answer);
            }
            is_refused(&answer);
            refused += 1;
        }
        assert!((1..=AT_ONCE).contains(&refused), "{refused}");
    }
}

#[test]
fn a_limit_bites_in_a_database_that_takes_no_writes() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let signup = fixture.start::<Signup>();
    for name in ["ada", "bob"] {
        signup.ask(&sign_up(name)).is_good();
    }
    read_only::set(&fixture, "on");
    let (signin, other) = (fixture.start::<Signin>(), fixture.start::<Signin>());
    for container in [&signin, &other] {
        // Each container counts for itself.
        for name in ["ada", "nobody"] {
            for _ in 0..AT_ONCE {
                is_refused(&container.ask(&guess(name)));
            }
            is_limited(&container.ask(&guess(name)));
        }
        is_limited(&container.ask(&sign_in("ada")));
        // A right password costs nothing, even if it gets 503.
        for _ in 0..2 * AT_ONCE {
            assert_eq!(container.ask(&sign_in_for("bob", "token")).status, 503);
            container.ask(&sign_in("bob")).is_good();
        }
    }
    assert_eq!(fixture.value("SELECT count(*) FROM limits WHERE spent_until > now()"), "2");
    read_only::set(&fixture, "off");
    fixture.end_connections();
    for _ in 0..AT_ONCE {
        is_refused(&signin.ask(&guess("ada")));
    }
    is_limited(&other.ask(&guess("ada")));
}

#[test]
fn limits_that_are_off_refuse_nobody() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let off = ["GUESSES_PER_ACCOUNT", "GUESSES_PER_NETWORK", "SIGNUPS_PER_NETWORK"];
    let off = off.map(|name| (name, "off"));
    let url = fixture.url_for(Signup::FUNCTION);
    let signup: Container<Signup> = Container::with(runtime(), &url, &off);
    let before = fixture.proxy.statements();
    for number in 0..45 {
        signup.ask(&from("192.0.2.1", sign_up(&format!("new-{number}")))).is_good();
    }
    assert_eq!(fixture.proxy.statements() - before, 45, "nothing is counted");
    let url = fixture.stage.url_of(Group::Signin);
    let signin: Container<Signin> = Container::with(runtime(), &url, &off);
    for _ in 0..70 {
        is_refused(&signin.ask(&guess("new-1")));
    }
    signin.ask(&sign_in("new-1")).is_good();
    assert_eq!(fixture.value("SELECT count(*) FROM limits"), "0");
}

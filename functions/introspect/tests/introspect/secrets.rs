//! The secret behind an ARN.

use introspect::Introspect;
use shared::Clock;
use shared::http::Function;
use stage::{NOW, StoredSecret};

use crate::{basic, function, send};

/// A secret, and a function that accepts it.
struct Stored {
    secret: StoredSecret,
    clock: Clock,
    function: Function<Introspect>,
}

/// A good secret of this letter.
fn long(letter: &str) -> String {
    letter.repeat(32)
}

impl Stored {
    fn of(name: &str, versions: &[(&'static str, &str)]) -> Self {
        let (secret, clock) = (StoredSecret::new(name), Clock::fixed(NOW));
        let nowhere = "postgres://u:p@127.0.0.1:1/n";
        let function = function(nowhere, &clock, &[("INTROSPECTION_SECRET_ARN", &secret.arn)]);
        secret.set(versions);
        Self { secret, clock, function }
    }

    /// The status of the answer to a service with this secret.
    async fn ask(&self, secret: &str) -> u16 {
        send(&self.function, &basic("introspect", secret), "token=x").await.status
    }
}

#[tokio::test]
async fn the_secret_is_read_at_the_first_use_and_kept() {
    let stored = Stored::of("kept", &[("AWSCURRENT", &long("a"))]);
    assert_eq!(send(&stored.function, "", "token=x").await.status, 401);
    assert_eq!(send(&stored.function, &basic("eve", &long("a")), "token=x").await.status, 401);
    assert_eq!(stored.secret.reads(), 0, "no service has needed it");
    for _ in 0..3 {
        assert_eq!(stored.ask(&long("a")).await, 200);
    }
    assert_eq!(stored.secret.reads(), 1);
}

#[tokio::test]
async fn a_rotation_accepts_both_versions_and_the_next_one_ends_the_first() {
    let stored = Stored::of("rotated", &[("AWSCURRENT", &long("a"))]);
    assert_eq!(stored.ask(&long("a")).await, 200);
    stored.secret.set(&[("AWSCURRENT", &long("b")), ("AWSPREVIOUS", &long("a"))]);
    stored.clock.advance(5);
    for secret in ["b", "a", "b"] {
        assert_eq!(stored.ask(&long(secret)).await, 200, "{secret}");
    }
    assert_eq!(stored.secret.reads(), 2);
    stored.secret.set(&[("AWSCURRENT", &long("c")), ("AWSPREVIOUS", &long("b"))]);
    stored.clock.advance(5);
    assert_eq!([stored.ask(&long("c")).await, stored.ask(&long("a")).await], [200, 401]);
}

#[tokio::test]
async fn a_withdrawn_version_is_refused_within_five_minutes() {
    let stored = Stored::of("withdrawn", &[("AWSCURRENT", &long("a"))]);
    assert_eq!(stored.ask(&long("a")).await, 200);
    stored.secret.set(&[("AWSCURRENT", &long("b"))]);
    stored.clock.advance(299);
    assert_eq!(stored.ask(&long("a")).await, 200);
    stored.clock.advance(1);
    assert_eq!(stored.ask(&long("a")).await, 401);
}

#[tokio::test]
async fn wrong_secrets_cost_one_read_in_five_seconds() {
    let stored = Stored::of("wrong", &[("AWSCURRENT", &long("a"))]);
    for _ in 0..20 {
        assert_eq!(stored.ask(&long("x")).await, 401);
    }
    assert_eq!((stored.ask(&long("a")).await, stored.secret.reads()), (200, 1));
    stored.clock.advance(5);
    assert_eq!((stored.ask(&long("x")).await, stored.secret.reads()), (401, 2));
}

#[tokio::test]
async fn a_secret_out_of_reach_refuses_nobody_and_a_known_one_goes_on() {
    let stored = Stored::of("out-of-reach", &[]);
    stored.secret.put_out_of_reach();
    for _ in 0..20 {
        assert_eq!(stored.ask(&long("a")).await, 503);
    }
    assert_eq!(stored.secret.reads(), 1);
    stored.secret.set(&[]);
    stored.clock.advance(5);
    assert_eq!((stored.ask(&long("a")).await, stored.secret.reads()), (503, 2), "there is none");
    stored.secret.set(&[("AWSCURRENT", &long("a"))]);
    stored.clock.advance(5);
    assert_eq!((stored.ask(&long("a")).await, stored.secret.reads()), (200, 3));
    stored.secret.put_out_of_reach();
    stored.clock.advance(300);
    // Perhaps the other one is right by now.
    assert_eq!([stored.ask(&long("a")).await, stored.ask(&long("b")).await], [200, 503]);
    assert_eq!(stored.secret.reads(), 4);
}

#[tokio::test]
async fn an_unusable_current_version_is_reported_and_an_unusable_previous_one_ignored() {
    let short = "s".repeat(31);
    let stored = Stored::of("short", &[("AWSCURRENT", &short), ("AWSPREVIOUS", &long("a"))]);
    assert_eq!(stored.ask(&short).await, 503);
    let stored = Stored::of("long", &[("AWSCURRENT", &long("a")), ("AWSPREVIOUS", &short)]);
    assert_eq!([stored.ask(&long("a")).await, stored.ask(&short).await], [200, 401]);
}

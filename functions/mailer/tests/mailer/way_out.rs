//! A way out that is down, slow or picky, for a while.

use mailer::{Kind, Outcome};
use stage::logged;

use crate::outbox::report;
use crate::world::{Sink, World, after};

/// A server answers 450 for one mailbox, say. What was asked for at the same time would otherwise wait
/// behind it, attempt after attempt, until it is over.
#[tokio::test]
async fn many_bad_mails_that_came_first_hold_up_no_other() {
    let world = World::new().await;
    let sink = Sink::new(|letter| match letter.to.to_string().as_str() {
        "Ada@example.com" => Outcome::Sent(letter.id.clone()),
        _ => Outcome::Postponed("450".into()),
    });
    for number in 0..12 {
        world.ask("change_asked", Some(2), &format!("{number}@example.com")).await;
    }
    world.ask("password_changed", Some(1), "Ada@example.com").await;
    assert_eq!(world.run(&sink).await, report(1, 0, 12));
    world.stage.clock.advance(120);
    assert_eq!(world.run(&sink).await, report(0, 0, 12));
}

/// What a run has claimed and not attempted comes again with what has failed.
#[tokio::test]
async fn a_run_that_stops_leaves_what_it_did_not_attempt_to_the_next_one() {
    let world = World::new().await;
    let sink = Sink::new(|letter| match letter.to.to_string().as_str() {
        "Ada@example.com" => Outcome::Sent(letter.id.clone()),
        _ => Outcome::Unavailable("no answer in time".into()),
    });
    for number in 0..3 {
        world.ask("change_asked", Some(2), &format!("{number}@example.com")).await;
    }
    for kind in ["password_changed", "change_asked", "email_changed"] {
        world.ask(kind, Some(1), "Ada@example.com").await;
    }
    assert_eq!(world.run(&sink).await, report(0, 0, 3));
    assert_eq!(world.run(&sink).await, report(3, 0, 0));
}

#[tokio::test]
async fn a_way_out_that_is_down_costs_few_attempts_and_mails_come_later() {
    let world = World::new().await;
    let down = Sink::new(|_| Outcome::Unavailable("out of reach".into()));
    world.ask("reset", None, "bob@example.com").await;
    for kind in ["password_changed", "change_asked", "new_client", "email_changed"] {
        world.ask(kind, Some(1), "Ada@example.com").await;
    }
    world.ask("verify", Some(2), "bob@example.com").await;
    for _ in 0..30 {
        world.run(&down).await;
        world.stage.clock.advance(120);
    }
    let most = "SELECT max(attempts) FROM mails WHERE kind <> 'reset'";
    assert!(world.stage.value(most).await.parse::<i32>().unwrap() <= 7);
    world.stage.clock.advance(2 * 3_600);
    let up = Sink::accepting();
    let (done, lines) = logged(world.run(&up)).await;
    assert_eq!(done, report(5, 1, 0));
    assert_eq!(up.taken().iter().filter(|it| it.kind == Kind::Reset).count(), 0);
    let given_up = lines.iter().filter(|line| line["event"] == "mail_given_up");
    assert_eq!(given_up.map(|line| line["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["reset"]);
    assert_eq!(world.waiting().await, "0");
}

/// Its pauses would grow to an hour, which is all that its secret has.
#[tokio::test]
async fn a_mail_whose_secret_lasts_an_hour_leaves_soon_after_an_outage() {
    let world = World::new().await;
    let (down, up) =
        (Sink::new(|_| Outcome::Unavailable("out of reach".into())), Sink::accepting());
    world.ask("reset", None, "bob@example.com").await;
    world.ask("change", Some(2), "new@example.com").await;
    for minute in 0..40 {
        world.run(if minute < 31 { &down } else { &up }).await;
        world.stage.clock.advance(60);
    }
    assert_eq!(up.taken().len(), 2);
}

#[tokio::test]
async fn a_notice_is_given_up_after_ten_attempts_and_everything_after_a_day() {
    let (world, sink) = (World::new().await, Sink::accepting());
    world.ask("password_changed", Some(1), "Ada@example.com").await;
    world.ask("verify", Some(2), "bob@example.com").await;
    world.stage.execute("UPDATE mails SET attempts = 10").await;
    assert_eq!(world.run(&sink).await, report(1, 1, 0));
    for (kind, user, address) in
        [("verify", 2, "bob@example.com"), ("email_changed", 1, "x@example.com")]
    {
        world.ask(kind, Some(user), address).await;
    }
    world.stage.clock.advance(86_400);
    assert_eq!(world.run(&sink).await, report(0, 2, 0));
    assert_eq!(sink.taken().len(), 1);
}

/// After a rollback, say.
#[tokio::test]
async fn kinds_of_a_later_release_hold_up_no_mail_and_go_after_a_day() {
    let (world, sink) = (World::new().await, Sink::accepting());
    world.stage.execute("ALTER TABLE mails DROP CONSTRAINT mails_kind_check").await;
    for number in 0..5 {
        world.ask("later", Some(1), &format!("{number}@example.com")).await;
    }
    world.ask("password_changed", Some(1), "Ada@example.com").await;
    assert_eq!(world.run(&sink).await, report(1, 0, 5));
    world.stage.clock.advance(86_399);
    assert_eq!(world.run(&sink).await, report(0, 0, 5));
    world.stage.execute(&format!("UPDATE mails SET due_at = {}", after(0))).await;
    world.stage.clock.advance(1);
    let (done, lines) = logged(world.run(&sink)).await;
    assert_eq!(done, report(0, 5, 0));
    assert!(lines.iter().all(|line| line["event"] == "mail_given_up"), "{lines:?}");
    assert_eq!((lines.len(), world.waiting().await.as_str()), (5, "0"));
}

#[tokio::test]
async fn a_throttled_run_stops_and_the_rows_wait() {
    let world = World::new().await;
    let sink = Sink::new(|letter| match letter.kind {
        Kind::Reset => Outcome::Sent(letter.id.clone()),
        _ => Outcome::Throttled,
    });
    world.ask("reset", None, "Ada@example.com").await;
    for kind in ["password_changed", "change_asked", "email_changed"] {
        world.ask(kind, Some(1), "Ada@example.com").await;
    }
    assert_eq!(world.run(&sink).await, report(1, 0, 1));
    assert_eq!(world.stage.value("SELECT sum(attempts) FROM mails").await, "1");
    for waiting in [1, 1, 0] {
        assert_eq!(world.run(&sink).await, report(0, 0, waiting));
    }
    world.stage.clock.advance(120);
    let up = Sink::accepting();
    assert_eq!(world.run(&up).await, report(3, 0, 0));
}

#[tokio::test]
async fn a_run_ends_with_its_time() {
    let world = World::new().await;
    for number in 0..30 {
        world.ask("password_changed", Some(1), &format!("{number}@example.com")).await;
    }
    let clock = world.stage.clock.clone();
    let sink = Sink::new(move |letter| {
        clock.advance(4);
        Outcome::Sent(letter.id.clone())
    });
    assert_eq!(world.run(&sink).await, report(13, 0, 0));
    assert_eq!(world.stage.value("SELECT max(attempts) FROM mails").await, "0");
}

/// The text says how long the link lasts, to somebody who reads it when it has come.
#[tokio::test]
async fn the_life_of_a_link_begins_when_its_mail_leaves() {
    let world = World::new().await;
    world.ask("reset", None, "bob@example.com").await;
    world.stage.clock.advance(3_599);
    let sink = Sink::accepting();
    assert_eq!(world.run(&sink).await, report(1, 0, 0));
    let lasts = format!(
        "SELECT link_until = {} AND code_until = {} FROM one_time_secrets",
        after(3_599 + 3_600),
        after(3_599 + 600)
    );
    assert_eq!(world.stage.value(&lasts).await, "t");
    assert!(sink.taken()[0].text.plain.contains("within 1 hour:"));
}

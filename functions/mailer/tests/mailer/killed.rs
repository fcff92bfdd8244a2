use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use crate::world::{Sink, World};

/// A future that is dropped after so many polls: a function that is killed at an await.
struct Killed<F> {
    future: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Future for Killed<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        match self.future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.polls == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn a_kill_at_any_await_loses_no_mail_and_sends_no_secret_that_is_not_stored() {
    let (world, sink) = (World::new().await, Sink::accepting());
    let mut was_killed_before = 0;
    for polls in 1.. {
        assert!(polls < 200, "it never ends");
        world.ask("reset", None, "bob@example.com").await;
        let seed = u64::try_from(polls).unwrap() * 1_000;
        let mailer = world.mailer(&sink, seed).await;
        let killed = Killed { future: Box::pin(mailer.run()), polls };
        let is_done = pin!(killed).await.is_some();
        let sent = sink.taken();
        for letter in &sent {
            assert!(world.is_stored(letter).await, "after {polls} polls");
        }
        if sent.is_empty() {
            was_killed_before += 1;
            assert_eq!(world.waiting().await, "1", "after {polls} polls");
        }
        if is_done {
            assert_eq!((sent.len(), world.waiting().await.as_str()), (1, "0"));
            break;
        }
        // The pause after the claim is over.
        world.stage.clock.advance(121);
        let again = world.mailer(&sink, seed + 500).await;
        Box::pin(again.run()).await.unwrap();
        let later = sink.taken();
        assert!(sent.len() + later.len() >= 1, "after {polls} polls");
        for letter in sent.iter().chain(&later) {
            assert!(world.is_stored(letter).await, "after {polls} polls");
        }
        assert_eq!(world.waiting().await, "0", "after {polls} polls");
        world.stage.execute("DELETE FROM one_time_secrets").await;
    }
    assert!(was_killed_before > 0);
}

#[tokio::test]
async fn a_mail_that_was_sent_and_not_finished_is_sent_again_and_both_work() {
    let (world, sink) = (World::new().await, Sink::accepting());
    world.ask("reset", None, "bob@example.com").await;
    let mailer = world.mailer(&sink, 1).await;
    tokio::select! {
        biased;
        () = sink.has_sent() => {}
        _ = mailer.run() => panic!("it wasn't killed"),
    }
    assert_eq!(world.waiting().await, "1");
    world.stage.clock.advance(119);
    world.run(&sink).await;
    assert_eq!(world.waiting().await, "1");
    world.stage.clock.advance(1);
    world.run(&sink).await;
    let letters = sink.taken();
    assert_eq!((letters.len(), world.waiting().await.as_str()), (2, "0"));
    for letter in &letters {
        assert!(world.is_stored(letter).await);
    }
}

//! The containers of one function, under a clock that is paused.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::{task::JoinSet, time::sleep};

use super::*;
use crate::invocation::Outcome;

const WITHIN: Duration = Duration::from_secs(29);

/// What happened in the containers.
#[derive(Default)]
struct Log {
    starts: AtomicUsize,
    served: AtomicUsize,
    at_work: AtomicUsize,
    max_at_work: AtomicUsize,
}

/// A handler that takes as many seconds as the event says, and panics at none.
struct Sleeper(Arc<Log>);

impl Handler for Sleeper {
    fn handle(&self, event: Vec<u8>) -> Outcome<'_> {
        Box::pin(async move {
            assert_ne!(event[0], 0, "a panic in a handler");
            self.0.served.fetch_add(1, SeqCst);
            self.0.max_at_work.fetch_max(self.0.at_work.fetch_add(1, SeqCst) + 1, SeqCst);
            sleep(Duration::from_secs(event[0].into())).await;
            self.0.at_work.fetch_sub(1, SeqCst);
            Ok(event)
        })
    }
}

fn containers(max: usize) -> (Arc<Containers>, Arc<Log>) {
    starting_within(Duration::ZERO, max)
}

/// At most `max` containers, each of which takes so long to start.
fn starting_within(time: Duration, max: usize) -> (Arc<Containers>, Arc<Log>) {
    let log = Arc::<Log>::default();
    let started = Arc::clone(&log);
    let start = move || -> Pin<Box<dyn Future<Output = Started> + Send>> {
        started.starts.fetch_add(1, SeqCst);
        let handler: Box<dyn Handler> = Box::new(Sleeper(Arc::clone(&started)));
        Box::pin(async move {
            sleep(time).await;
            Ok(handler)
        })
    };
    (Arc::new(Containers::new(Box::new(start), max)), log)
}

/// A request of so many seconds: whether it was answered, and after how many.
async fn ask(containers: Arc<Containers>, seconds: u8) -> (bool, u64) {
    let start = Instant::now();
    let answered = match containers.slot(WITHIN).await {
        Some(slot) => slot.serve(vec![seconds], WITHIN).await.is_ok(),
        None => false,
    };
    (answered, start.elapsed().as_secs())
}

/// So many of these at once.
async fn at_once(containers: &Arc<Containers>, number: usize, seconds: u8) -> Vec<(bool, u64)> {
    let asked = (0..number).map(|_| ask(Arc::clone(containers), seconds));
    asked.collect::<JoinSet<_>>().join_all().await
}

#[tokio::test(start_paused = true)]
async fn a_container_serves_one_request_at_a_time_and_is_used_again() {
    let (containers, log) = containers(2);
    containers.start_first().await.unwrap();
    for _ in 0..3 {
        assert_eq!(ask(Arc::clone(&containers), 1).await, (true, 1));
    }
    assert_eq!(log.starts.load(SeqCst), 1);
    let mut answers = at_once(&containers, 5, 1).await;
    answers.sort_unstable();
    assert_eq!(answers, [(true, 1), (true, 1), (true, 2), (true, 2), (true, 3)]);
    assert_eq!((log.starts.load(SeqCst), log.max_at_work.load(SeqCst)), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_would_be_answered_late_is_refused_at_once() {
    let (containers, log) = containers(2);
    assert!(ask(Arc::clone(&containers), 2).await.0);
    let answers = at_once(&containers, 40, 2).await;
    let (answered, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(is, _)| *is);
    assert_eq!((answered.len(), refused.len()), (28, 12));
    assert!(answered.iter().all(|(_, seconds)| *seconds <= WITHIN.as_secs()), "{answered:?}");
    assert!(refused.iter().all(|(_, seconds)| *seconds == 0), "{refused:?}");
    assert_eq!(log.served.load(SeqCst), 1 + answered.len());
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_no_longer_than_it_can_still_be_answered() {
    let (containers, _) = containers(1);
    assert!(ask(Arc::clone(&containers), 9).await.0);
    let long = tokio::spawn(ask(Arc::clone(&containers), 28));
    tokio::task::yield_now().await;
    assert_eq!(ask(Arc::clone(&containers), 9).await, (false, 20));
    assert_eq!(long.await.unwrap(), (true, 28));
}

#[tokio::test(start_paused = true)]
async fn neither_the_start_of_a_container_nor_one_timeout_keeps_others_from_waiting() {
    let (containers, _) = starting_within(Duration::from_secs(20), 1);
    assert_eq!(ask(Arc::clone(&containers), 1).await, (true, 21));
    let mut answers = at_once(&containers, 2, 1).await;
    answers.sort_unstable();
    assert_eq!(answers, [(true, 1), (true, 2)]);
    assert_eq!(ask(Arc::clone(&containers), 30).await, (false, WITHIN.as_secs()));
    let mut answers = at_once(&containers, 2, 1).await;
    answers.sort_unstable();
    assert_eq!(answers, [(true, 21), (true, 22)]);
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_client_goes_away_leaves_the_queue() {
    let (containers, log) = containers(1);
    let first = tokio::spawn(ask(Arc::clone(&containers), 9));
    tokio::task::yield_now().await;
    let gone = tokio::time::timeout(Duration::from_secs(1), ask(Arc::clone(&containers), 9));
    assert!(gone.await.is_err());
    assert_eq!(containers.state().queued, 0);
    assert!(first.await.unwrap().0);
    assert_eq!(log.served.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_or_a_timeout_ends_its_container_and_no_other() {
    let (containers, log) = containers(1);
    let slot = containers.slot(WITHIN).await.unwrap();
    assert!(tokio::spawn(slot.serve(vec![0], WITHIN)).await.unwrap_err().is_panic());
    assert_eq!(ask(Arc::clone(&containers), 1).await, (true, 1));
    assert_eq!(log.starts.load(SeqCst), 2);
    let slot = containers.slot(WITHIN).await.unwrap();
    let late = slot.serve(vec![2], Duration::from_secs(1)).await;
    assert_eq!(late, Err(Failure::TimedOut));
    assert_eq!(ask(Arc::clone(&containers), 1).await, (true, 1));
    assert_eq!(log.starts.load(SeqCst), 3);
}

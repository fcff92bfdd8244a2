//! The queue for a core to hash on: long for a burst, short once it stands.
//!
//! A queue that empties again has taken a burst, and everyone in it gets an answer. One that stands
//! makes each newcomer wait as long as it is, and the cores do no more for it: it is kept short,
//! and who finds it full hears so at once. That is RFC 8289's controlled delay as Maurer has it
//! for servers (<https://queue.acm.org/detail.cfm?id=2839461>), but by the work that is done
//! instead of by a clock: a slow machine, or one that does other work, has its seconds longer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::error::Error;

/// What a core does in a second or so, in bcrypt's rounds: four hashes of cost 12. A standing queue
/// has as much for each place: enough that none stays free between two who come.
const SECOND: usize = 4 << 12;

/// After how much work of each place, with somebody waiting all the while, a queue stands.
const STANDING: usize = 5 * SECOND;

/// What a burst may bring for each place, and twice as much for one alone: 64 at once, and a
/// quarter more, on a single core. The last of them has an answer within API Gateway's 29 seconds.
const BURST: usize = 10 * SECOND;

/// Places to work at, and the queue before them.
#[derive(Debug)]
pub(super) struct Queue {
    number: usize,
    places: Semaphore,
    line: Mutex<Line>,
}

/// Who is where, in rounds.
#[derive(Debug)]
struct Line {
    /// Of those who wait, and of those at work.
    inside: usize,
    /// Of the work that was done since somebody last came and nobody waited.
    done: usize,
}

/// Somebody whom the queue has let in, and who counts there until this is gone.
#[derive(Debug)]
#[must_use = "who doesn't work has to leave"]
pub struct Queued {
    queue: &'static Queue,
    rounds: usize,
}

impl Queue {
    /// A queue before so many places.
    pub(super) const fn new(number: usize) -> Self {
        let line = Mutex::new(Line { inside: 0, done: 0 });
        Self { number, places: Semaphore::const_new(number), line }
    }

    /// Lets in who needs a hash of this cost, or refuses them at once.
    pub(super) fn join(&'static self, cost: u32) -> Result<Queued, Error> {
        let rounds = 1 << cost;
        let mut line = self.line();
        if line.inside <= self.number * rounds {
            line.done = 0; // nobody waits
        }
        if line.inside + rounds > self.most(line.done, rounds) {
            return Err(Error::Overloaded);
        }
        line.inside += rounds;
        Ok(Queued { queue: self, rounds })
    }

    /// How many rounds may be inside, of those who need so many each.
    fn most(&self, done: usize, rounds: usize) -> usize {
        let burst = self.number.max(2) * BURST;
        if done < self.number * STANDING {
            return burst;
        }
        // However dear they are: while two wait for each place, one still does when it is left.
        burst.min(self.number * SECOND.max(3 * rounds))
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queued {
    /// Works where there is a place, on a thread for that. Who has gone away meanwhile takes none.
    pub(super) async fn work<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let place = self.queue.places.acquire().await;
        let place = place.map_err(|_| Error::Internal("a semaphore that is closed".into()))?;
        let work = move || {
            let done = work();
            self.queue.line().done += self.rounds;
            drop((place, self));
            done
        };
        spawn_blocking(work).await.map_err(|_| Error::Internal("a hash that panicked".into()))
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.queue.line().inside -= self.rounds;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue of the test's own.
    fn queue(places: usize) -> &'static Queue {
        Box::leak(Box::new(Queue::new(places)))
    }

    /// All whom it lets in now, of this cost.
    fn everyone(queue: &'static Queue, cost: u32) -> Vec<Queued> {
        std::iter::from_fn(|| queue.join(cost).ok()).collect()
    }

    /// Somebody who has worked.
    fn served(queued: Option<Queued>) {
        let queued = queued.unwrap();
        queued.queue.line().done += queued.rounds;
    }

    /// A queue that stands, and who is in it: each who was served had a successor at once.
    fn standing(places: usize, cost: u32) -> (&'static Queue, Vec<Queued>) {
        let queue = queue(places);
        let mut inside = everyone(queue, cost);
        let mut done = 0;
        while done < places * STANDING {
            served(inside.pop());
            done += 1 << cost;
            inside.extend(queue.join(cost));
        }
        (queue, inside)
    }

    #[test]
    fn a_burst_of_64_is_taken_even_by_one_core() {
        for (places, burst) in [(1, 80), (2, 80), (4, 160)] {
            let queue = queue(places);
            let inside = everyone(queue, 12);
            assert_eq!(inside.len(), burst, "{places}");
            assert!(matches!(queue.join(12), Err(Error::Overloaded)));
        }
    }

    #[test]
    fn a_queue_stands_after_five_seconds_work() {
        for places in [1, 2, 4] {
            let queue = queue(places);
            let mut inside = everyone(queue, 12);
            let successors = (0..1_000).take_while(|_| {
                served(inside.pop());
                queue.join(12).map(|queued| inside.push(queued)).is_ok()
            });
            assert_eq!(successors.count(), 20 * places - 1);
        }
    }

    #[test]
    fn a_standing_queue_is_kept_short_and_its_places_busy() {
        // By cost: how many may be there for each place.
        for (cost, each) in [(4, 1024), (11, 8), (12, 4), (13, 3), (14, 3)] {
            let (queue, mut inside) = standing(2, cost);
            assert!(queue.join(cost).is_err(), "{cost}");
            inside.truncate(2 * each);
            assert!(queue.join(cost).is_err(), "{cost}");
            inside.pop();
            assert!(queue.join(cost).is_ok(), "{cost}");
        }
    }

    #[test]
    fn a_burst_is_taken_again_once_nobody_waits() {
        let (queue, mut inside) = standing(2, 12);
        inside.truncate(3);
        inside.extend(everyone(queue, 12));
        assert_eq!(inside.len(), 8, "somebody waited");
        inside.truncate(2);
        inside.extend(everyone(queue, 12));
        assert_eq!(inside.len(), 80);
    }

    #[test]
    fn no_burst_is_dearer_than_a_caller_can_wait_for() {
        // By cost: how many the lane of one takes, of two seconds' work to 16 each; when it stands.
        for (cost, burst, standing) in [(15, 10, 3), (16, 5, 3), (17, 2, 2), (18, 1, 1)] {
            assert_eq!(everyone(queue(1), cost).len(), burst, "{cost}");
            assert_eq!(queue(1).most(STANDING, 1 << cost) >> cost, standing, "{cost}");
        }
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_queue() {
        let queue = queue(1);
        let place = queue.places.acquire().await.unwrap();
        let mut waiting = tokio::task::JoinSet::new();
        for queued in everyone(queue, 12) {
            waiting.spawn(queued.work(|| ()));
        }
        tokio::task::yield_now().await;
        assert!(queue.join(12).is_err());
        waiting.abort_all();
        while waiting.join_next().await.is_some() {}
        assert_eq!(queue.line().inside, 0);
        drop(place);
        queue.join(12).unwrap().work(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn who_has_worked_leaves_the_queue_even_by_a_panic() {
        let queue = queue(1);
        assert_eq!(queue.join(12).unwrap().work(|| 7).await.unwrap(), 7);
        assert_eq!(queue.line().done, 1 << 12);
        let panicked = queue.join(12).unwrap().work(|| panic!("in a hash")).await;
        assert!(matches!(panicked, Err(Error::Internal(_))));
        assert_eq!((queue.line().inside, queue.places.available_permits()), (0, 1));
    }
}

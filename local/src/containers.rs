//! The containers of a function, as Lambda has them: each serves one request at a time, is started
//! when a request finds none that is idle, and is used again.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use shared::environment::Invalid;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use crate::invocation::{Failure, FunctionError, Handler};

/// Starts a container: the function's own start, with the settings of the template.
pub(crate) type Start =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Started> + Send>> + Send + Sync>;

/// A container that is there, or the settings that it can't start with.
pub(crate) type Started = Result<Box<dyn Handler>, Invalid>;

/// How many of the latest requests the usual service time is the median of.
const LATEST: usize = 5;

/// The containers of one function, at most `max`, and the requests queued for one.
pub(crate) struct Containers {
    start: Start,
    max: usize,
    free: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The containers that serve no request; the next request takes the last one.
    idle: Vec<Box<dyn Handler>>,
    queued: usize,
    /// How long the latest requests took in their containers, the newest first.
    latest: Vec<Duration>,
}

/// The right to have one of the containers serve one request.
pub(crate) struct Slot {
    containers: Arc<Containers>,
    _permit: OwnedSemaphorePermit,
}

/// A queued request, until it is dropped.
struct Queued<'a>(&'a Containers);

impl Containers {
    /// At most `max` containers; none yet.
    pub(crate) fn new(start: Start, max: usize) -> Self {
        Self { start, max, free: Arc::new(Semaphore::new(max)), state: Mutex::default() }
    }

    /// Starts the first container, which shows whether the settings are good.
    pub(crate) async fn start_first(&self) -> Result<(), Invalid> {
        let container = (self.start)().await?;
        self.state().idle.push(container);
        Ok(())
    }

    /// Waits for a free container; `None` as soon as a request can't be answered within `within`.
    pub(crate) async fn slot(self: &Arc<Self>, within: Duration) -> Option<Slot> {
        let slot = |permit| Slot { containers: Arc::clone(self), _permit: permit };
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(slot(permit));
        }
        let start = Instant::now();
        let (_queued, usual) = self.queue(within)?;
        let permit = Arc::clone(&self.free).acquire_owned();
        let permit = timeout_at(start + within - usual, permit).await.ok()?.ok()?;
        Some(slot(permit))
    }

    /// Queues a request and returns the usual service time; `None` if the expected wait exceeds
    /// `within`.
    fn queue(&self, within: Duration) -> Option<(Queued<'_>, Duration)> {
        let mut state = self.state();
        // The requests now in containers, and this one, are a round each.
        let rounds = u32::try_from(state.queued / self.max).ok()?.checked_add(2)?;
        let usual = state.usual();
        if usual.checked_mul(rounds)? > within {
            return None;
        }
        state.queued += 1;
        Some((Queued(self), usual))
    }

    async fn idle_or_started(&self) -> Started {
        let idle = self.state().idle.pop();
        match idle {
            Some(container) => Ok(container),
            None => (self.start)().await,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How long a request usually takes: the median, which one timeout doesn't change.
    fn usual(&self) -> Duration {
        let mut latest = self.latest.clone();
        latest.sort_unstable();
        latest.get(latest.len().saturating_sub(1) / 2).copied().unwrap_or_default()
    }

    fn note(&mut self, took: Duration) {
        self.latest.insert(0, took);
        self.latest.truncate(LATEST);
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.state().queued -= 1;
    }
}

impl Slot {
    /// Has a container answer an event. A container that panics or exceeds `within` is discarded.
    pub(crate) async fn serve(self, event: Vec<u8>, within: Duration) -> Result<Vec<u8>, Failure> {
        let mut start = None;
        let serving = async {
            let container = self.containers.idle_or_started().await;
            let container = container.map_err(|error| FunctionError(error.to_string()))?;
            start = Some(Instant::now());
            let answer = container.handle(event).await;
            Ok((container, answer))
        };
        let served: Result<Result<_, FunctionError>, _> = timeout(within, serving).await;
        let mut state = self.containers.state();
        // The start of a container doesn't count: a queued request waits for one that is there.
        if let Some(start) = start {
            state.note(start.elapsed());
        }
        let (container, answer) = served.map_err(|_| Failure::TimedOut)??;
        state.idle.push(container);
        Ok(answer?)
    }
}

#[cfg(test)]
mod tests;

//! Progress for a waiting user: a line on standard error once a step takes long.

use std::{
    pin::{Pin, pin},
    time::Duration,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep},
};

/// How long a step may take in silence.
const PATIENCE: Duration = Duration::from_secs(1);

/// A step that is beginning.
#[derive(Debug)]
pub(crate) struct Step {
    line: String,
    patience: Duration,
}

impl Step {
    /// One that usually takes less than a second, and is reported only if it takes longer.
    pub(crate) fn brief(line: &impl ToString) -> Self {
        Self { line: line.to_string(), patience: PATIENCE }
    }

    /// One that takes long, and is reported at once.
    pub(crate) fn long(line: &impl ToString) -> Self {
        Self { line: line.to_string(), patience: Duration::ZERO }
    }
}

/// Waits for work of one step.
pub(crate) async fn wait<T>(line: &str, work: Pin<Box<impl Future<Output = T>>>) -> T {
    wait_saying(say, Some(Step::brief(&line)), unbounded_channel().1, work).await
}

/// Runs work that blocks, and names its steps as it comes to them.
pub(crate) async fn wait_blocking<T: Send + 'static>(
    work: impl FnOnce(&UnboundedSender<Step>) -> T + Send + 'static,
) -> T {
    let (begun, steps) = unbounded_channel();
    let work = tokio::task::spawn_blocking(move || work(&begun));
    match wait_saying(say, None, steps, work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn say(line: &str) {
    eprintln!("{line}");
}

async fn wait_saying<T>(
    say: impl Fn(&str),
    mut unreported: Option<Step>,
    mut steps: UnboundedReceiver<Step>,
    mut work: impl Future<Output = T> + Unpin,
) -> T {
    let mut patience = pin!(sleep(unreported.as_ref().map_or(PATIENCE, |step| step.patience)));
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            Some(step) = steps.recv() => {
                patience.as_mut().reset(Instant::now() + step.patience);
                unreported = Some(step);
            }
            () = &mut patience, if unreported.is_some() => {
                unreported.take().inspect(|step| say(&step.line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// The lines printed for steps that begin so many milliseconds after one another.
    async fn said(steps: Vec<(u64, Step)>, rest: u64) -> Vec<String> {
        let lines = RefCell::new(Vec::new());
        let (begun, receiver) = unbounded_channel();
        let work = pin!(async move {
            for (before, step) in steps {
                sleep(Duration::from_millis(before)).await;
                begun.send(step).unwrap();
            }
            sleep(Duration::from_millis(rest)).await;
            "done"
        });
        let say = |line: &str| lines.borrow_mut().push(line.to_owned());
        assert_eq!(wait_saying(say, None, receiver, work).await, "done");
        lines.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_is_reported_once_it_takes_longer_than_a_second() {
        let two = |first, then| vec![(first, Step::brief(&"a")), (then, Step::brief(&"b"))];
        assert_eq!(said(two(0, 900), 900).await, [""; 0]);
        assert_eq!(said(two(0, 900), 5_000).await, ["b"]);
        assert_eq!(said(two(0, 1_100), 900).await, ["a"]);
        assert_eq!(said(two(5_000, 1_100), 1_100).await, ["a", "b"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_step_is_reported_before_it_begins() {
        assert_eq!(said(vec![(0, Step::long(&"a"))], 10).await, ["a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn work_of_one_step_is_reported_too() {
        for (takes, expected) in [(900, &[] as &[&str]), (1_100, &["a"])] {
            let lines = RefCell::new(Vec::new());
            let say = |line: &str| lines.borrow_mut().push(line.to_owned());
            let work = pin!(sleep(Duration::from_millis(takes)));
            wait_saying(say, Some(Step::brief(&"a")), unbounded_channel().1, work).await;
            assert_eq!(lines.into_inner(), expected);
        }
    }
}

//! Questions that are asked together.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::error::Error;

/// The most questions of one statement.
const MOST: usize = 100;

/// Asks what comes while an earlier statement is under way in one statement after it: most of a
/// small one's work is its own and not its rows', and is so shared. A question that comes alone is
/// asked at once.
#[derive(Debug)]
pub(super) struct Batcher<Q, A> {
    waiting: Mutex<Vec<Waiting<Q, A>>>,
    turn: tokio::sync::Mutex<()>,
    deadline: Duration,
}

#[derive(Debug)]
struct Waiting<Q, A> {
    question: Q,
    answer: oneshot::Sender<Result<A, Error>>,
}

impl<Q, A> Batcher<Q, A> {
    /// Nobody waits longer than that to be asked.
    pub(super) fn new(deadline: Duration) -> Self {
        Self { waiting: Mutex::default(), turn: tokio::sync::Mutex::default(), deadline }
    }
}

impl<Q: Clone, A> Batcher<Q, A> {
    /// Has `ask` answer the question, alone or with others, in the order of the questions. Whoever
    /// isn't among those that are asked within the deadline of a statement is told so.
    pub(super) async fn answer<Asked>(
        &self,
        question: Q,
        ask: impl Fn(Vec<Q>) -> Asked,
    ) -> Result<A, Error>
    where
        Asked: Future<Output = Result<Vec<A>, Error>>,
    {
        let until = Instant::now() + self.deadline;
        loop {
            let (sender, mut answer) = oneshot::channel();
            self.waiting().push(Waiting { question: question.clone(), answer: sender });
            let answer = loop {
                tokio::select! {
                    biased;
                    answer = &mut answer => break answer,
                    turn = timeout_at(until, self.turn.lock()) => match turn {
                        Ok(_turn) => self.ask_all(&ask).await,
                        Err(_) => return Err(Error::DeadlineExceeded),
                    },
                }
            };
            // Whoever was asking for us may have gone away in the middle of it.
            if let Ok(answer) = answer {
                return answer;
            }
        }
    }

    async fn ask_all<Asked>(&self, ask: impl Fn(Vec<Q>) -> Asked)
    where
        Asked: Future<Output = Result<Vec<A>, Error>>,
    {
        let batch: Vec<_> = {
            let mut waiting = self.waiting();
            let most = waiting.len().min(MOST);
            waiting.drain(..most).collect()
        };
        // Whose turn it is may have been answered in the meantime, and nobody else has come.
        if batch.is_empty() {
            return;
        }
        let (questions, senders): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|it| (it.question, it.answer)).unzip();
        // Who no longer waits for an answer doesn't get one.
        match ask(questions).await {
            Ok(answers) => senders.into_iter().zip(answers).for_each(|(sender, answer)| {
                let _ = sender.send(Ok(answer));
            }),
            Err(error) => senders.into_iter().for_each(|sender| {
                let _ = sender.send(Err(error.clone()));
            }),
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting<Q, A>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::future::join_all;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(5);

    /// Asks for the doubles of these numbers at once; the sizes of the batches.
    async fn batches(numbers: std::ops::Range<u32>) -> Vec<usize> {
        let (batcher, sizes) = (Batcher::new(DEADLINE), RefCell::new(Vec::new()));
        let ask = async |numbers: Vec<u32>| {
            tokio::task::yield_now().await;
            sizes.borrow_mut().push(numbers.len());
            Ok(numbers.into_iter().map(|number| 2 * number).collect())
        };
        let answers = numbers.clone().map(|number| batcher.answer(number, ask));
        let doubles: Result<Vec<_>, _> = join_all(answers).await.into_iter().collect();
        assert_eq!(doubles.unwrap(), numbers.map(|number| 2 * number).collect::<Vec<_>>());
        sizes.into_inner()
    }

    #[tokio::test]
    async fn one_question_is_asked_alone_and_what_comes_meanwhile_together() {
        assert_eq!(batches(0..1).await, [1]);
        assert_eq!(batches(0..50).await, [1, 49]);
    }

    #[tokio::test]
    async fn a_statement_has_a_hundred_questions_at_most() {
        assert_eq!(batches(0..250).await, [1, 100, 100, 49]);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever_for_a_turn() {
        let batcher = Batcher::<u32, u32>::new(DEADLINE);
        let never = async |_| std::future::pending().await;
        let began = Instant::now();
        let mut first = Box::pin(batcher.answer(1, never));
        assert!(futures_util::poll!(&mut first).is_pending());
        assert_eq!(batcher.answer(2, never).await, Err(Error::DeadlineExceeded));
        assert_eq!(began.elapsed().as_secs(), DEADLINE.as_secs());
    }

    #[tokio::test]
    async fn nobody_waits_for_nothing() {
        let batcher = Batcher::<u32, u32>::new(DEADLINE);
        batcher.ask_all(async |_| panic!("nothing to ask")).await;
    }
}

//! Questions that are asked together.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use super::error::Error;

/// The most questions of one statement.
const MOST: usize = 100;

/// Asks what comes while an earlier statement is under way in one statement after it: planning is
/// most of a small one's work, and is so shared. A question that comes alone is asked at once.
#[derive(Debug)]
pub(super) struct Batcher<Q, A> {
    waiting: Mutex<Vec<Waiting<Q, A>>>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Waiting<Q, A> {
    question: Q,
    answer: oneshot::Sender<Result<A, Error>>,
}

impl<Q, A> Default for Batcher<Q, A> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<Q: Clone, A> Batcher<Q, A> {
    /// Has `ask` answer the question, alone or with others, in the order of the questions.
    pub(super) async fn answer<Asked>(
        &self,
        question: Q,
        ask: impl Fn(Vec<Q>) -> Asked,
    ) -> Result<A, Error>
    where
        Asked: Future<Output = Result<Vec<A>, Error>>,
    {
        loop {
            let (sender, mut answer) = oneshot::channel();
            self.waiting().push(Waiting { question: question.clone(), answer: sender });
            let answer = loop {
                tokio::select! {
                    biased;
                    answer = &mut answer => break answer,
                    _turn = self.turn.lock() => self.ask_all(&ask).await,
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

//! Questions to the loop that owns the live calls, and how long we wait for its answers.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::plan::{PhoneId, ShopId};
use crate::switchboard::{NotRung, Purpose, RightNow};

/// The loop answers in microseconds; one that has not answered by now hangs.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Questions that may wait for the loop at a time; more than the connections we serve at once would never be read.
const WAITING: usize = 64;

/// One question. The loop answers into it.
#[derive(Debug)]
pub enum Question {
    /// What is going on right now?
    Look(oneshot::Sender<RightNow>),
    /// Would you ring this phone?
    Ring { phone: PhoneId, purpose: Purpose, answer: oneshot::Sender<Result<(), NotRung>> },
    /// No question: somebody has taken it on to call this customer, or has settled what was owed.
    TakenOn { shop: ShopId, number: Number },
    /// No question: what somebody of this shop has said at a phone is kept elsewhere, or is of no use.
    DictationForgotten { shop: ShopId, at: UnixMs },
    /// No question: all about this caller was erased.
    Erased { shop: ShopId, number: Number },
}

/// Where to ask.
#[derive(Clone, Debug)]
pub struct Board {
    questions: mpsc::Sender<Question>,
}

/// The loop did not say within [`PATIENCE`], or is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call loop did not answer within {} seconds", PATIENCE.as_secs())]
pub struct NoAnswer;

impl Board {
    /// A board, and the end at which the loop takes the questions.
    pub fn new() -> (Board, mpsc::Receiver<Question>) {
        let (questions, asked) = mpsc::channel(WAITING);
        (Board { questions }, asked)
    }

    /// Asks the loop and waits at most [`PATIENCE`].
    pub async fn look(&self) -> Result<RightNow, NoAnswer> {
        self.look_for(PATIENCE).await
    }

    /// Has this phone rung, for somebody who will lift it. Waits at most [`PATIENCE`] for the loop.
    pub async fn ring(&self, phone: PhoneId, purpose: Purpose) -> Result<Result<(), NotRung>, NoAnswer> {
        self.ask_for(PATIENCE, |answer| Question::Ring { phone, purpose, answer }).await
    }

    /// Tells the loop that nobody else need call this customer. It is written in the log whether the loop hears of it or
    /// not.
    pub async fn taken_on(&self, shop: ShopId, number: Number) {
        let told = self.questions.send(Question::TakenOn { shop, number });
        let _ = tokio::time::timeout(PATIENCE, told).await;
    }

    /// Tells the loop to forget this caller. Should it not hear of it, it has until it is started anew.
    pub async fn erased(&self, shop: ShopId, number: Number) {
        let told = self.questions.send(Question::Erased { shop, number });
        let _ = tokio::time::timeout(PATIENCE, told).await;
    }

    /// Tells the loop that nobody wants what was said at a phone any more. Should it not hear of it, the page offers it again.
    pub async fn forget_dictation(&self, shop: ShopId, at: UnixMs) {
        let told = self.questions.send(Question::DictationForgotten { shop, at });
        let _ = tokio::time::timeout(PATIENCE, told).await;
    }

    async fn look_for(&self, patience: Duration) -> Result<RightNow, NoAnswer> {
        self.ask_for(patience, Question::Look).await
    }

    async fn ask_for<T>(
        &self,
        patience: Duration,
        question: impl FnOnce(oneshot::Sender<T>) -> Question,
    ) -> Result<T, NoAnswer> {
        let asked = async {
            let (answer, answered) = oneshot::channel();
            self.questions.send(question(answer)).await.map_err(|_| NoAnswer)?;
            answered.await.map_err(|_| NoAnswer)
        };
        tokio::time::timeout(patience, asked).await.unwrap_or(Err(NoAnswer))
    }
}

#[cfg(test)]
mod tests {
    use crate::switchboard::Gauges;

    use super::*;

    #[tokio::test]
    async fn a_look_is_answered_by_the_loop() {
        let (board, mut questions) = Board::new();
        let view = RightNow { shops: Vec::new(), calls: Vec::new(), gauges: Gauges { legs: 3, ..Gauges::default() } };
        let expected = view.clone();
        tokio::spawn(async move {
            match questions.recv().await {
                Some(Question::Look(answer)) => answer.send(view).is_ok(),
                other => panic!("not a look: {other:?}"),
            }
        });
        assert_eq!(board.look().await, Ok(expected));
    }

    #[tokio::test]
    async fn a_loop_that_hangs_is_not_waited_for() {
        let (board, _questions) = Board::new();
        assert_eq!(board.look_for(Duration::from_millis(1)).await, Err(NoAnswer));
    }

    #[tokio::test]
    async fn a_loop_that_is_gone_is_no_answer() {
        let (board, questions) = Board::new();
        drop(questions);
        assert_eq!(board.look().await, Err(NoAnswer));
    }
}

//! Looking at the live calls: a question to the loop that owns them, and how long we wait for its answer.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::switchboard::RightNow;

/// The loop answers in microseconds; one that has not answered by now hangs.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Looks that may wait for the loop at a time; more than the connections we serve at once would never be read.
const WAITING: usize = 64;

/// One question: what is going on right now? The loop answers into it.
pub type Look = oneshot::Sender<RightNow>;

/// Where to ask.
#[derive(Clone, Debug)]
pub struct Board {
    looks: mpsc::Sender<Look>,
}

/// The loop did not say within [`PATIENCE`], or is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call loop did not answer within {} seconds", PATIENCE.as_secs())]
pub struct NoAnswer;

impl Board {
    /// A board, and the end at which the loop takes the questions.
    pub fn new() -> (Board, mpsc::Receiver<Look>) {
        let (looks, questions) = mpsc::channel(WAITING);
        (Board { looks }, questions)
    }

    /// Asks the loop and waits at most [`PATIENCE`].
    pub async fn look(&self) -> Result<RightNow, NoAnswer> {
        self.look_for(PATIENCE).await
    }

    async fn look_for(&self, patience: Duration) -> Result<RightNow, NoAnswer> {
        let asked = async {
            let (answer, answered) = oneshot::channel();
            self.looks.send(answer).await.map_err(|_| NoAnswer)?;
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
        tokio::spawn(async move { questions.recv().await.map(|question| question.send(view)) });
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

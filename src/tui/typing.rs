//! What the terminal sends, beside the keys: the screen's side of the keyboard.

use tokio::sync::watch;

use super::background::{Ground, Owed};
use super::keyboard::{Answered, KeyboardPause};

/// What reads the keys meanwhile.
#[derive(Debug, Default)]
pub(super) struct Typing {
    /// Keeps it from reading.
    pub(super) pause: KeyboardPause,
    /// What the terminal answers.
    pub(super) answers: Option<TerminalAnswers>,
}

/// What the terminal is asked and answers.
#[derive(Debug)]
pub(super) struct TerminalAnswers {
    owed: Owed,
    answered: watch::Receiver<Answered>,
    /// How many of them this screen knows.
    known: u64,
    /// Whether it knows the background.
    knows_ground: bool,
}

impl TerminalAnswers {
    /// What a keyboard tells of them.
    pub(super) fn new((owed, answered): (Owed, watch::Receiver<Answered>)) -> Self {
        let Answered { count: known, ground } = *answered.borrow();
        Self { owed, answered, known, knows_ground: ground.is_some() }
    }

    /// The terminal is asked.
    pub(super) fn ask(&self) {
        self.owed.ask();
    }

    /// The terminal's background, once it has said it.
    pub(super) fn ground(&self) -> Option<Ground> {
        self.answered.borrow().ground
    }

    /// Waits until none is owed, where the terminal answers at all.
    pub(super) async fn settle(&mut self) {
        let mut answered = self.answered.clone();
        while answered.borrow_and_update().count > 0 && self.owed.is_any() {
            if answered.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits for the next; with the background, where it is news.
    pub(super) async fn next(&mut self) -> Option<Ground> {
        let known = self.known;
        let Ok(answered) = self.answered.wait_for(|answered| answered.count > known).await.map(|answered| *answered)
        else {
            // Nothing is read any more.
            return std::future::pending().await;
        };
        self.known += 1;
        let news = answered.ground.filter(|_| !self.knows_ground);
        self.knows_ground |= news.is_some();
        news
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    fn answers() -> (TerminalAnswers, watch::Sender<Answered>) {
        let (tell, answered) = watch::channel(Answered::default());
        (TerminalAnswers::new((Owed::default(), answered)), tell)
    }

    #[tokio::test(start_paused = true)]
    async fn each_answer_is_told_and_the_background_once() {
        let (mut answers, tell) = answers();
        tell.send_replace(Answered { count: 2, ground: Some(Ground::Light) });
        assert_eq!(answers.next().await, Some(Ground::Light));
        assert_eq!(answers.next().await, None);
        assert!(timeout(LONG, answers.next()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_owed_is_waited_for_where_the_terminal_answers() {
        let (mut answers, tell) = answers();
        answers.ask();
        assert!(timeout(LONG, answers.settle()).await.is_ok(), "it has never answered");
        tell.send_replace(Answered { count: 1, ground: None });
        assert!(timeout(LONG, answers.settle()).await.is_err(), "one is owed");
        let owed = answers.owed.clone();
        let (settled, ()) = tokio::join!(timeout(LONG, answers.settle()), async {
            tokio::task::yield_now().await;
            owed.answered();
            tell.send_modify(|answered| answered.count += 1);
        });
        assert!(settled.is_ok());
    }
}

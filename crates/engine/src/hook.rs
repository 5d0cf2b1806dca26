//! Hooks: what an account runs when something happened. A task an account, one run at a time; what is owed stands in
//! `history.db` before it runs, so that no crash loses it. Nothing here can hold up a watch.

mod bell;
mod call;
mod hand;
mod run;
#[cfg(test)]
mod tests;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use self::bell::Bell;
pub use self::call::line;
use self::hand::{Hand, Programs};
use crate::history::History;
use crate::link::Publisher;
use mailwatch_proto::model::Hooks;

/// An account's hooks, running.
#[derive(Debug)]
pub struct Runner {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Runner {
    /// Runs what `account` owes its hooks now and from now on. `login` as in [`WatchKey::login`].
    pub fn start(
        (account, login): (&str, String),
        hooks: watch::Receiver<Hooks>,
        history: History,
        publisher: Publisher,
        stop: CancellationToken,
    ) -> (Self, Bell) {
        let (bell, rings) = Bell::new(hooks.clone());
        let hand = Hand::new((account, login), (hooks, rings), (history, publisher), stop.clone(), Programs);
        (Self { stop, task: tokio::spawn(hand.work()) }, bell)
    }

    /// Ends within about 1.5 seconds. A run that does not end by then is ended, and owed still.
    pub async fn end(mut self) {
        self.stop.cancel();
        // It panicked: then there is nothing to wait for.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

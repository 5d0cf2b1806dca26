//! Hooks: the commands that an account runs on events. One task for each account, one run at a time. What is owed stands
//! in `history.db` before it runs, so that no crash loses it. Nothing here can hold up a watch.

mod invocation;
mod run;
mod runner;
mod signal;
#[cfg(test)]
mod tests;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use self::invocation::{COMMON as HOOK_VARIABLES, line, variables as hook_variables};
use self::runner::{HookRunner, Processes};
pub use self::signal::HookSignal;
use crate::history::History;
use crate::link::Publisher;
use mailwatch_proto::model::Hooks;

/// The task that runs an account's hooks.
#[derive(Debug)]
pub struct HookTask {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl HookTask {
    /// Starts the task, which runs what `account` owes its hooks now and from now on. `login` as in
    /// [`WatchKey::login`](crate::history::WatchKey::login).
    pub fn start(
        (account, login): (&str, String),
        hooks: watch::Receiver<Hooks>,
        history: History,
        publisher: Publisher,
        stop: CancellationToken,
    ) -> (Self, HookSignal) {
        let (signal, signals) = HookSignal::new(hooks.clone());
        let runner = HookRunner::new((account, login), (hooks, signals), (history, publisher), stop.clone(), Processes);
        (Self { stop, task: tokio::spawn(runner.run()) }, signal)
    }

    /// Ends within about 1.5 seconds. A run that does not end by then is ended and stays owed.
    pub async fn end(mut self) {
        self.stop.cancel();
        // An error means that it panicked: there is nothing to wait for.
        let _ = (&mut self.task).await;
    }
}

impl Drop for HookTask {
    fn drop(&mut self) {
        self.task.abort();
    }
}

//! Hooks: the commands that an account runs on events. One task for each kind of an account's hooks, one run at a time: one
//! that hangs, or is not there, holds up no other. What is owed stands
//! in `history.db` before it runs, so that no crash loses it. Nothing here can hold up a watch.

mod invocation;
mod run;
mod runner;
mod signal;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use self::invocation::{COMMON as HOOK_VARIABLES, line, variables as hook_variables};
use self::runner::{Failures, HookRunner, Processes};
pub use self::signal::HookSignal;
use crate::history::History;
use crate::link::Publisher;
use mailwatch_proto::model::{HookEvent, Hooks};

/// The tasks that run an account's hooks.
#[derive(Debug)]
pub struct HookTask {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl HookTask {
    /// Starts the task, which runs what `account` owes its hooks now and from now on. `login` as in
    /// [`WatchKey::login`](crate::history::WatchKey::login).
    pub fn start(
        (account, login): (&str, String),
        hooks: &watch::Receiver<Hooks>,
        history: &History,
        publisher: &Publisher,
        stop: CancellationToken,
    ) -> (Self, HookSignal) {
        let (signal, runners) = HookSignal::new(hooks.clone(), HookEvent::ALL.map(|event| vec![event]));
        let failures = Failures::default();
        let start = |with| {
            let (login, hooks) = (login.clone(), hooks.clone());
            let tools = (history.clone(), publisher.clone(), Arc::clone(&failures));
            tokio::spawn(HookRunner::new((account, login), hooks, with, tools, stop.clone(), Processes).run())
        };
        let tasks = runners.into_iter().map(start).collect();
        (Self { stop, tasks }, signal)
    }

    /// Ends within about 1.5 seconds. A run that does not end by then is ended and stays owed.
    pub async fn end(mut self) {
        self.stop.cancel();
        for task in &mut self.tasks {
            // An error means that it panicked: there is nothing to wait for.
            let _ = task.await;
        }
    }
}

impl Drop for HookTask {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

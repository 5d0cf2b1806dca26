//! How each of a watch's tasks is begun.

use std::sync::Arc;

use super::host::Host;
use super::run::Run;
use super::{OpenConnection, ProgressSender, RunningTask, TaskContext};
use crate::clock::now;
use crate::connection_limit::ConnectionPermit;
use crate::session::Session;
use mailwatch_proto::connection::dialogue::{Dialogue, Enter, Entered, Exchange};
use mailwatch_proto::connection::task::{Outcome, Task};
use mailwatch_proto::model::{Fault, FaultClass, ServerInfo, Timer, Timers};
use mailwatch_proto::token_lifetime::TokenLifetime;

impl TaskContext {
    /// Makes a connection and does a task over it. Waits for a permit, where it has none, and for its host's turn.
    #[must_use]
    pub fn begin(self, task: Task, place: Option<ConnectionPermit>) -> RunningTask {
        RunningTask::start(move |progress| async move {
            let place = match place {
                Some(place) => Some(place),
                None => self.state.connections.acquire().await,
            };
            let connecting = Arc::clone(&self.state.connecting);
            connecting.run(self.done(task, None, place, progress)).await
        })
    }

    /// Does a task over an open connection.
    #[must_use]
    pub fn go_on(self, task: Task, connection: Box<OpenConnection>) -> RunningTask {
        RunningTask::start(move |progress| async move { self.done(task, Some(connection), None, progress).await })
    }

    async fn done(
        self,
        task: Task,
        connection: Option<Box<OpenConnection>>,
        mut place: Option<ConnectionPermit>,
        progress: ProgressSender,
    ) -> (Outcome, Option<Box<OpenConnection>>) {
        let mut facts = self.facts();
        let mut host = Host::new(&self);
        if let Some(connection) = connection {
            let OpenConnection { session, place: its, facts: known } = *connection;
            (facts, place) = (known, its);
            session.write_facts(&mut facts);
            host.session = Some(session);
        }
        let dialogue = Box::new(Dialogue::task(task, facts, now()));
        let (ended, mut facts) = Run { host: &mut host, progress: &progress }.run(dialogue).await;
        let outcome = ended.unwrap_or_else(Outcome::Failed);
        let connection = match (&outcome, host.session.take()) {
            (Outcome::Ready { .. }, Some(mut session)) => {
                facts.capabilities = self.state.one_of(facts.capabilities);
                session.keep_facts(&facts);
                Some(Box::new(OpenConnection { session, place, facts }))
            }
            (Outcome::Ready { .. } | Outcome::Failed(_) | Outcome::LoggedOut, _) => None,
        };
        (outcome, connection)
    }

    /// Connects and logs in; no mailbox is open yet. With the token's lease, where there is one, and what the server said
    /// of itself.
    ///
    /// # Errors
    /// The first step that failed.
    pub async fn entered(
        &self,
        timers: Timers,
        progress: &ProgressSender,
    ) -> Result<(Session, Option<TokenLifetime>, ServerInfo), Fault> {
        let mut host = Host::new(self);
        let enter = Enter::new(timers.limit(Timer::Connect), false);
        let exchange = Box::new(Exchange::start(enter, self.facts(), timers.limit(Timer::Reply), now()));
        let (ended, facts) = Run { host: &mut host, progress }.run(exchange).await;
        let Entered { server, permit } = ended?;
        let Some(mut session) = host.session else {
            let message = format!("{}: a login without a connection (a bug)", self.state.peer());
            return Err(Fault::retry_after(FaultClass::Protocol, message));
        };
        session.keep_facts(&facts);
        Ok((session, permit.and_then(|permit| permit.token), server))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken<A, B, C, D, F: Future>(_: impl Fn(TaskContext, A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    /// A thousand may run at once where all watches connect; what they took stays with the allocator.
    #[test]
    fn a_running_task_takes_little() {
        let bytes = taken(TaskContext::done);
        assert!(bytes <= 4096, "{bytes} bytes");
    }
}

//! The loop between an exchange, its connection and its host.

use std::future::Future;
use std::pin::pin;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

use super::ProgressSender;
use super::host::Host;
use crate::clock::now;
use crate::session::{Heard, Sink as _};
use mailwatch_proto::connection::dialogue::{Exchange, Facts, Input, Output, Step};
use mailwatch_proto::connection::task::Progress;
use mailwatch_proto::model::{Fault, Past, WatchId};

/// Pending reads of what earlier runs left of a mailbox.
type LookBacks = FuturesUnordered<BoxFuture<'static, (Option<WatchId>, Option<Box<Past>>)>>;

/// What an exchange runs on.
pub(super) struct Run<'a, 'b> {
    pub(super) host: &'a mut Host<'b>,
    pub(super) progress: &'a ProgressSender,
}

impl Run<'_, '_> {
    /// Runs an exchange to its end. Also returns what it has learned of the connection. Boxed, because a future keeps room
    /// for each place that a value is moved through.
    pub(super) async fn run<S: Step>(&mut self, mut exchange: Box<Exchange<S>>) -> (Result<S::Done, Fault>, Facts) {
        let mut look_backs = LookBacks::new();
        loop {
            let Some(output) = exchange.poll() else {
                self.wait(&mut exchange, &mut look_backs).await;
                continue;
            };
            let output = match &mut self.host.session {
                Some(session) => session.apply(output, self.host.login.as_mut()),
                None => Some(output),
            };
            match output {
                Some(Output::Ask(question)) => {
                    let answer = {
                        let answer = pin!(self.host.answer(question));
                        beside(answer, &mut look_backs, self.progress).await
                    };
                    exchange.handle(now(), answer.map_or(Input::Tick, Input::Answer));
                }
                Some(Output::Progress(of, Progress::Server(mut server))) => {
                    server.capabilities = self.host.one_of(server.capabilities);
                    self.progress.tell(of, Progress::Server(server)).await;
                }
                Some(Output::Progress(of, progress)) => self.progress.tell(of, progress).await,
                Some(Output::LookBack(of)) => look_backs.push(self.host.look_back(of)),
                Some(Output::Accepted(way)) => self.host.accepted(way).await,
                Some(Output::Ended(ended)) => {
                    while let Some(past) = look_backs.next().await {
                        tell_past(past, self.progress).await;
                    }
                    return (ended, exchange.into_facts());
                }
                // Without a connection nothing can be sent.
                Some(Output::Send(_) | Output::SendLogin(_) | Output::Trust | Output::Utf8) | None => {}
            }
        }
    }

    /// Waits for the server and for the deadline.
    async fn wait<S: Step>(&mut self, exchange: &mut Exchange<S>, look_backs: &mut LookBacks) {
        let deadline = exchange.deadline();
        let heard = match &mut self.host.session {
            Some(session) => {
                let hear = pin!(session.hear(deadline));
                beside(hear, look_backs, self.progress).await
            }
            // Cannot happen: an exchange that waits has sent something.
            None => Heard::Input(Input::Tick),
        };
        match heard {
            Heard::Input(input) => exchange.handle(now(), input),
            Heard::Aside(aside) => self.progress.give(aside).await,
        }
    }
}

/// Waits for a future, and reports what was read of earlier runs meanwhile.
async fn beside<T>(
    waited: impl Future<Output = T> + Unpin,
    look_backs: &mut LookBacks,
    progress: &ProgressSender,
) -> T {
    let mut waited = waited;
    loop {
        tokio::select! {
            biased;
            Some(past) = look_backs.next() => tell_past(past, progress).await,
            done = &mut waited => return done,
        }
    }
}

/// Where it cannot be read, the history reports that itself.
async fn tell_past((of, past): (Option<WatchId>, Option<Box<Past>>), progress: &ProgressSender) {
    if let Some(past) = past {
        progress.tell(of, Progress::Past(past)).await;
    }
}

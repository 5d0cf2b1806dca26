//! Runs a connection's tasks: moves lines, responses and time between a dialogue and its connection, and answers it.
//!
//! A task owns its connection while it runs and tells its progress over a channel, so that the watch's loop is free for
//! commands, the clock and the program's end, and can drop the task at any moment.

mod begin;
mod context;
mod host;
mod kept;
mod run;

use std::future::Future;
use std::pin::Pin;

use tokio::sync::mpsc;

pub use self::context::{TaskContext, Trace};
use super::connection_limit::ConnectionPermit;
use crate::session::{Incoming, Session, Sink};
use mailwatch_proto::connection::dialogue::Facts;
use mailwatch_proto::connection::task::{Outcome, Progress};
use mailwatch_proto::model::{Fault, FaultClass, WatchId};

/// Progress that may wait to be read. Small: the watch's loop reads it as it comes.
const PROGRESS: usize = 16;

/// Progress on its way, of a shared mailbox or of the watch itself. Boxed: a channel keeps room for 32 of them.
type Update = Box<(Option<WatchId>, Progress)>;

/// A way to tell a task's progress.
#[derive(Clone, Debug)]
pub struct ProgressSender(mpsc::Sender<Update>);

impl ProgressSender {
    /// One whose progress is told to nobody.
    #[must_use]
    pub fn unheard() -> Self {
        Self(mpsc::channel(1).0)
    }

    /// Tells it, of a shared mailbox or of the watch itself; waits for room.
    pub fn tell(&self, of: Option<WatchId>, progress: Progress) -> impl Future<Output = ()> + Send {
        let told = Box::new((of, progress));
        async move {
            // A watch that dropped the task wants nothing of it.
            let _ = self.0.send(told).await;
        }
    }
}

impl Sink for ProgressSender {
    async fn give(&self, incoming: Incoming) {
        let progress = match incoming {
            Incoming::Response(response) => Progress::Response(response),
            Incoming::Unparsed(text) => Progress::Unparsed(text),
            Incoming::Line(line) => Progress::Line(line),
            // Between two IDLEs no DONE is written.
            Incoming::Written(_) => return,
        };
        self.tell(None, progress).await;
    }
}

/// A connection that a task is done over.
#[derive(Debug)]
pub struct OpenConnection {
    /// The connection.
    pub session: Session,
    /// Its place in the account's budget; given back with the connection.
    pub place: Option<ConnectionPermit>,
    /// What its tasks have learned of it.
    pub facts: Facts,
}

/// What comes out of a task.
#[derive(Debug)]
pub enum Step {
    /// It told something, of a shared mailbox or of the watch itself.
    Progress(Option<WatchId>, Progress),
    /// It ended; with the connection, where that goes on.
    Ended(Outcome, Option<Box<OpenConnection>>),
}

type Ended = (Outcome, Option<Box<OpenConnection>>);

/// A task that is under way.
pub struct RunningTask {
    running: Option<Pin<Box<dyn Future<Output = Ended> + Send>>>,
    progress: mpsc::Receiver<Update>,
    ended: Option<Ended>,
}

impl std::fmt::Debug for RunningTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningTask").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl RunningTask {
    fn start<F: Future<Output = Ended> + Send + 'static>(work: impl FnOnce(ProgressSender) -> F) -> Self {
        let (tx, progress) = mpsc::channel(PROGRESS);
        Self { running: Some(Box::pin(work(ProgressSender(tx)))), progress, ended: None }
    }

    /// One that has nothing to do but end so.
    #[must_use]
    pub fn ended(outcome: Outcome) -> Self {
        Self { running: None, progress: mpsc::channel(1).1, ended: Some((outcome, None)) }
    }

    /// What comes next. Cancel-safe. All progress comes before the end.
    pub async fn next(&mut self) -> Step {
        loop {
            tokio::select! {
                biased;
                progress = self.progress.recv() => {
                    if let Some(told) = progress {
                        let (of, progress) = *told;
                        return Step::Progress(of, progress);
                    }
                    let lost = || (Outcome::Failed(Fault::retry_after(FaultClass::Protocol, "a task ended twice")), None);
                    let (outcome, connection) = self.ended.take().unwrap_or_else(lost);
                    return Step::Ended(outcome, connection);
                },
                ended = run(&mut self.running) => {
                    self.ended = Some(ended);
                    // With it goes the sender: the channel closes behind the last that was told.
                    self.running = None;
                }
            }
        }
    }
}

async fn run(running: &mut Option<Pin<Box<dyn Future<Output = Ended> + Send>>>) -> Ended {
    match running {
        Some(running) => running.await,
        None => std::future::pending().await,
    }
}

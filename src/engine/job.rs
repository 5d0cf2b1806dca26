//! What a watch does in a straight line, beside its loop.
//!
//! A job owns its connection while it runs and tells its progress over a channel, so that the watch's loop is free for
//! commands, the clock and the program's end, and can drop the job at any moment.

mod tools;
mod watched;

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use tokio::sync::mpsc;

pub use self::tools::Tools;
use super::account::Place;
use super::catch_up::Mailbox;
use super::lease::Lease;
use crate::imap::session::{Incoming, Session, Sink};
use crate::model::{EventKind, Fault, FaultClass, Mail, Past, Phase, ServerInfo};

/// Progress that may wait to be read. Small: the watch's loop reads it as it comes.
const PROGRESS: usize = 16;

/// What a job tells while it runs.
#[derive(Clone, Debug)]
pub enum Told {
    /// The watch enters a phase.
    Phase(Phase),
    /// Something came that the job did not ask for.
    Incoming(Incoming),
    /// Something happened.
    Event(EventKind),
    /// Mails were found.
    Mails(Vec<Mail>),
    /// Something failed that does not end the job.
    Fault(Fault),
    /// The server is known.
    Server(ServerInfo),
    /// What earlier runs left to look back on.
    Past(Box<Past>),
}

/// A job's way to tell.
#[derive(Clone, Debug)]
pub struct Teller(mpsc::Sender<Told>);

impl Teller {
    /// One whose tales nobody hears.
    #[must_use]
    pub fn unheard() -> Self {
        Self(mpsc::channel(1).0)
    }

    /// Tells; waits for room.
    pub async fn tell(&self, told: Told) {
        // A watch that dropped the job wants nothing of it.
        let _ = self.0.send(told).await;
    }
}

impl Sink for Teller {
    async fn give(&self, incoming: Incoming) {
        self.tell(Told::Incoming(incoming)).await;
    }
}

/// A connection with its mailbox open.
#[derive(Debug)]
pub struct Live {
    /// The connection.
    pub session: Session,
    /// Its place in the account's budget; given back with the connection.
    pub _place: Option<Place>,
    /// Whether IDLE may be asked for: offered, and not refused on this connection.
    pub idles: bool,
    /// The token that it was logged in with, and when the connection is to be replaced for it, where that is known.
    pub lease: Option<Lease>,
    /// On the clock that goes on in a suspend.
    pub replace: Option<Instant>,
    /// IDLEs in a row that the server ended by itself within moments.
    pub cut_short: u8,
}

/// How a job ended.
#[derive(Debug)]
pub enum Ended {
    /// The connection is fit for work, the mailbox up to date.
    Ready(Box<Live>, Mailbox),
    /// It failed; the connection is gone.
    Failed(Fault),
    /// It logged out; the connection is gone.
    LoggedOut,
    /// The account's token was asked for: whether there is a newer one.
    Renewed(bool),
}

/// What comes out of a job.
#[derive(Debug)]
pub enum Step {
    /// It told something.
    Told(Told),
    /// It ended.
    Ended(Ended),
}

type Running = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// A job that is under way.
pub struct Job {
    running: Option<Running>,
    told: mpsc::Receiver<Told>,
    ended: Option<Ended>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Job {
    fn start<F: Future<Output = Ended> + Send + 'static>(work: impl FnOnce(Teller) -> F) -> Self {
        let (tx, told) = mpsc::channel(PROGRESS);
        Self { running: Some(Box::pin(work(Teller(tx)))), told, ended: None }
    }

    /// What comes next. Cancel-safe. Everything told comes before the end.
    pub async fn next(&mut self) -> Step {
        loop {
            tokio::select! {
                biased;
                told = self.told.recv() => {
                    let lost = || Ended::Failed(Fault::retry_after(FaultClass::Protocol, "a job ended twice"));
                    return match told {
                        Some(told) => Step::Told(told),
                        None => Step::Ended(self.ended.take().unwrap_or_else(lost)),
                    };
                },
                ended = run(&mut self.running) => {
                    self.ended = Some(ended);
                    // With it goes the teller: the channel closes behind the last that was told.
                    self.running = None;
                }
            }
        }
    }
}

async fn run(running: &mut Option<Running>) -> Ended {
    match running {
        Some(running) => running.await,
        None => std::future::pending().await,
    }
}

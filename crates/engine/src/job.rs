//! What a watch does in a straight line, beside its loop.
//!
//! A job owns its connection while it runs and tells its progress over a channel, so that the watch's loop is free for
//! commands, the clock and the program's end, and can drop the job at any moment.

mod attend;
mod errands;
mod home;
mod tools;
mod watched;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

pub use self::errands::{Errand, Errands, Home};
pub use self::tools::{Tools, Trace};
use super::catch_up::Mailbox;
use super::connection_limit::ConnectionPermit;
use crate::session::{Incoming, Session, Sink};
use mailwatch_proto::model::{EventKind, Fault, FaultClass, Mail, Past, Phase, ServerInfo, WatchId};
use mailwatch_proto::token_lifetime::TokenLifetime;

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
    /// A guest was looked at.
    Attended(Mailbox),
    /// The mailbox is not there, and the connection goes on for others.
    Missing(Fault),
    /// The names that LIST gave for each entry of the account's `mailboxes`; a plain name's own are none.
    Listed(Vec<Vec<String>>),
}

/// A job's way to tell.
#[derive(Clone, Debug)]
pub struct Teller {
    way: mpsc::Sender<(Option<WatchId>, Told)>,
    /// The guest that it tells of; the watch itself where there is none.
    of: Option<WatchId>,
}

impl Teller {
    /// One whose tales nobody hears.
    #[must_use]
    pub fn unheard() -> Self {
        Self { way: mpsc::channel(1).0, of: None }
    }

    /// Tells; waits for room.
    pub async fn tell(&self, told: Told) {
        // A watch that dropped the job wants nothing of it.
        let _ = self.way.send((self.of.clone(), told)).await;
    }

    /// The same way, for what is told of a guest.
    fn of(&self, guest: &WatchId) -> Self {
        Self { way: self.way.clone(), of: Some(guest.clone()) }
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
    pub _place: Option<ConnectionPermit>,
    /// Whether IDLE may be asked for: offered, and not refused on this connection.
    pub idles: bool,
    /// The token that it was logged in with, and when the connection is to be replaced for it, where that is known.
    pub lease: Option<TokenLifetime>,
    /// On the clock that goes on in a suspend.
    pub replace: Option<Instant>,
    /// IDLEs in a row that the server ended by itself within moments.
    pub cut_short: u8,
    /// The mailbox that is open.
    pub open: Option<Arc<str>>,
    /// Whether the server tells of other mailboxes by itself.
    pub notify: Notify,
}

/// Where NOTIFY (RFC 5465) stands on a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// It was not asked for.
    #[default]
    Off,
    /// The server tells of these mailboxes.
    On(Arc<[Arc<str>]>),
    /// The server has told that it tells no more: more happened than it could tell of (RFC 5465 §5.8).
    Overflowed,
    /// The server does not have it, refused it, or overflowed more than once: mailboxes are asked in turn.
    Never,
}

/// How a job ended.
#[derive(Debug)]
pub enum Ended {
    /// The connection is fit for work, the mailbox up to date; none where it stands aside or is not there.
    Ready(Box<Live>, Option<Mailbox>),
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
    /// It told something, of a guest or of the watch itself.
    Told(Option<WatchId>, Told),
    /// It ended.
    Ended(Ended),
}

type Running = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// A job that is under way.
pub struct Job {
    running: Option<Running>,
    told: mpsc::Receiver<(Option<WatchId>, Told)>,
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
        Self { running: Some(Box::pin(work(Teller { way: tx, of: None }))), told, ended: None }
    }

    /// What comes next. Cancel-safe. Everything told comes before the end.
    pub async fn next(&mut self) -> Step {
        loop {
            tokio::select! {
                biased;
                told = self.told.recv() => {
                    let lost = || Ended::Failed(Fault::retry_after(FaultClass::Protocol, "a job ended twice"));
                    return match told {
                        Some((of, told)) => Step::Told(of, told),
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

//! A watch's tasks as its loop knows them: what a connection is found to be stays with it from one to the next.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use crate::connection_limit::ConnectionPermit;
use crate::session::Session;
use crate::task::{OpenConnection, RunningTask, Step as TaskStep, Tools};
use mailwatch_proto::connection::task::{Connect, Mailbox, Notify, Opened, Outcome, Progress, Task, Work};
use mailwatch_proto::model::{Fault, Timers, WatchId};
use mailwatch_proto::token_lifetime::TokenLifetime;

/// A connection with its mailbox open.
#[derive(Debug)]
pub struct Live {
    /// The connection.
    pub session: Session,
    /// Its place in the account's budget; given back with the connection.
    pub place: Option<ConnectionPermit>,
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

/// What of a connection no task changes.
#[derive(Clone, Debug)]
struct Kept {
    opened: Opened,
    cut_short: u8,
}

impl Live {
    fn part(self) -> (Box<OpenConnection>, Kept) {
        let Self { session, place, idles, lease, replace, cut_short, open, notify } = self;
        let opened = Opened { idles, token: lease, replace };
        (Box::new(OpenConnection { session, place, open, notify }), Kept { opened, cut_short })
    }
}

/// How a job ended.
#[derive(Debug)]
pub enum Ended {
    /// The connection is fit for work, the mailbox up to date; none where it is set aside or is not there.
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
    /// It told something, of a shared mailbox or of the watch itself.
    Told(Option<WatchId>, Progress),
    /// It ended.
    Ended(Ended),
}

/// A job that is under way.
pub struct Job(Running);

enum Running {
    Task(Box<RunningTask>, Option<Kept>),
    Renewing(Pin<Box<dyn Future<Output = Ended> + Send>>),
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

impl Job {
    /// What comes next. Cancel-safe. Everything told comes before the end.
    pub async fn next(&mut self) -> Step {
        match &mut self.0 {
            Running::Renewing(renewing) => Step::Ended(renewing.await),
            Running::Task(task, kept) => match task.next().await {
                TaskStep::Progress(of, progress) => Step::Told(of, progress),
                TaskStep::Ended(outcome, connection) => Step::Ended(ended(outcome, connection, kept.take())),
            },
        }
    }
}

fn ended(outcome: Outcome, connection: Option<Box<OpenConnection>>, kept: Option<Kept>) -> Ended {
    match (outcome, connection) {
        (Outcome::Ready { opened, mailbox, .. }, Some(connection)) => {
            let OpenConnection { session, place, open, notify } = *connection;
            let fresh = opened.map(|opened| Kept { opened, cut_short: 0 });
            let nothing = Kept { opened: Opened { idles: false, token: None, replace: None }, cut_short: 0 };
            let Kept { opened, cut_short } = fresh.or(kept).unwrap_or(nothing);
            let Opened { idles, token: lease, replace } = opened;
            Ended::Ready(Box::new(Live { session, place, idles, lease, replace, cut_short, open, notify }), mailbox)
        }
        (Outcome::Failed(fault), _) => Ended::Failed(fault),
        (Outcome::Ready { .. } | Outcome::LoggedOut, _) => Ended::LoggedOut,
    }
}

impl Tools {
    fn connection(&self, timers: Timers, known: Option<Mailbox>, watched: bool, work: Work) -> Task {
        let (appeared, discovers, forgive) = (self.fresh.clone(), self.scout, self.forgive);
        Task::Connect(Connect { timers, known, watched, appeared, discovers, forgive, work })
    }

    /// Connects, logs in, opens the mailbox and brings it up to date; does the work. `known` is what this run knows of
    /// the mailbox; without it, mails that an earlier run found and did not tell are told first.
    #[must_use]
    pub fn connect(self, timers: Timers, known: Option<Mailbox>, work: Work) -> Job {
        let task = self.connection(timers, known, false, work);
        Job(Running::Task(Box::new(self.begin(task, None)), None))
    }

    /// The same beside a connection that goes on: what is new came while it was watched.
    #[must_use]
    pub fn connect_beside(self, place: ConnectionPermit, timers: Timers, known: Option<Mailbox>, work: Work) -> Job {
        let task = self.connection(timers, known, true, work);
        Job(Running::Task(Box::new(self.begin(task, Some(place))), None))
    }

    /// Sees to it that the account has a token newer than the one of this serial.
    #[must_use]
    pub fn renew(self, serial: u64) -> Job {
        Job(Running::Renewing(Box::pin(async move {
            match self.shared.renew(serial, &self.secrets).await {
                Ok(newer) => Ended::Renewed(newer),
                Err(fault) => Ended::Failed(fault),
            }
        })))
    }

    /// Looks for news on a connection whose IDLE has ended. `changed` says that the mailbox's figures are old.
    #[must_use]
    pub fn look(self, live: Box<Live>, timers: Timers, known: Option<Mailbox>, changed: bool, work: Work) -> Job {
        let (connection, kept) = live.part();
        Job(Running::Task(Box::new(self.go_on(Task::Look { timers, known, changed, work }, connection)), Some(kept)))
    }

    /// Asks a server without IDLE.
    #[must_use]
    pub fn poll(self, live: Box<Live>, timers: Timers, known: Option<Mailbox>, work: Work) -> Job {
        let (connection, kept) = live.part();
        Job(Running::Task(Box::new(self.go_on(Task::Poll { timers, known, work }, connection)), Some(kept)))
    }

    /// Says goodbye.
    #[must_use]
    pub fn log_out(self, live: Box<Live>, by: Instant) -> Job {
        let (connection, kept) = live.part();
        Job(Running::Task(Box::new(self.go_on(Task::Logout { by }, connection)), Some(kept)))
    }
}

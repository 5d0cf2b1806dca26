//! A mailbox that another watch's connection serves, because the account has more mailboxes than connections.
//!
//! It keeps what a watch keeps (its snapshot, its commands, how far it was seen) and has no connection and no loop.

use std::time::Instant;

use super::publish::Reporter;
use crate::history::WatchKey;
use crate::link::Commands;
pub use mailwatch_proto::connection::task::Appeared as Fresh;
use mailwatch_proto::connection::task::Mailbox;
use mailwatch_proto::model::{ConnId, EventKind, Fault, Loss, Phase, Served, Timer, WatchId};
use mailwatch_proto::response::MailboxStatus;
use mailwatch_proto::verdict;

/// Whether a guest is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is, or is about to be.
    Served,
    /// The user has paused it.
    Paused,
    /// The server has said that it is not there.
    Missing,
}

/// The guest.
#[derive(Debug)]
pub struct Guest {
    /// Its snapshot and its events.
    pub report: Reporter,
    /// What the user asks of it.
    pub commands: Commands,
    /// Its key in the history.
    pub key: WatchKey,
    /// How far it was seen in this run.
    pub known: Option<Mailbox>,
    /// Set until it was looked at for the first time.
    pub fresh: Option<Fresh>,
    /// The connection that it was last looked at over.
    attended: Option<ConnId>,
    /// When it is asked next, where nothing tells of it.
    pub due: Instant,
    /// Whether there is reason to look at it now.
    pub wished: bool,
    standing: Standing,
    /// Whether mails that an earlier run left untold were told.
    pub begun: bool,
    /// The connection that was lost, its last proof of life, and why it was.
    lost: Option<(ConnId, Instant, Loss)>,
}

impl Standing {
    /// The server has shown that it is there.
    const fn served(self) -> Self {
        match self {
            Self::Served | Self::Missing => Self::Served,
            Self::Paused => Self::Paused,
        }
    }
}

/// Where the carrier stands, as its guests show it.
#[derive(Clone, Copy, Debug)]
pub struct Carrier<'a> {
    /// Its snapshot's reporter.
    pub report: &'a Reporter,
    /// Its phase, whatever its own mailbox shows.
    pub phase: Phase,
    /// Whether its connection is fit for work.
    pub fit: bool,
    /// How its guests are served over the current connection.
    pub mode: Served,
    /// Since when its connection is known to be lost.
    pub lost: Option<(ConnId, Instant, Loss)>,
}

impl Guest {
    /// One that was not looked at yet.
    #[must_use]
    pub fn new(report: Reporter, commands: Commands, key: WatchKey, fresh: Option<Fresh>, now: Instant) -> Self {
        Self {
            report,
            commands,
            key,
            known: None,
            fresh,
            attended: None,
            due: now,
            wished: false,
            standing: Standing::Served,
            begun: false,
            lost: None,
        }
    }

    /// Which watch it is.
    #[must_use]
    pub const fn id(&self) -> &WatchId {
        &self.report.now().id
    }

    /// Whether it was looked at over this connection.
    #[must_use]
    pub fn is_attended(&self, conn: Option<ConnId>) -> bool {
        conn.is_some() && self.attended == conn
    }

    /// Whether it is neither paused nor missing.
    fn is_served(&self) -> bool {
        self.standing == Standing::Served
    }

    /// Whether the user has paused it.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.standing == Standing::Paused
    }

    /// The user pauses it.
    pub const fn pause(&mut self) {
        self.standing = Standing::Paused;
        self.wished = false;
    }

    /// The user wants to hear of it again: after a pause what comes next is a gap.
    pub fn resume(&mut self) {
        if self.is_paused() {
            self.standing = Standing::Served;
            self.forget_attention();
        }
    }

    /// Whether a look found mail that nothing had told of.
    #[must_use]
    pub fn finds_untold(&self, found: &Mailbox, conn: Option<ConnId>) -> bool {
        let more = self.known.is_some_and(|known| {
            known.uidvalidity == found.uidvalidity && known.uidnext < found.uidnext && known.exists < found.exists
        });
        more && !self.wished && self.is_attended(conn)
    }

    /// It was looked at.
    pub fn attended(&mut self, mailbox: Mailbox, conn: Option<ConnId>, now: Instant) {
        self.known = Some(mailbox);
        self.fresh = None;
        self.begun = true;
        self.attended = conn;
        self.standing = self.standing.served();
        self.wait(now);
        self.report.recorder().alive();
        self.show(mailbox, now);
    }

    fn show(&mut self, mailbox: Mailbox, now: Instant) {
        let before = self.report.now();
        if (before.exists, before.unseen) != (Some(mailbox.exists), mailbox.unseen) {
            let snapshot = self.report.touch();
            let count = mailbox.exists;
            let delta = snapshot.exists.map(|before| i64::from(count) - i64::from(before));
            snapshot.exists = Some(count);
            snapshot.unseen = mailbox.unseen;
            if let Some(delta) = delta.filter(|delta| *delta != 0) {
                self.report.tell(EventKind::Exists { count, delta }, now);
            }
        }
    }

    /// Figures came that no new mail is behind.
    pub fn figures(&mut self, status: &MailboxStatus, now: Instant) {
        let Some(known) = self.known else { return };
        let (exists, unseen) = (status.messages.unwrap_or(known.exists), status.unseen.or(known.unseen));
        let mailbox = Mailbox { exists, unseen, ..known };
        self.known = Some(mailbox);
        self.show(mailbox, now);
    }

    /// The server said NO where it was asked for.
    pub fn refused(&mut self, fault: &Fault, now: Instant) {
        let was = self.standing == Standing::Missing;
        if !fault.retry() && self.standing == Standing::Served {
            self.standing = Standing::Missing;
        }
        self.attended = None;
        self.begun = true;
        self.wait(now);
        if !was {
            self.report.fault(fault, now);
        }
    }

    /// What was tried is over; the next time is a while from now.
    fn wait(&mut self, now: Instant) {
        self.wished = false;
        self.due = now + self.report.now().timers.limit(Timer::Poll);
    }

    /// Its carrier has another connection.
    pub fn leave(&mut self, lost: Option<(ConnId, Instant, Loss)>) {
        self.lose(lost);
        self.forget_attention();
    }

    /// What comes next is a gap: nobody has looked for a while.
    pub const fn forget_attention(&mut self) {
        self.attended = None;
        self.wished = true;
    }

    /// Shows where its carrier stands.
    pub fn follow(&mut self, carrier: &Carrier<'_>, now: Instant) {
        let seen = carrier.report.now();
        let live = carrier.fit && self.is_attended(seen.conn);
        let phase = self.phase(carrier, live);
        let poll = self.report.now().timers.tuned(Timer::Poll);
        let timers = seen.timers.with(Timer::Poll, poll.value, poll.origin);
        let deadline = (live && carrier.mode == Served::Status && self.is_served()).then_some((self.due, Timer::Poll));
        let deadline = if phase == Phase::Waiting { seen.deadline } else { deadline };
        let own = self.report.now();
        let same = own.conn == seen.conn
            && own.served == carrier.mode
            && own.carrier.as_ref() == Some(&seen.id)
            && own.timers == timers
            && own.deadline == deadline
            && own.attempt == seen.attempt
            && std::sync::Arc::ptr_eq(&own.server, &seen.server);
        if !same {
            let snapshot = self.report.touch();
            snapshot.conn = seen.conn;
            snapshot.served = carrier.mode;
            snapshot.carrier = Some(seen.id.clone());
            snapshot.timers = timers;
            snapshot.deadline = deadline;
            snapshot.attempt = seen.attempt;
            snapshot.server = std::sync::Arc::clone(&seen.server);
        }
        self.lose(carrier.lost);
        if phase == self.report.now().phase && self.report.has_begun() {
            return;
        }
        match phase {
            Phase::Idling | Phase::Polling => self.fit(now),
            Phase::Waiting | Phase::Failed if self.is_served() => {
                // Told once, as the carrier's: here it is shown alone.
                let (fault, finding) = (seen.fault.clone(), seen.finding.clone());
                let snapshot = self.report.touch();
                snapshot.fault = fault;
                snapshot.finding = finding;
            }
            Phase::Waiting
            | Phase::Failed
            | Phase::Connecting
            | Phase::Authenticating
            | Phase::Selecting
            | Phase::CatchingUp
            | Phase::Requested
            | Phase::Finishing
            | Phase::Paused
            | Phase::Ended => {}
        }
        self.report.phase(phase, now);
        if live && self.is_served() {
            self.report.conclude(verdict::live_as(carrier.mode), now);
        }
    }

    fn phase(&self, carrier: &Carrier<'_>, live: bool) -> Phase {
        match self.standing {
            Standing::Paused => return Phase::Paused,
            Standing::Missing => return Phase::Failed,
            Standing::Served => {}
        }
        if live {
            return match carrier.mode {
                Served::Notify => Phase::Idling,
                Served::Own | Served::Status => Phase::Polling,
            };
        }
        match carrier.phase {
            phase @ (Phase::Connecting
            | Phase::Authenticating
            | Phase::Selecting
            | Phase::Waiting
            | Phase::Failed
            | Phase::Paused) => phase,
            Phase::CatchingUp | Phase::Requested | Phase::Idling | Phase::Finishing | Phase::Polling | Phase::Ended => {
                Phase::CatchingUp
            }
        }
    }

    /// Its carrier's connection is lost: it is blind since the last proof of life, unless it was not served at all.
    fn lose(&mut self, lost: Option<(ConnId, Instant, Loss)>) {
        let Some((conn, alive, why)) = lost else { return };
        if self.lost.is_none() && self.is_attended(Some(conn)) && self.is_served() {
            self.lost = Some((conn, alive, why));
            self.report.touch().blind.since = Some(alive);
        }
    }

    /// It is served again.
    fn fit(&mut self, now: Instant) {
        let snapshot = self.report.touch();
        snapshot.fault = None;
        snapshot.blind.since = None;
        if let Some((conn, alive, why)) = self.lost.take() {
            self.report.replaced(conn, Some(now.saturating_duration_since(alive)), why, now);
        }
    }
}

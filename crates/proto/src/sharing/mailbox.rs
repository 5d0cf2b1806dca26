//! A mailbox that another watch's connection serves, because the account has more mailboxes than connections.
//!
//! It has what a watch has (what it shows, how far it was seen) and neither a connection nor deadlines of its own.

use std::time::Instant;

use crate::connection::arrivals::Sought;
use crate::connection::task::{Appeared, Mailbox, WorkItem};
use crate::model::{Asker, ConnId, EventKind, Fault, FoundBy, Loss, Origin, Phase, Served, Timer, WatchId};
use crate::response::MailboxStatus;
use crate::verdict;
use crate::view::{Notice, View};

/// A connection that was lost, its last proof of life, and why it was.
pub type LostConnection = (ConnId, Instant, Loss);

/// Whether a shared mailbox is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is, or is about to be.
    Served,
    /// The user has paused it.
    Paused,
    /// The server has said that it is not there.
    Missing,
}

/// The mailbox.
#[derive(Debug)]
pub struct SharedMailbox {
    /// What it shows and tells.
    pub view: View,
    /// How far it was seen in this run.
    pub known: Option<Mailbox>,
    /// Set until it was looked at for the first time.
    pub appeared: Option<Appeared>,
    /// The connection that it was last looked at over.
    looked_at: Option<ConnId>,
    /// When it is asked next, where nothing tells of it.
    due: Instant,
    /// Whether there is reason to look at it now.
    requested: bool,
    /// Whether that is what the server told by NOTIFY.
    told: bool,
    /// When it was last looked at.
    seen: Option<Instant>,
    standing: Standing,
    /// Whether mails that an earlier run left untold were told.
    begun: bool,
    lost: Option<LostConnection>,
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

/// Where the connection that serves them stands, as shared mailboxes show it.
#[derive(Clone, Copy, Debug)]
pub struct SharingConnection<'a> {
    /// What its own mailbox shows.
    pub view: &'a View,
    /// Whether it is fit for work.
    pub fit: bool,
    /// How it serves them.
    pub mode: Served,
    /// The connection that was lost, until another is fit.
    pub lost: Option<LostConnection>,
}

impl SharedMailbox {
    /// One that was not looked at yet.
    #[must_use]
    pub fn new(view: View, appeared: Option<Appeared>, now: Instant) -> Self {
        Self {
            view,
            known: None,
            appeared,
            looked_at: None,
            due: now,
            requested: false,
            told: false,
            seen: None,
            standing: Standing::Served,
            begun: false,
            lost: None,
        }
    }

    /// Which watch it is.
    #[must_use]
    pub fn id(&self) -> &WatchId {
        &self.view.now().id
    }

    /// Whether it was looked at over this connection.
    #[must_use]
    pub fn is_looked_at(&self, conn: Option<ConnId>) -> bool {
        conn.is_some() && self.looked_at == conn
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
        self.requested = false;
    }

    /// The user wants to hear of it again: after a pause what comes next is a gap.
    pub fn resume(&mut self) {
        if self.is_paused() {
            self.standing = Standing::Served;
            self.forget_look();
        }
    }

    /// Whether a look found mail that nothing had told of.
    #[must_use]
    pub fn finds_untold(&self, found: &Mailbox, conn: Option<ConnId>) -> bool {
        let more = self.known.is_some_and(|known| {
            known.uidvalidity == found.uidvalidity && known.uidnext < found.uidnext && known.exists < found.exists
        });
        more && !self.requested && self.is_looked_at(conn)
    }

    /// It was looked at.
    pub fn look_done(&mut self, mailbox: Mailbox, conn: Option<ConnId>, now: Instant) {
        self.known = Some(mailbox);
        self.appeared = None;
        self.begun = true;
        self.looked_at = conn;
        self.seen = Some(now);
        self.standing = self.standing.served();
        self.wait(now);
        self.view.notice(now, Notice::Alive);
        self.show(mailbox, now);
    }

    fn show(&mut self, mailbox: Mailbox, now: Instant) {
        let before = self.view.now();
        if (before.mailbox.exists, before.mailbox.unseen) != (Some(mailbox.exists), mailbox.unseen) {
            let snapshot = self.view.touch();
            let count = mailbox.exists;
            let delta = snapshot.mailbox.exists.map(|before| i64::from(count) - i64::from(before));
            snapshot.mailbox.exists = Some(count);
            snapshot.mailbox.unseen = mailbox.unseen;
            if let Some(delta) = delta.filter(|delta| *delta != 0) {
                self.view.tell(EventKind::Exists { count, delta }, now);
            }
        }
    }

    /// When it is to be looked at by itself, on a connection that serves it so.
    #[must_use]
    pub fn look_at(&self, conn: Option<ConnId>, mode: Served, now: Instant) -> Option<Instant> {
        if self.is_paused() {
            return None;
        }
        match (self.requested, mode) {
            (true, _) => Some(now),
            (false, Served::Notify) if self.is_looked_at(conn) => None,
            (false, Served::Own | Served::Notify | Served::Status) => Some(self.due),
        }
    }

    /// Whether it is looked at where there is a look anyway, until then.
    #[must_use]
    pub fn is_due(&self, soon: Instant) -> bool {
        !self.is_paused() && (self.requested || self.due <= soon)
    }

    /// What is asked for first where not all can be: those with news, then those that wait longest.
    #[must_use]
    pub const fn urgency(&self) -> (bool, Instant) {
        (!self.requested, self.due)
    }

    /// Whether there is reason to look at it now.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.requested && !self.is_paused()
    }

    /// There is reason to look at it, unless the user has paused it.
    pub fn request(&mut self) {
        self.requested = !self.is_paused();
    }

    /// The look at it that is due over this connection.
    #[must_use]
    pub fn work(&self, conn: Option<ConnId>) -> WorkItem {
        WorkItem {
            id: self.id().clone(),
            known: self.known,
            looked_at: self.is_looked_at(conn),
            begun: self.begun,
            appeared: self.appeared.clone(),
            sought: Sought { by: self.found_by(conn), since: self.seen },
            new: self.view.new_mails().uids(),
        }
    }

    /// How what a look finds came to be known.
    fn found_by(&self, conn: Option<ConnId>) -> FoundBy {
        match (self.is_looked_at(conn), self.told) {
            (false, _) => FoundBy::Connect,
            (true, true) => FoundBy::Notify,
            (true, false) => FoundBy::Poll,
        }
    }

    /// The user sets how often it is asked for.
    pub fn set_poll(&mut self, value: Option<std::time::Duration>, by: Option<Asker>, now: Instant) {
        let from = self.view.now().timers.value(Timer::Poll);
        self.view.touch().timers.set(Timer::Poll, value, Origin::You);
        self.due = self.due.min(now + self.view.now().timers.limit(Timer::Poll));
        if from != value {
            let by = by.map(|by| by.to_string());
            let kind = EventKind::Retuned { timer: Timer::Poll, from, to: value, origin: Origin::You, by };
            self.view.tell(kind, now);
        }
    }

    /// The server told its figures by itself.
    pub fn told(&mut self, status: &MailboxStatus, now: Instant) {
        let news = self.known.is_none_or(|known| known.has_news(status));
        // Which of the new ones were seen is asked for.
        let fewer = self.known.is_some_and(|known| status.unseen.is_some() && status.unseen < known.unseen);
        if fewer && !news && self.view.new_mails().count() > 0 {
            self.request();
        } else if news {
            self.told = true;
            self.request();
        } else {
            self.figures(status, now);
        }
    }

    /// Figures came that no new mail is behind.
    fn figures(&mut self, status: &MailboxStatus, now: Instant) {
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
        self.looked_at = None;
        self.begun = true;
        self.wait(now);
        if !was {
            self.view.fault(fault, now);
        }
    }

    /// What was tried is over; the next time is a while from now.
    fn wait(&mut self, now: Instant) {
        (self.requested, self.told) = (false, false);
        self.due = now + self.view.now().timers.limit(Timer::Poll);
    }

    /// Another connection serves it.
    pub fn leave(&mut self, lost: Option<(ConnId, Instant, Loss)>) {
        self.lose(lost);
        self.forget_look();
    }

    /// Looks come next at once, and what they find is a gap.
    pub const fn forget_look(&mut self) {
        self.looked_at = None;
        self.requested = true;
    }

    /// Shows where its connection stands.
    pub fn follow(&mut self, connection: &SharingConnection<'_>, now: Instant) {
        let seen = connection.view.now();
        let live = connection.fit && self.is_looked_at(seen.connection.id);
        let phase = self.phase(connection, live);
        let poll = self.view.now().timers.tuned(Timer::Poll);
        let timers = seen.timers.with(Timer::Poll, poll.value, poll.origin);
        let deadline =
            (live && connection.mode == Served::Status && self.is_served()).then_some((self.due, Timer::Poll));
        let deadline = if phase == Phase::Waiting { seen.deadline } else { deadline };
        let own = self.view.now();
        let same = own.connection.id == seen.connection.id
            && own.sharing.served == connection.mode
            && own.sharing.served_by.as_ref() == Some(&seen.id)
            && own.timers == timers
            && own.deadline == deadline
            && own.connection.attempt == seen.connection.attempt
            && std::sync::Arc::ptr_eq(&own.connection.server, &seen.connection.server);
        if !same {
            let snapshot = self.view.touch();
            snapshot.connection.id = seen.connection.id;
            snapshot.sharing.served = connection.mode;
            snapshot.sharing.served_by = Some(seen.id.clone());
            snapshot.timers = timers;
            snapshot.deadline = deadline;
            snapshot.connection.attempt = seen.connection.attempt;
            snapshot.connection.server = std::sync::Arc::clone(&seen.connection.server);
        }
        self.lose(connection.lost);
        if phase == self.view.now().phase && self.view.has_begun() {
            return;
        }
        match phase {
            Phase::Idling | Phase::Polling => self.fit(now),
            Phase::Waiting | Phase::Failed if self.is_served() => {
                // Told once, by the connection's own mailbox: here it is shown alone.
                let (fault, finding) = (seen.fault.clone(), seen.finding.clone());
                let snapshot = self.view.touch();
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
        self.view.phase(phase, now);
        if live && self.is_served() {
            self.view.conclude(verdict::live_as(connection.mode), now);
        }
    }

    fn phase(&self, connection: &SharingConnection<'_>, live: bool) -> Phase {
        match self.standing {
            Standing::Paused => return Phase::Paused,
            Standing::Missing => return Phase::Failed,
            Standing::Served => {}
        }
        if live {
            return match connection.mode {
                Served::Notify => Phase::Idling,
                Served::Own | Served::Status => Phase::Polling,
            };
        }
        match connection.view.connection_phase() {
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

    /// Its connection is lost: it is blind since the last proof of life, unless it was not served at all.
    fn lose(&mut self, lost: Option<(ConnId, Instant, Loss)>) {
        let Some((conn, alive, why)) = lost else { return };
        if self.lost.is_none() && self.is_looked_at(Some(conn)) && self.is_served() {
            self.lost = Some((conn, alive, why));
            self.view.touch().blind.since = Some(alive);
        }
    }

    /// It is served again.
    fn fit(&mut self, now: Instant) {
        let snapshot = self.view.touch();
        snapshot.fault = None;
        snapshot.blind.since = None;
        if let Some((conn, alive, why)) = self.lost.take() {
            self.view.replaced(conn, Some(now.saturating_duration_since(alive)), why, now);
        }
    }
}

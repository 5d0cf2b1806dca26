//! A watch between its IDLEs: connect, bring the mailbox up to date, idle or poll, look again.

use std::time::{Duration, Instant};

use super::{Activity, Finished, Leave, Output, Watch};
use crate::command_governor::Wish;
use crate::connection::Incoming;
use crate::connection::task::{Connect, Mailbox, Outcome, Progress, Task, Work};
use crate::connection::{Connection, Role};
use crate::model::{ConnId, Fault, FaultClass, FoundBy, Phase, Timer, WatchId};
use crate::refusal;
use crate::unseen::Kept;
use crate::view::Notice;

/// How long LOGOUT's reply is waited for: nothing depends on it.
const GOODBYE: Duration = Duration::from_millis(500);

impl Watch {
    /// Begins a new connection.
    pub(super) fn connect(&mut self, now: Instant) {
        self.connect_as(false, now);
    }

    /// The same. `retry_refused`: the user has just acted, and what was refused may be tried again.
    pub(super) fn connect_as(&mut self, retry_refused: bool, now: Instant) {
        if self.succeed(now) {
            return;
        }
        self.rotation.breaks = false;
        let conn = self.context.supply.number();
        let (attempt, replacing) = (self.backoff.attempt(), self.quarantined.is_some());
        let snapshot = self.view.touch();
        snapshot.connection.id = Some(conn);
        snapshot.connection.attempt = attempt;
        snapshot.connection.idle_since = None;
        snapshot.connection.replacing = replacing;
        self.silence.heart.forget();
        self.silence.asks = false;
        self.pace.connects();
        self.seen.pushes.forget();
        self.view.forget_places();
        self.seen.announcing.forget();
        self.view.phase(Phase::Connecting, now);
        let work = self.work(true, now);
        let new = self.view.new_mails().uids();
        let work = Work { arrivals: self.arrivals(FoundBy::Connect, now), new, ..work };
        let connect = Connect {
            timers: self.timers,
            known: self.seen.mailbox,
            watched: false,
            appeared: self.seen.appeared.clone(),
            discovers: self.context.discovers,
            retry_refused,
            work,
        };
        self.become_(Activity::Connected(Box::new(Connection::new(conn, Role::Active))));
        self.output(Output::Start(conn, Box::new(Task::Connect(connect))));
    }

    /// Has the connection in use run a task.
    fn start(&mut self, task: Task) {
        let Some(connection) = self.connection() else { return };
        connection.work();
        let conn = connection.id();
        self.output(Output::Start(conn, Box::new(task)));
    }

    /// A task ended.
    pub(super) fn finished(&mut self, conn: ConnId, finished: Finished, now: Instant) {
        match self.role_of(conn) {
            Some(Role::Active) => self.active_finished(finished, now),
            Some(Role::Standby) => self.standby_finished(finished, now),
            Some(Role::Draining) => {
                // It is gone, one way or the other, and was to go.
                self.rotation.drained();
                self.output(Output::Drop(conn));
            }
            Some(Role::Quarantined) => self.release(crate::model::QuarantineEnd::LetGo, now),
            None => {}
        }
    }

    fn active_finished(&mut self, finished: Finished, now: Instant) {
        match finished.outcome {
            Outcome::Ready { opened, open, notify, mailbox } => {
                if let Some(connection) = self.connection() {
                    connection.rest(opened.as_ref(), open, notify);
                    connection.known.proxy = finished.proxy;
                }
                self.turn_ends(Some(&finished.tag), now);
                self.ready(mailbox, finished.tag, now);
            }
            Outcome::Failed(fault) => {
                if self.fitness.since.is_none() && refusal::is_of_connections(&fault) {
                    self.output(Output::Limited { supposed: false });
                } else if self.is_turned_away(&fault) {
                    self.output(Output::Limited { supposed: true });
                }
                self.failed(&fault, now);
            }
            Outcome::LoggedOut => self.left(now),
        }
    }

    /// Whether the connection ended before a greeting, and not for the first time: some servers (Courier) say no more where
    /// there are too many.
    fn is_turned_away(&self, fault: &Fault) -> bool {
        let closed = matches!(fault.class, FaultClass::Closed | FaultClass::Tls);
        closed && self.backoff.attempt() > 0 && self.view.now().phase == Phase::Connecting
    }

    /// The mailbox is up to date: issue IDLE, or poll.
    fn ready(&mut self, mailbox: Option<Mailbox>, tag: String, now: Instant) {
        let heard = self.active().and_then(|connection| connection.known.heard);
        let snapshot = self.view.touch();
        snapshot.connection.heard = heard;
        if let Some(mailbox) = mailbox {
            let before = self.seen.mailbox.replace(mailbox);
            let number = |mailbox: Mailbox| (mailbox.epoch, mailbox.uidnext);
            self.seen.pushes.looked(before.map(number) != Some(number(mailbox)), now);
            snapshot.mailbox.exists = Some(mailbox.exists);
            snapshot.mailbox.unseen = mailbox.unseen;
            self.seen.appeared = None;
            self.judge_announcements(now);
            self.view.looked_for_new();
            self.show_unseen();
        }
        self.settle(mailbox.is_some(), now);
        if self.leaving.why.is_some() {
            self.log_out(now);
        } else if self.active().is_some_and(|connection| connection.known.idles) {
            self.request(tag, now);
        } else {
            self.begin_polling(now);
        }
    }

    /// The connection has no IDLE: the server is asked now and then.
    pub(super) fn begin_polling(&mut self, now: Instant) {
        self.view.phase(Phase::Polling, now);
        self.fit(now);
        let at = self.next_poll(now);
        if let Some(connection) = self.connection() {
            connection.poll_at(at);
        }
    }

    /// When a server without IDLE is asked next.
    fn next_poll(&self, now: Instant) -> Instant {
        let own = self.timer_turn(self.timers.limit(Timer::Poll), now);
        self.shared_due(now).map_or(own, |due| due.min(own))
    }

    /// Asks a server without IDLE.
    pub(super) fn ask(&mut self, wish: Wish, now: Instant) {
        if self.active().and_then(Connection::polling).is_none() {
            return;
        }
        self.pace.forget();
        self.turn_begins_as(wish, now);
        // As many messages as were looked at.
        let promised = self.seen.pushes.promised();
        let known = self.known().map(|known| Mailbox { exists: known.exists.saturating_sub(promised), ..known });
        let work = self.work(false, now);
        let new = self.view.new_mails().uids();
        let work = Work { arrivals: self.arrivals(FoundBy::Poll, now), new, ..work };
        self.start(Task::Poll { timers: self.timers, known, work });
    }

    /// The mailbox as it is known now: the count as last told.
    pub(super) fn known(&self) -> Option<Mailbox> {
        let exists = self.view.now().mailbox.exists;
        self.seen.mailbox.map(|mailbox| Mailbox { exists: exists.unwrap_or(mailbox.exists), ..mailbox })
    }

    /// Looks for news on a connection whose IDLE has ended, or that told of some by itself.
    pub(super) fn look(&mut self, now: Instant) {
        self.pace.forget();
        self.view.phase(Phase::CatchingUp, now);
        let (known, work) = (self.known(), self.work(false, now));
        let new = self.view.new_mails().uids();
        let work = Work { arrivals: self.arrivals(FoundBy::Done, now), new, ..work };
        let pushes = &mut self.seen.pushes;
        let changed = pushes.begin_look(now);
        let (promised, again) = (pushes.promised(), pushes.opens_again(self.timers.limit(Timer::Poll), now));
        self.start(Task::Look { timers: self.timers, known, promised, again, changed, work });
    }

    /// Says LOGOUT on the connection in use.
    pub(super) fn log_out(&mut self, now: Instant) {
        self.start(Task::Logout { by: now + GOODBYE });
    }

    /// The connection is let go.
    pub(super) fn left(&mut self, now: Instant) {
        self.fitness.since = None;
        match self.leaving.why.take() {
            Some(Leave::Pause) => {
                self.become_(Activity::Resting);
                let snapshot = self.view.touch();
                snapshot.connection.idle_since = None;
                snapshot.connection.replacing = false;
                self.fitness.lost = None;
                self.view.touch().blind.since = None;
                self.view.phase(Phase::Paused, now);
            }
            Some(Leave::Stop) => {
                self.leaving.why = Some(Leave::Stop);
                self.over(now);
            }
            None if self.rotation.breaks => self.connect(now),
            None => self.become_(Activity::Resting),
        }
    }

    /// A task told something, of a shared mailbox or of the watch itself.
    pub(super) fn progress(&mut self, conn: ConnId, of: Option<&WatchId>, progress: Progress, now: Instant) {
        match self.role_of(conn) {
            Some(Role::Active) if of.is_some() => self.shared_progress(of, progress, now),
            Some(Role::Active) => self.own_progress(progress, now),
            Some(Role::Standby) => self.standby_progress(progress, now),
            Some(Role::Draining | Role::Quarantined) => {
                if let Progress::Line(line) = progress {
                    self.view.tell_of(Some(conn), crate::model::EventKind::Wire(line), now);
                }
            }
            None => {}
        }
    }

    fn own_progress(&mut self, progress: Progress, now: Instant) {
        match progress {
            Progress::Phase(phase) => self.view.phase(phase, now),
            Progress::Event(kind) => self.view.tell(kind, now),
            Progress::Mails(mails) => {
                self.pace.mail();
                self.arrived(&mails);
                self.view.mails(mails, now);
            }
            Progress::Canaries(canaries) => {
                self.pace.mail();
                self.canaries_arrived(&canaries);
            }
            Progress::Unseen(kept) => {
                self.pace.change();
                if let Kept::Count(unseen) = kept {
                    self.view.bound_new(unseen, now);
                } else if let Kept::Which(which) = &kept {
                    self.view.bound_new(which.count(), now);
                }
                self.seen.pushes.counted(kept, now);
                self.show_unseen();
            }
            Progress::Flags { seq, uid, unseen } => {
                self.seen.pushes.flags(seq, unseen);
                if let Some(uid) = uid {
                    self.view.place(seq, uid, unseen, now);
                }
                self.show_unseen();
            }
            Progress::Checked(gone) => self.checked(gone.as_deref(), now),
            Progress::Fault(fault) => self.view.fault(&fault, now),
            Progress::Server(server) => self.view.server(server, now),
            Progress::Past(past) => self.view.notice(now, Notice::Earlier(past)),
            Progress::Response(response) => self.unasked(Incoming::Response(response), now),
            Progress::Unparsed(text) => self.unasked(Incoming::Unparsed(text), now),
            Progress::Line(line) => self.unasked(Incoming::Line(line), now),
            told @ (Progress::LookedAt(_)
            | Progress::Missing(_)
            | Progress::ListBegun
            | Progress::ListRefused(_)
            | Progress::NotifyBegun
            | Progress::NotifyRefused(_)
            | Progress::Listed(_)) => {
                self.shared_progress(None, told, now);
            }
        }
    }

    /// What the watch has a connection for, by its number.
    pub(super) fn role_of(&self, conn: ConnId) -> Option<Role> {
        self.connections().find(|connection| connection.id() == conn).map(Connection::role)
    }
}

//! The connection that is to take over for the token's sake: made, brought up to date and set idling beside the one in
//! use, which it then replaces between two moments. What it tells until then is told as its own.

use std::time::{Duration, Instant};

use super::{Activity, Finished, Output, Watch};
use crate::connection::Incoming;
use crate::connection::task::{Mailbox, Outcome, Progress, Task};
use crate::connection::{self, Connection, Input, Role};
use crate::idle::{Change, End, Idle};
use crate::model::{ConnId, DoneReason, EventKind, Fault, FaultClass, Phase, ServerInfo, Status};
use crate::refusal;
use crate::response::{Code, Response};

/// How long the LOGOUT of the connection that was replaced is waited for.
const GOODBYE: Duration = Duration::from_secs(5);

/// The connection that is to take over.
#[derive(Debug)]
pub(super) enum Standby {
    /// The token is asked for.
    Renewing,
    /// Room for one more connection is asked for.
    AskingRoom,
    /// It is being made, or its mailbox is open.
    Made(Box<Made>),
}

/// One that is on its way, or ready.
#[derive(Debug)]
pub(super) struct Made {
    pub connection: Connection,
    server: Option<ServerInfo>,
    /// None where it is set aside or not there.
    mailbox: Option<Mailbox>,
    /// What its IDLE has told so far, to be acted on when it has taken over.
    changes: Vec<Change>,
}

impl Made {
    pub const fn new(connection: Connection) -> Self {
        Self { connection, server: None, mailbox: None, changes: Vec::new() }
    }

    /// Whether it hears of new mail.
    fn stands(&self) -> bool {
        !self.connection.is_working() && self.connection.running().is_none_or(Idle::is_idling)
    }
}

impl Standby {
    pub fn made(&self) -> Option<&Made> {
        match self {
            Self::Made(made) => Some(made),
            Self::Renewing | Self::AskingRoom => None,
        }
    }

    pub fn made_mut(&mut self) -> Option<&mut Made> {
        match self {
            Self::Made(made) => Some(made),
            Self::Renewing | Self::AskingRoom => None,
        }
    }
}

impl Watch {
    fn made(&mut self) -> Option<&mut Made> {
        self.rotation.next.as_mut().and_then(Standby::made_mut)
    }

    pub(super) fn standby_progress(&mut self, progress: Progress, now: Instant) {
        let Some(made) = self.made() else { return };
        let conn = Some(made.connection.id());
        match progress {
            // The watch's phase is that of the connection in use; what earlier runs left is told.
            // It works for its own mailbox alone before it has taken over. What is pushed until then is not kept.
            Progress::Phase(_)
            | Progress::Canaries(_)
            | Progress::Unseen(_)
            | Progress::Flags { .. }
            | Progress::Checked(_)
            | Progress::Past(_)
            | Progress::LookedAt(_)
            | Progress::ListBegun
            | Progress::ListRefused(_)
            | Progress::NotifyBegun
            | Progress::NotifyRefused(_)
            | Progress::Listed(_) => {}
            Progress::Server(server) => made.server = Some(server),
            Progress::Event(kind) => self.view.tell_of(conn, kind, now),
            Progress::Mails(mails) => self.view.mails(mails, now),
            Progress::Fault(fault) => self.view.fault_of(conn, &fault, now),
            Progress::Response(response) => self.standby_unasked(conn, Incoming::Response(response), now),
            Progress::Unparsed(text) => self.standby_unasked(conn, Incoming::Unparsed(text), now),
            Progress::Line(line) => self.standby_unasked(conn, Incoming::Line(line), now),
            missing @ Progress::Missing(_) => self.shared_progress(None, missing, now),
        }
    }

    /// What nobody asked the standby for. The mailbox's figures are told by the connection in use.
    fn standby_unasked(&mut self, conn: Option<ConnId>, incoming: Incoming, now: Instant) {
        match incoming {
            Incoming::Line(line) => self.view.tell_of(conn, EventKind::Wire(line), now),
            Incoming::Unparsed(text) => self.view.tell_of(conn, EventKind::Unparsed { text }, now),
            Incoming::Response(Response::Bye(text)) => {
                self.view.tell_of(conn, EventKind::Bye { text: text.whole() }, now);
            }
            Incoming::Response(Response::Status { status, text })
                if status != Status::Ok || text.code == Some(Code::Alert) =>
            {
                self.view.tell_of(conn, EventKind::Alert { text: text.whole() }, now);
            }
            Incoming::Response(_) | Incoming::Written(_) => {}
        }
    }

    pub(super) fn standby_finished(&mut self, finished: Finished, now: Instant) {
        let timers = self.timers;
        match finished.outcome {
            Outcome::Ready { opened, open, notify, mailbox } => {
                let Some(made) = self.made() else { return };
                made.mailbox = mailbox;
                made.connection.rest(opened.as_ref(), open, notify);
                made.connection.known.proxy = finished.proxy;
                if made.connection.known.idles {
                    made.connection.idle(finished.tag, timers, now);
                }
                self.drive_standby(now);
            }
            Outcome::Failed(fault) => self.rotation_failed(&fault, now),
            // No standby logs out before it has taken over.
            Outcome::LoggedOut => self.rotation.next = None,
        }
    }

    pub(super) fn standby_incoming(&mut self, incoming: Incoming, now: Instant) {
        let Some(made) = self.made() else { return };
        let conn = Some(made.connection.id());
        match incoming {
            Incoming::Response(response) => made.connection.handle(now, Input::Response(&response)),
            other @ (Incoming::Unparsed(_) | Incoming::Written(_) | Incoming::Line(_)) => {
                self.standby_unasked(conn, other, now);
            }
        }
        self.drive_standby(now);
    }

    /// Its `+` may be overdue. Once it idles it waits for its hour.
    pub(super) fn tick_standby(&mut self, now: Instant) {
        if let Some(made) = self.made()
            && !made.stands()
        {
            made.connection.handle(now, Input::Tick);
            self.drive_standby(now);
        }
    }

    fn drive_standby(&mut self, now: Instant) {
        while let Some(made) = self.made()
            && let Some(output) = made.connection.poll()
        {
            let conn = made.connection.id();
            let end = match output {
                connection::Output::Send(line) => {
                    self.output(Output::Send(conn, line));
                    continue;
                }
                connection::Output::Changed(change) => {
                    made.changes.push(change);
                    continue;
                }
                connection::Output::Ended(end) => end,
                // No DONE goes out before it has taken over.
                connection::Output::Sample
                | connection::Output::UserTimeout(_)
                | connection::Output::Stalled(_)
                | connection::Output::Late(_) => continue,
            };
            let peer = &self.context.peer;
            let fault = match end {
                End::Bye(text) => refusal::fault(&text.whole(), refusal::At::Session, &format!("{peer} said BYE")),
                End::Refused(text) | End::ServerEnded(text) => Fault::retry_after(
                    FaultClass::Protocol,
                    format!("{peer} ended IDLE on the new connection at once: {text}"),
                ),
                End::Overdue(_) | End::Done(_) => Fault::retry_after(
                    FaultClass::Timeout,
                    format!("{peer} did not answer IDLE on the new connection in time"),
                ),
            };
            self.rotation_failed(&fault, now);
            return;
        }
    }

    /// The standby hears of new mail and the connection in use is between two things: one takes over from the other.
    pub(super) fn hand_over_if_ready(&mut self, now: Instant) {
        let stands = self.rotation.next.as_ref().and_then(Standby::made).is_some_and(Made::stands);
        let quiet = self.active().is_some_and(|connection| {
            connection.is_idling() && !self.pace.awaits_burst() || connection.polling().is_some()
        });
        if !stands || !quiet || self.leaving.why.is_some() {
            return;
        }
        let Some(mut old) = self.take_connection() else { return };
        let polls = old.polling().is_some();
        old.assume(Role::Draining);
        if polls {
            old.work();
            self.output(Output::Start(old.id(), Box::new(Task::Logout { by: now + GOODBYE })));
        } else {
            old.handle(now, Input::Done(DoneReason::Rotate));
        }
        let from = Some(old.id());
        if let Some(by) = self.take_over(now) {
            self.view.tell_of(from, EventKind::Replaced { by, blind: Duration::ZERO }, now);
        }
        self.rotation.old = Some(old);
        self.drive_draining(now);
    }

    /// The connection in use is gone while another was on its way: that one goes on in its place. Whether there was one.
    pub(super) fn succeed(&mut self, now: Instant) -> bool {
        match self.rotation.next.take() {
            Some(Standby::Made(made)) if made.connection.is_working() => {
                let Made { mut connection, server, .. } = *made;
                connection.assume(Role::Active);
                self.arrive(connection.id(), server, now);
                self.view.touch().connection.idle_since = None;
                self.view.phase(Phase::Connecting, now);
                self.become_(Activity::Connected(Box::new(connection)));
                true
            }
            Some(ready @ Standby::Made(_)) => {
                self.rotation.next = Some(ready);
                self.take_over(now).is_some()
            }
            // The renewal itself goes on; what it brings is the next login's.
            Some(Standby::Renewing) => {
                self.output(Output::DropRenewal);
                false
            }
            Some(Standby::AskingRoom) | None => false,
        }
    }

    fn arrive(&mut self, conn: ConnId, server: Option<ServerInfo>, now: Instant) {
        let attempt = self.backoff.attempt();
        let snapshot = self.view.touch();
        snapshot.connection.id = Some(conn);
        snapshot.connection.attempt = attempt;
        if let Some(server) = server {
            self.view.server(server, now);
        }
        self.rotation.arrived();
        self.pace.forget();
        self.pace.connects();
        self.silence.asks = false;
        self.seen.pushes.forget();
        self.view.forget_places();
        self.seen.announcing.forget();
        self.fitness.since = None;
        self.move_others(now);
    }

    /// The standby becomes the connection in use.
    fn take_over(&mut self, now: Instant) -> Option<ConnId> {
        let Some(Standby::Made(made)) = self.rotation.next.take() else { return None };
        let Made { mut connection, server, mailbox, changes } = *made;
        let conn = connection.id();
        connection.assume(Role::Active);
        self.arrive(conn, server, now);
        // A view that lags behind what was told already is found out by UID, and nothing is told twice.
        self.seen.mailbox = mailbox.or(self.seen.mailbox);
        let (heard, started) = (connection.known.heard, connection.running().map(Idle::started));
        let idles = connection.is_idling();
        self.become_(Activity::Connected(Box::new(connection)));
        self.settle(mailbox.is_some(), now);
        let snapshot = self.view.touch();
        snapshot.connection.heard = heard;
        snapshot.mailbox.unseen = mailbox.and_then(|mailbox| mailbox.unseen).or(snapshot.mailbox.unseen);
        snapshot.connection.idle_since = started;
        if let Some(mailbox) = mailbox {
            self.exists(mailbox.exists, now);
        }
        if started.is_none() {
            self.begin_polling(now);
            return Some(conn);
        }
        if !idles {
            self.view.phase(Phase::Requested, now);
        }
        // The timers may have been changed since it was made.
        let timers = self.idle_timers(now);
        if let Some(connection) = self.connection() {
            connection.handle(now, Input::Retune(timers));
        }
        for change in changes {
            self.changed(change, now);
        }
        self.drive(now);
        Some(conn)
    }
}

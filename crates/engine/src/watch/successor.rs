//! The connection that is to take over for the token's sake: made, brought up to date and set idling beside the one in
//! use, which it then replaces between two moments. What it tells until then is told as its own.

use std::time::{Duration, Instant};

use super::outgoing::Outgoing;
use super::{Activity, Watch};
use crate::job::{Ended, Job, Live, Step};
use crate::session::Incoming;
use mailwatch_proto::connection::task::{Mailbox, Progress};
use mailwatch_proto::idle::{Change, End, Idle, Input, Output};
use mailwatch_proto::model::{ConnId, EventKind, Fault, FaultClass, Phase, ServerInfo, Status};
use mailwatch_proto::response::{Code, Response};

/// The connection that is to take over.
#[derive(Debug)]
pub enum Successor {
    /// The token is asked for.
    Renewing(Job),
    /// It is being made.
    Connecting(ConnId, Job, Option<ServerInfo>),
    /// Its mailbox is open.
    Ready(Box<Ready>),
}

/// A connection whose mailbox is open and up to date.
#[derive(Debug)]
pub struct Ready {
    conn: ConnId,
    live: Box<Live>,
    server: Option<ServerInfo>,
    /// None where it stands aside or is not there.
    mailbox: Option<Mailbox>,
    /// Its IDLE; none where the server has none.
    idle: Option<Box<Idle>>,
    /// What its IDLE has told so far, to be acted on when it has taken over.
    changes: Vec<Change>,
}

/// What came of a successor.
#[derive(Debug)]
pub enum SuccessorStep {
    /// Of its job.
    Step(Step),
    /// Its IDLE heard something.
    Incoming(Result<Incoming, Fault>),
}

impl Ready {
    /// Whether it hears of new mail.
    fn stands(&self) -> bool {
        self.idle.as_ref().is_none_or(|idle| idle.is_idling())
    }
}

impl Successor {
    /// What comes next of it; never, where there is none or it waits to take over. Cancel-safe.
    pub async fn next(successor: Option<&mut Self>) -> SuccessorStep {
        match successor {
            Some(Self::Renewing(job) | Self::Connecting(_, job, _)) => SuccessorStep::Step(job.next().await),
            Some(Self::Ready(ready)) if !ready.stands() => SuccessorStep::Incoming(ready.live.session.next().await),
            Some(Self::Ready(_)) | None => std::future::pending().await,
        }
    }

    /// When its IDLE's `+` is overdue.
    pub fn until(&self) -> Option<Instant> {
        match self {
            Self::Ready(ready) if !ready.stands() => Some(ready.idle.as_ref()?.deadline()?.0),
            Self::Ready(_) | Self::Renewing(_) | Self::Connecting(..) => None,
        }
    }
}

impl Watch {
    pub(super) fn successor_step(&mut self, step: SuccessorStep, now: Instant) {
        match step {
            SuccessorStep::Step(Step::Told(_, told)) => self.successor_told(told, now),
            SuccessorStep::Step(Step::Ended(Ended::Renewed(true))) => self.renewed(now),
            SuccessorStep::Step(Step::Ended(Ended::Renewed(false))) => self.not_renewed(now),
            SuccessorStep::Step(Step::Ended(Ended::Ready(live, mailbox))) => self.successor_ready(live, mailbox, now),
            SuccessorStep::Step(Step::Ended(Ended::Failed(fault))) | SuccessorStep::Incoming(Err(fault)) => {
                self.rotation_failed(&fault, now);
            }
            // No successor logs out before it has taken over.
            SuccessorStep::Step(Step::Ended(Ended::LoggedOut)) => self.rotation.successor = None,
            SuccessorStep::Incoming(Ok(incoming)) => self.successor_incoming(incoming, now),
        }
    }

    fn successor_told(&mut self, told: Progress, now: Instant) {
        let Some(Successor::Connecting(conn, _, server)) = &mut self.rotation.successor else { return };
        let conn = Some(*conn);
        match told {
            // The watch's phase is that of the connection in use; what earlier runs left is told.
            // It has no errands before it has taken over.
            Progress::Phase(_) | Progress::Past(_) | Progress::LookedAt(_) | Progress::Listed(_) => {}
            Progress::Server(told) => *server = Some(told),
            Progress::Event(kind) => self.report.tell_of(conn, kind, now),
            Progress::Mails(mails) => self.report.mails(mails, now),
            Progress::Fault(fault) => self.report.fault(&fault, now),
            Progress::Response(response) => self.successor_aside(conn, Incoming::Response(response), now),
            Progress::Unparsed(text) => self.successor_aside(conn, Incoming::Unparsed(text), now),
            Progress::Line(line) => self.successor_aside(conn, Incoming::Line(line), now),
            told @ Progress::Missing(_) => self.crew_told(None, told, now),
        }
    }

    /// What nobody asked the successor for. The mailbox's figures are told by the connection in use.
    fn successor_aside(&mut self, conn: Option<ConnId>, incoming: Incoming, now: Instant) {
        match incoming {
            Incoming::Line(line) => self.report.tell_of(conn, EventKind::Wire(line), now),
            Incoming::Unparsed(text) => self.report.tell_of(conn, EventKind::Unparsed { text }, now),
            Incoming::Response(Response::Bye(text)) => {
                self.report.tell_of(conn, EventKind::Bye { text: text.whole() }, now);
            }
            Incoming::Response(Response::Status { status, text })
                if status != Status::Ok || text.code == Some(Code::Alert) =>
            {
                self.report.tell_of(conn, EventKind::Alert { text: text.whole() }, now);
            }
            Incoming::Response(_) | Incoming::Written(_) => {}
        }
    }

    fn successor_ready(&mut self, mut live: Box<Live>, mailbox: Option<Mailbox>, now: Instant) {
        let Some(Successor::Connecting(conn, _, server)) = self.rotation.successor.take() else { return };
        let idle = live.idles.then(|| Box::new(live.session.idle(self.timers, now)));
        let ready = Ready { conn, live, server, mailbox, idle, changes: Vec::new() };
        self.rotation.successor = Some(Successor::Ready(Box::new(ready)));
        self.drive_successor(now);
    }

    fn successor_incoming(&mut self, incoming: Incoming, now: Instant) {
        let Some(Successor::Ready(ready)) = &mut self.rotation.successor else { return };
        let (conn, Some(idle)) = (Some(ready.conn), &mut ready.idle) else { return };
        match incoming {
            Incoming::Response(response) => idle.handle(now, Input::Response(&response)),
            other @ (Incoming::Unparsed(_) | Incoming::Written(_) | Incoming::Line(_)) => {
                self.successor_aside(conn, other, now);
            }
        }
        self.drive_successor(now);
    }

    /// Its `+` may be overdue.
    pub(super) fn tick_successor(&mut self, now: Instant) {
        if let Some(Successor::Ready(ready)) = &mut self.rotation.successor
            && let Some(idle) = &mut ready.idle
            && !idle.is_idling()
        {
            idle.handle(now, Input::Tick);
            self.drive_successor(now);
        }
    }

    fn drive_successor(&mut self, now: Instant) {
        while let Some(Successor::Ready(ready)) = &mut self.rotation.successor
            && let Some(idle) = &mut ready.idle
            && let Some(output) = idle.poll()
        {
            let peer = self.tools.shared.peer();
            let fault = match output {
                Output::Send(line) => {
                    ready.live.session.send(idle, line);
                    continue;
                }
                Output::Changed(change) => {
                    ready.changes.push(change);
                    continue;
                }
                Output::Ended(End::Bye(text)) => ready.live.session.bye(&text, mailwatch_proto::refusal::At::Session),
                Output::Ended(End::Refused(text) | End::ServerEnded(text)) => Fault::retry_after(
                    FaultClass::Protocol,
                    format!("{peer} ended IDLE on the new connection at once: {text}"),
                ),
                Output::Ended(End::Overdue(_) | End::Done(_)) => Fault::retry_after(
                    FaultClass::Timeout,
                    format!("{peer} did not answer IDLE on the new connection in time"),
                ),
            };
            self.rotation_failed(&fault, now);
            return;
        }
    }

    /// The successor hears of new mail and the connection in use is between two things: one takes over from the other.
    pub(super) fn hand_over_if_ready(&mut self, now: Instant) {
        let stands = matches!(&self.rotation.successor, Some(Successor::Ready(ready)) if ready.stands());
        let quiet = match &self.activity {
            Activity::Idling(_, idle) => idle.is_idling() && self.mail_due.is_none(),
            Activity::Polling(..) => true,
            Activity::Working(_) | Activity::Waiting(_) | Activity::Resting | Activity::Over => false,
        };
        if !stands || !quiet || self.leaving.is_some() {
            return;
        }
        let Some(old) = self.report.now().conn else { return };
        let outgoing = match std::mem::replace(&mut self.activity, Activity::Resting) {
            Activity::Idling(live, idle) => Outgoing::finishing(old, live, idle, now),
            Activity::Polling(live, _) => Outgoing::leaving(&self.tools, old, live, now),
            Activity::Working(_) | Activity::Waiting(_) | Activity::Resting | Activity::Over => return,
        };
        let blind = Duration::ZERO;
        if let Some(by) = self.take_over(now) {
            self.report.tell_of(Some(old), EventKind::Replaced { by, blind }, now);
        }
        self.rotation.outgoing = Some(outgoing);
        self.drive_outgoing(now);
    }

    /// The connection in use is gone while another was on its way: that one goes on in its place. Whether there was one.
    pub(super) fn succeed(&mut self, now: Instant) -> bool {
        match self.rotation.successor.take() {
            Some(Successor::Connecting(conn, job, server)) => {
                self.arrive(conn, server);
                self.report.touch().idle_since = None;
                self.report.phase(Phase::Connecting, now);
                self.activity = Activity::Working(job);
                true
            }
            Some(ready @ Successor::Ready(_)) => {
                self.rotation.successor = Some(ready);
                self.take_over(now).is_some()
            }
            // The renewal itself goes on; what it brings is the next login's.
            Some(Successor::Renewing(_)) | None => false,
        }
    }

    fn arrive(&mut self, conn: ConnId, server: Option<ServerInfo>) {
        let attempt = self.backoff.attempt();
        let snapshot = self.report.touch();
        snapshot.conn = Some(conn);
        snapshot.attempt = attempt;
        if let Some(server) = server {
            self.report.server(server);
        }
        self.rotation.not_before = None;
        self.rotation.attempts = 0;
        self.probe = None;
        self.mail_due = None;
        self.quiet = false;
        self.fit_since = None;
        self.carry_over();
    }

    /// The successor becomes the connection in use.
    fn take_over(&mut self, now: Instant) -> Option<ConnId> {
        let Some(Successor::Ready(ready)) = self.rotation.successor.take() else { return None };
        let Ready { conn, mut live, server, mailbox, idle, changes } = *ready;
        self.arrive(conn, server);
        // A view that lags behind what was told already is found out by UID, and nothing is told twice.
        self.mailbox = mailbox.or(self.mailbox);
        self.settle(&mut live, mailbox.is_some(), now);
        let heard = live.session.heard();
        let snapshot = self.report.touch();
        snapshot.heard = heard;
        snapshot.unseen = mailbox.and_then(|mailbox| mailbox.unseen).or(snapshot.unseen);
        snapshot.idle_since = idle.as_ref().map(|idle| idle.started());
        if let Some(mailbox) = mailbox {
            self.exists(mailbox.exists, now);
        }
        let Some(idle) = idle else {
            self.report.phase(Phase::Polling, now);
            self.fit(now);
            self.activity = Activity::Polling(live, self.poll_at(now));
            return Some(conn);
        };
        if !idle.is_idling() {
            self.report.phase(Phase::Requested, now);
        }
        self.activity = Activity::Idling(live, idle);
        // The timers may have been changed since it was made.
        if let Activity::Idling(_, idle) = &mut self.activity {
            idle.handle(now, Input::Retune(self.timers));
        }
        for change in changes {
            self.changed(change, now);
        }
        self.drive(now);
        Some(conn)
    }
}

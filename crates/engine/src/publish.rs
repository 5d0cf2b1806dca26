//! A watch's output: does what its machine wants told, shown and kept. Nothing is decided here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::record::{Recorder, wall_before};
use crate::clock::now;
use crate::history::NewMails;
use crate::link::Publisher;
use crate::stall_trace::StallTrace;
use crate::told_mails::Told;
use crate::trace_room::TraceRoom;
use mailwatch_proto::connection::Stall;
use mailwatch_proto::model::{
    BlindInterval, ConnId, Event, EventKind, HookEvent, Outcome, Past, PastQuarantine, PastReceipt, PastStall, Phase,
    QuarantineEnd, Receipt, Span, Timers, Verdict, WatchId, WireDirection, WireLine, show_clock,
};
use mailwatch_proto::told::MailNumber;
use mailwatch_proto::view::{Notice, Timed, View};

/// What a mailbox shows and tells, and who publishes it: before its watch begins, and after it has ended.
#[derive(Debug)]
pub struct Report {
    /// What it shows and tells.
    pub view: View,
    /// Who publishes it.
    pub publisher: StatusPublisher,
}

impl Report {
    /// Of a mailbox that is not watched yet.
    #[must_use]
    pub fn new(publisher: Publisher, recorder: Recorder, id: WatchId, timers: Timers, now: Instant) -> Self {
        Self { publisher: StatusPublisher::new(publisher, recorder, id.clone()), view: View::new(id, timers, now) }
    }

    /// What is over is this, until something is.
    pub fn share_past(&mut self, past: &Arc<Past>) {
        self.publisher.past = Arc::clone(past);
        self.view.touch().past = Arc::clone(past);
    }

    /// Enters a phase, and says so.
    pub fn phase(&mut self, to: Phase, now: Instant) {
        self.view.phase(to, now);
        while let Some(notice) = self.view.poll() {
            // A phase teaches nothing.
            let _ = self.publisher.take(notice);
        }
    }

    /// Goes on where another left off.
    pub fn remember(&mut self, Told { mails, new }: Told) {
        self.view.remember(mails);
        self.view.count_new(new.mails, new.since);
        if let Some(left) = new.muted.and_then(|until| until.duration_since(SystemTime::now()).ok()) {
            self.view.touch().mailbox.muted = Some(now() + left);
        }
    }

    /// The mails that were told; those that still wait for room were not.
    #[must_use]
    pub fn take_told(&mut self) -> Told {
        let mut mails = self.view.take_told();
        let mut new = self.view.new_mails().clone();
        new.forget_places();
        for mail in self.publisher.backlog.iter().filter_map(mail_of) {
            mails.remove(mail);
            new.withdraw(mail);
        }
        let left = self.view.now().mailbox.muted_for(now());
        let muted = left.and_then(|left| SystemTime::now().checked_add(left));
        Told { mails, new: NewMails { mails: new, since: self.view.new_since(), muted } }
    }
}

fn mail_of(event: &Event) -> Option<MailNumber> {
    match &event.kind {
        EventKind::NewMail(mail) => Some((mail.epoch, mail.uidvalidity, mail.uid)),
        _ => None,
    }
}

/// Publishes and keeps what one mailbox shows and tells.
#[derive(Debug)]
pub struct StatusPublisher {
    publisher: Publisher,
    recorder: Recorder,
    id: WatchId,
    /// Mails that wait for room.
    backlog: VecDeque<Event>,
    /// The trace, for a stall.
    trace: StallTrace,
    /// How much of it is shown.
    room: TraceRoom,
    /// What is over, where there is a screen to show it on.
    past: Arc<Past>,
    past_changed: bool,
}

impl StatusPublisher {
    fn new(publisher: Publisher, recorder: Recorder, id: WatchId) -> Self {
        Self {
            publisher,
            recorder,
            id,
            backlog: VecDeque::new(),
            trace: StallTrace::default(),
            room: TraceRoom::default(),
            past: Arc::default(),
            past_changed: false,
        }
    }

    /// The engine's end of the link.
    #[must_use]
    pub const fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// Puts the snapshot on the board, if it changed.
    pub fn show(&mut self, view: &mut View) {
        if std::mem::take(&mut self.past_changed) || !Arc::ptr_eq(&view.now().past, &self.past) {
            view.touch().past = Arc::clone(&self.past);
        }
        if let Some(snapshot) = view.changed() {
            self.publisher.show(snapshot);
        }
    }

    /// Publishes or keeps something. What an IDLE's end teaches is handed on.
    pub fn take(&mut self, (at, notice): Timed) -> Option<Outcome> {
        match notice {
            Notice::Event(conn, kind) => {
                if let EventKind::Fault { retry: false, .. } = &kind {
                    self.recorder.hook(HookEvent::Failed, conn, kind.clone(), &[]);
                }
                self.tell(conn, kind, at);
            }
            Notice::Mail(conn, mail) => {
                let event = self.event(conn, EventKind::NewMail(mail), at);
                self.recorder.event(&event);
                self.backlog.push_back(event);
                self.relieve();
            }
            Notice::Receipt { conn, receipt, stall, late } => self.receipt(conn, &receipt, stall, late, at),
            Notice::Stall(conn, stall) => self.stall(conn, *stall, at),
            Notice::Outcome { age, fate, took } => return Some(self.recorder.outcome(age, fate, took)),
            Notice::Alive => self.recorder.alive(),
            Notice::Blind(blind, why) => {
                let interval =
                    BlindInterval { from: wall_before(blind), to: wall_before(Duration::ZERO), why: Some(why) };
                self.recorder.blind(&interval);
                self.publisher.blind(&self.id, blind);
                self.publisher.gap(Span { from: interval.from, to: interval.to });
                self.look_back(|past| past.interval(interval));
            }
            Notice::Recovered { lost, by, blind, why } => {
                let kind = EventKind::Replaced { by, blind };
                self.recorder.hook(HookEvent::Recovered, Some(lost), kind, &[("why", why.name())]);
            }
            Notice::Server(conn, server) => self.recorder.server(conn, &server),
            Notice::Earlier(earlier) => self.earlier(*earlier),
            Notice::Looked(before) => self.recorder.looked(before),
            Notice::Muted(length) => self.recorder.muted(length),
            Notice::NotNew { of, uids, seen } => self.recorder.not_new(of, uids, seen),
            Notice::QuarantineEnded(kept, time, end) => {
                self.remark_end(kept.conn, time, end, at);
                let over = PastQuarantine {
                    conn: kept.conn,
                    since: wall_before(time),
                    kept: time,
                    responses: kept.responses,
                    end,
                };
                self.look_back(|past| past.quarantine(over));
            }
        }
        None
    }

    /// Tells what happened.
    fn tell(&mut self, conn: Option<ConnId>, kind: EventKind, at: Instant) {
        let event = self.event(conn, kind, at);
        let id = &self.id;
        if let EventKind::Wire(line) = &event.kind {
            tracing::debug!(watch = %id, direction = ?line.direction, "{}", line.text);
            if let Some(traced) = self.trace.take(event.ts, conn, line, at) {
                self.recorder.wire([traced]);
            }
            if self.publisher.wants_wire() {
                self.show_line(event);
            }
            return;
        }
        tracing::info!(watch = %id, "{}", mailwatch_proto::model::words(&event.kind));
        // The front end first: a person waits for what it shows.
        self.publisher.publish(event.clone());
        self.recorder.event(&event);
    }

    /// Publishes a line of the trace, unless the server floods: then the next that is shown says how many were not.
    fn show_line(&mut self, event: Event) {
        let Some(left_out) = self.room.take(event.at) else { return };
        if left_out > 0 {
            let text = format!("({left_out} lines are not shown)");
            let line = WireLine { direction: WireDirection::Server, text };
            self.publisher.publish(Event { kind: EventKind::Wire(line), ..event.clone() });
        }
        self.publisher.publish(event);
    }

    /// Says on the wire that a stuck connection was let go: no line and no event tells it.
    fn remark_end(&mut self, conn: ConnId, kept: Duration, end: QuarantineEnd, at: Instant) {
        let why = match end {
            QuarantineEnd::LetGo => "to make room",
            QuarantineEnd::GivenUp => "it never answered",
            QuarantineEnd::Answered { .. } | QuarantineEnd::Gone | QuarantineEnd::Bye => return,
        };
        if self.publisher.wants_wire() {
            let text = format!("(let go after {}: {why})", show_clock(kept));
            let line = WireLine { direction: WireDirection::Client, text };
            self.show_line(self.event(Some(conn), EventKind::Wire(line), at));
        }
    }

    fn event(&self, conn: Option<ConnId>, kind: EventKind, at: Instant) -> Event {
        // The wall clock is for people to read; nothing is computed from it.
        Event { ts: SystemTime::now(), at, watch: Some(self.id.clone()), conn, kind }
    }

    /// Keeps nothing unless there is a screen in this process: it alone looks back by the board.
    fn look_back(&mut self, change: impl FnOnce(&mut Past)) {
        if self.publisher.looks_back() {
            change(Arc::make_mut(&mut self.past));
            self.past_changed = true;
        }
    }

    /// What earlier runs left to look back on. What this run has added since stays.
    fn earlier(&mut self, earlier: Past) {
        self.look_back(|past| {
            if past.receipts.is_empty() {
                past.receipts = earlier.receipts;
            }
            if past.blind.is_empty() {
                past.blind = earlier.blind;
            }
        });
    }

    fn receipt(&mut self, conn: Option<ConnId>, receipt: &Receipt, stall: Option<Verdict>, late: bool, now: Instant) {
        let at = wall_before(now.saturating_duration_since(receipt.queued));
        let conn = conn.unwrap_or(ConnId(0));
        let past = PastReceipt { late, stall, ..PastReceipt::of(conn, receipt, at) };
        self.recorder.receipt(&past);
        self.look_back(|all| all.receipt(past));
    }

    /// The trace around a stall is kept, and what TCP was seen to do.
    fn stall(&mut self, conn: Option<ConnId>, stall: Stall, now: Instant) {
        let Stall { finding, waited, looks, .. } = stall;
        let evidence = finding.evidence.clone().unwrap_or_default();
        let traced = self.trace.stalled(conn, now);
        self.recorder.wire(traced);
        self.recorder.stall(conn, &finding, waited, looks);
        let kind = EventKind::Stalled { verdict: finding.verdict, waited, evidence };
        self.recorder.hook(HookEvent::Stall, conn, kind, &[("text", &finding.text)]);
        let conn = conn.unwrap_or(ConnId(0));
        self.look_back(|past| past.stall = Some(PastStall { at: wall_before(Duration::ZERO), conn, waited, finding }));
    }

    /// Whether mails wait for room.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.backlog.len()
    }

    /// Tells the mails that waited, as far as there is room.
    pub fn relieve(&mut self) {
        while let Some(event) = self.backlog.pop_front() {
            if let Err(event) = self.publisher.try_publish(event) {
                self.backlog.push_front(*event);
                return;
            }
        }
        // A burst's memory is given back.
        self.backlog.shrink_to(0);
    }
}

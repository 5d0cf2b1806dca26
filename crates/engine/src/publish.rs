//! A watch's mouth: keeps its snapshot, and tells the front end what is true and what happened.

mod around;
mod past;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use self::around::Around;
pub use self::around::Traced;
use super::record::Recorder;
use crate::link::Publisher;
use mailwatch_proto::model::{
    ConnId, Event, EventKind, Fault, Finding, Mail, Phase, ServerInfo, Snapshot, Timers, WatchId,
};

/// Keeps a watch's snapshot and publishes it.
#[derive(Debug)]
pub struct Reporter {
    publisher: Publisher,
    recorder: Recorder,
    /// What is true now. Whoever changes it says so with [`Reporter::touch`].
    snapshot: Snapshot,
    begun: bool,
    /// The phase of the connection, where the mailbox stands aside: then it is not what is shown.
    aside: Option<Phase>,
    dirty: bool,
    backlog: VecDeque<Event>,
    /// What this run has told, or is about to.
    told: HashSet<(u32, u32)>,
    /// The trace, for a stall.
    around: Around,
}

impl Reporter {
    /// A watch that has not begun.
    #[must_use]
    pub fn new(publisher: Publisher, recorder: Recorder, id: WatchId, timers: Timers, now: Instant) -> Self {
        let snapshot = Snapshot::new(id, timers, now);
        Self {
            publisher,
            recorder,
            snapshot,
            begun: false,
            aside: None,
            dirty: true,
            backlog: VecDeque::new(),
            told: HashSet::new(),
            around: Around::default(),
        }
    }

    /// What is true now.
    #[must_use]
    pub const fn now(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What is true now, to be changed.
    pub const fn touch(&mut self) -> &mut Snapshot {
        self.dirty = true;
        &mut self.snapshot
    }

    /// The engine's end of the link.
    #[must_use]
    pub const fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// The watch's memory.
    #[must_use]
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Puts the snapshot on the board, if it changed.
    pub fn publish(&mut self) {
        if !std::mem::take(&mut self.dirty) {
            return;
        }
        let mut snapshot = self.snapshot.clone();
        if self.aside.is_some() {
            // What runs, runs for other mailboxes.
            (snapshot.deadline, snapshot.idle_since, snapshot.receipt) = (None, None, None);
        }
        self.publisher.show(snapshot);
    }

    /// The connection goes on for others while this mailbox stays as it is: paused, or not there.
    pub fn step_aside(&mut self, phase: Phase, now: Instant) {
        let connection = self.connection_phase();
        self.aside = None;
        self.phase(phase, now);
        self.aside = Some(connection);
    }

    /// The mailbox follows its connection again.
    pub fn step_back(&mut self, now: Instant) {
        if let Some(phase) = self.aside.take() {
            self.phase(phase, now);
        }
    }

    /// Where the connection stands, whatever the mailbox shows.
    #[must_use]
    pub fn connection_phase(&self) -> Phase {
        self.aside.unwrap_or(self.snapshot.phase)
    }

    /// Whether a phase was entered.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.begun
    }

    /// Enters a phase.
    pub fn phase(&mut self, to: Phase, now: Instant) {
        if let Some(aside) = &mut self.aside {
            *aside = to;
            return;
        }
        let from = self.begun.then_some(self.snapshot.phase);
        if from == Some(to) {
            return;
        }
        self.begun = true;
        let snapshot = self.touch();
        snapshot.phase = to;
        snapshot.since = now;
        let by = self.snapshot.served;
        self.tell(EventKind::Phase { from, to, by }, now);
    }

    /// Tells what happened on the current connection.
    pub fn tell(&mut self, kind: EventKind, now: Instant) {
        self.tell_of(self.snapshot.conn, kind, now);
    }

    /// Tells what happened on another connection.
    pub fn tell_of(&mut self, conn: Option<ConnId>, kind: EventKind, now: Instant) {
        let event = self.event(conn, kind, now);
        let id = &self.snapshot.id;
        match &event.kind {
            EventKind::Wire(line) => tracing::debug!(watch = %id, direction = ?line.direction, "{}", line.text),
            kind => tracing::info!(watch = %id, "{}", mailwatch_proto::model::words(kind)),
        }
        if let EventKind::Wire(line) = &event.kind {
            if let Some(traced) = self.around.take(event.ts, conn, line, now) {
                self.recorder.wire([traced]);
            }
            if self.publisher.wants_wire() {
                self.publisher.publish(event);
            }
            return;
        }
        // The front end first: what it shows is what somebody waits for.
        self.publisher.publish(event.clone());
        self.recorder.event(&event);
    }

    fn event(&self, conn: Option<ConnId>, kind: EventKind, now: Instant) -> Event {
        // The wall clock is for people to read; nothing is computed from it.
        Event { ts: SystemTime::now(), at: now, watch: Some(self.snapshot.id.clone()), conn, kind }
    }

    /// Concludes something; told where the verdict is another than before.
    pub fn conclude(&mut self, finding: Finding, now: Instant) {
        let changed = self.snapshot.finding.as_ref().is_none_or(|before| before.verdict != finding.verdict);
        if changed {
            let Finding { verdict, text, evidence } = finding.clone();
            self.tell(EventKind::Verdict { verdict, text, evidence }, now);
        }
        self.touch().finding = Some(finding);
    }

    /// Tells a fault. What it means for the watch is the watch's to decide.
    pub fn fault(&mut self, fault: &Fault, now: Instant) {
        let kind = EventKind::Fault { class: fault.class, message: fault.message.clone(), retry: fault.retry() };
        self.tell(kind, now);
        self.touch().fault = Some(fault.clone());
    }

    /// Takes what is known of the server. With its capabilities it is all, and kept for a report.
    pub fn server(&mut self, server: ServerInfo) {
        if !server.capabilities.is_empty() {
            self.recorder.server(self.snapshot.conn, &server);
        }
        self.touch().server = Arc::new(server);
    }

    /// Tells new mails. They are never dropped: where there is no room they wait, in order.
    pub fn mails(&mut self, mails: Vec<Mail>, now: Instant) {
        for mail in mails {
            // A dropped job's mails come again with the next connection's, confirmed or not.
            if !self.told.insert((mail.uidvalidity, mail.uid)) {
                continue;
            }
            self.touch().new += 1;
            let event = self.event(self.snapshot.conn, EventKind::NewMail(mail), now);
            self.recorder.event(&event);
            self.backlog.push_back(event);
        }
        self.relieve();
    }

    /// The mails that were told; those that still wait for room were not.
    #[must_use]
    pub fn take_told(&mut self) -> HashSet<(u32, u32)> {
        let mut told = std::mem::take(&mut self.told);
        for event in &self.backlog {
            if let EventKind::NewMail(mail) = &event.kind {
                told.remove(&(mail.uidvalidity, mail.uid));
            }
        }
        told
    }

    /// Goes on where another left off: these mails were told in this run already.
    pub fn remember(&mut self, told: HashSet<(u32, u32)>) {
        self.told.extend(told);
    }

    /// Whether mails wait for room.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Tells the mails that waited, as far as there is room.
    pub fn relieve(&mut self) {
        while let Some(event) = self.backlog.pop_front() {
            if let Err(event) = self.publisher.try_publish(event) {
                self.backlog.push_front(*event);
                return;
            }
        }
    }
}

//! What a mailbox shows and tells: its snapshot, and what happened, in order, for whoever publishes and keeps it.
//!
//! Knows no wall clock and no front end: a [`Notice`] says what happened and when on the monotonic clock.

mod new;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::bundle::Bundles;
use crate::connection::Stall;
use crate::model::{
    ConnId, DoneReason, EventKind, Fate, Fault, Finding, Loss, Mail, Past, Phase, QuarantineEnd, Quarantined, Receipt,
    ServerInfo, Snapshot, Timers, Verdict, WatchId,
};
use crate::new_mails::NewMails;
use crate::outputs;
use crate::told::{MailNumber, ToldMails};

/// Something to be published, or kept, or both.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// An event. Where nobody reads, it may be lost.
    Event(Option<ConnId>, EventKind),
    /// A new mail. It is never lost: where there is no room it waits.
    Mail(Option<ConnId>, Mail),
    /// A DONE is over.
    Receipt {
        /// On which connection.
        conn: Option<ConnId>,
        /// The DONE.
        receipt: Receipt,
        /// What was concluded where it was not answered in time.
        stall: Option<Verdict>,
        /// Whether its answer came after that.
        late: bool,
    },
    /// A DONE was not answered in time: the trace around it is to be kept.
    Stall(Option<ConnId>, Box<Stall>),
    /// An IDLE ended in a way that teaches something.
    Outcome {
        /// Its age.
        age: Duration,
        /// How it ended.
        fate: Fate,
        /// From DONE to its answer.
        took: Option<Duration>,
    },
    /// The server has just proved that it lives.
    Alive,
    /// An interval without eyes has just ended.
    Blind(Duration, Loss),
    /// A connection is fit again after a loss that was no choice.
    Recovered {
        /// The connection that was lost.
        lost: ConnId,
        /// The one that replaced it.
        by: ConnId,
        /// For how long nobody heard of new mail.
        blind: Duration,
        /// Why.
        why: Loss,
    },
    /// What the server said of itself.
    Server(Option<ConnId>, Arc<ServerInfo>),
    /// What earlier runs left to look back on.
    Earlier(Box<Past>),
    /// What was told is new no longer: the user has looked. Where a mail is named, what was told before it.
    Looked(Option<MailNumber>),
    /// These mails of an epoch and UIDVALIDITY are new no longer.
    NotNew {
        /// The epoch and UIDVALIDITY.
        of: (u32, u32),
        /// Their UIDs.
        uids: Vec<u32>,
        /// Whether they were seen; else they are gone.
        seen: bool,
    },
    /// The user wants no notification for so long, or again.
    Muted(Option<Duration>),
    /// A quarantine is over, after so long.
    QuarantineEnded(Box<Quarantined>, Duration, QuarantineEnd),
}

/// A notice and its moment.
pub type Timed = (Instant, Notice);

/// What one mailbox shows and tells.
#[derive(Debug)]
pub struct View {
    /// What is true now; the board shows the same value until it changes. Whoever changes it says so with [`View::touch`].
    snapshot: Arc<Snapshot>,
    begun: bool,
    /// The phase of the connection, where the mailbox is set aside: then it is not what is shown.
    beneath: Option<Phase>,
    dirty: bool,
    /// The mails that this run has told, or is about to.
    told: ToldMails,
    /// Those of them that are new to the user.
    new: NewMails,
    /// Of what is found on connecting, what the server received before this is not counted as new.
    new_since: Option<SystemTime>,
    notices: VecDeque<Timed>,
    bundles: Bundles,
}

/// What an answered DONE teaches of its IDLE's age: nothing, where it was sent before that was reached.
#[must_use]
pub const fn fate(reason: DoneReason) -> Fate {
    match reason {
        DoneReason::Reissue | DoneReason::Silence | DoneReason::Retune => Fate::Answered,
        DoneReason::NewMail
        | DoneReason::User
        | DoneReason::Rotate
        | DoneReason::Slept
        | DoneReason::Network
        | DoneReason::Pause
        | DoneReason::Shutdown
        | DoneReason::Turn
        | DoneReason::Hint
        | DoneReason::NotPushing => Fate::CutShort,
    }
}

impl View {
    /// Of a mailbox that is not watched yet.
    #[must_use]
    pub fn new(id: WatchId, timers: Timers, now: Instant) -> Self {
        Self {
            snapshot: Arc::new(Snapshot::new(id, timers, now)),
            begun: false,
            beneath: None,
            dirty: true,
            told: ToldMails::default(),
            new: NewMails::default(),
            new_since: None,
            notices: VecDeque::new(),
            bundles: Bundles::default(),
        }
    }

    /// What is true now.
    #[must_use]
    pub fn now(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What is true now, to be changed.
    pub fn touch(&mut self) -> &mut Snapshot {
        self.dirty = true;
        Arc::make_mut(&mut self.snapshot)
    }

    /// The next notice, until there is none.
    pub fn poll(&mut self) -> Option<Timed> {
        outputs::next(&mut self.notices)
    }

    /// The snapshot as it is to be shown, where it has changed since it was last taken.
    pub fn changed(&mut self) -> Option<Arc<Snapshot>> {
        if !std::mem::take(&mut self.dirty) {
            return None;
        }
        let mut snapshot = Arc::clone(&self.snapshot);
        if self.beneath.is_some() {
            let snapshot = Arc::make_mut(&mut snapshot);
            // What runs, runs for other mailboxes.
            (snapshot.deadline, snapshot.connection.idle_since, snapshot.receipt) = (None, None, None);
        }
        Some(snapshot)
    }

    /// The connection goes on for others while this mailbox stays as it is: paused, or not there.
    pub fn set_aside(&mut self, phase: Phase, now: Instant) {
        let connection = self.connection_phase();
        self.beneath = None;
        self.phase(phase, now);
        self.beneath = Some(connection);
    }

    /// The mailbox follows its connection again.
    pub fn take_back(&mut self, now: Instant) {
        if let Some(phase) = self.beneath.take() {
            self.phase(phase, now);
        }
    }

    /// Where the connection stands, whatever the mailbox shows.
    #[must_use]
    pub fn connection_phase(&self) -> Phase {
        self.beneath.unwrap_or(self.snapshot.phase)
    }

    /// Whether a phase was entered.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.begun
    }

    /// Enters a phase.
    pub fn phase(&mut self, to: Phase, now: Instant) {
        if let Some(beneath) = &mut self.beneath {
            *beneath = to;
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
        let by = self.snapshot.sharing.served;
        self.tell(EventKind::Phase { from, to, by }, now);
    }

    /// Tells what happened on the current connection.
    pub fn tell(&mut self, kind: EventKind, now: Instant) {
        self.tell_of(self.snapshot.connection.id, kind, now);
    }

    /// Tells what happened on another connection: at once, or with others of its kind where they come too often.
    pub fn tell_of(&mut self, conn: Option<ConnId>, kind: EventKind, now: Instant) {
        if let Some(kind) = self.bundles.take(conn, kind, now) {
            self.notice(now, Notice::Event(conn, kind));
        }
    }

    /// When events that are held are to be told: [`View::tell_held`].
    #[must_use]
    pub fn held_until(&self) -> Option<Instant> {
        self.bundles.due()
    }

    /// Tells the events that were held for long enough; `all`: every one, for nothing follows.
    pub fn tell_held(&mut self, all: bool, now: Instant) {
        while let Some((conn, kind)) = if all { self.bundles.settle(now) } else { self.bundles.poll(now) } {
            self.notice(now, Notice::Event(conn, kind));
        }
    }

    /// Has something published or kept.
    pub fn notice(&mut self, now: Instant, notice: Notice) {
        self.notices.push_back((now, notice));
    }

    /// Concludes something; told where the verdict is another than before.
    pub fn conclude(&mut self, finding: Finding, now: Instant) {
        let changed = self.snapshot.finding.as_ref().is_none_or(|before| before.verdict != finding.verdict);
        if changed {
            let Finding { verdict, text, evidence, mails } = finding.clone();
            self.tell(EventKind::Verdict { verdict, text, evidence, mails }, now);
        }
        self.touch().finding = Some(finding);
    }

    /// Tells a fault. What it means for the watch is the watch's to decide.
    pub fn fault(&mut self, fault: &Fault, now: Instant) {
        self.fault_of(self.snapshot.connection.id, fault, now);
    }

    /// The same of another connection than the one in use.
    pub fn fault_of(&mut self, conn: Option<ConnId>, fault: &Fault, now: Instant) {
        let kind = EventKind::Fault { class: fault.class, message: fault.message.clone(), retry: fault.retry() };
        self.tell_of(conn, kind, now);
        self.touch().fault = Some(fault.clone());
    }

    /// Takes what is known of the server. With its capabilities it is all, and kept for a report.
    pub fn server(&mut self, server: ServerInfo, now: Instant) {
        let server = Arc::new(server);
        if !server.capabilities.is_empty() {
            self.notice(now, Notice::Server(self.snapshot.connection.id, Arc::clone(&server)));
        }
        self.touch().connection.server = server;
    }

    /// Tells new mails, each once.
    pub fn mails(&mut self, mails: Vec<Mail>, now: Instant) {
        for mail in mails {
            // A dropped task's mails come again with the next connection's, confirmed or not.
            if !self.told.insert((mail.epoch, mail.uidvalidity, mail.uid)) {
                continue;
            }
            self.count_if_new(&mail);
            self.notice(now, Notice::Mail(self.snapshot.connection.id, mail));
        }
    }

    /// What happens notifies nobody for so long, or again.
    pub fn mute(&mut self, length: Option<Duration>, now: Instant) {
        self.touch().mailbox.muted = length.map(|length| now + length);
        self.notice(now, Notice::Muted(length));
    }

    /// The mails that were told.
    #[must_use]
    pub fn take_told(&mut self) -> ToldMails {
        std::mem::take(&mut self.told)
    }

    /// Goes on where another left off: these mails were told in this run already.
    pub fn remember(&mut self, told: ToldMails) {
        self.told.extend(told);
    }

    /// A DONE is over; `stall` says what was concluded where it was not answered in time.
    pub fn receipt(
        &mut self,
        conn: Option<ConnId>,
        receipt: &Receipt,
        stall: Option<Verdict>,
        late: bool,
        now: Instant,
    ) {
        self.notice(now, Notice::Receipt { conn, receipt: receipt.clone(), stall, late });
    }

    /// A DONE was answered in time: it is kept, and what it teaches.
    pub fn answered(&mut self, receipt: &Receipt, now: Instant) {
        self.notice(now, Notice::Outcome { age: receipt.idle_age, fate: fate(receipt.reason), took: receipt.took() });
    }

    /// A DONE was not answered, or its connection proved dead at that age: what that teaches.
    pub fn failed(&mut self, age: Duration, fate: Fate, now: Instant) {
        self.notice(now, Notice::Outcome { age, fate, took: None });
    }

    /// Another connection is fit for work in the place of one that was lost; nobody was to look meanwhile where `blind`
    /// is nothing.
    pub fn replaced(&mut self, lost: ConnId, blind: Option<Duration>, why: Loss, now: Instant) {
        let Some(by) = self.snapshot.connection.id else { return };
        let kind = EventKind::Replaced { by, blind: blind.unwrap_or_default() };
        self.tell_of(Some(lost), kind, now);
        let Some(blind) = blind else { return };
        self.notice(now, Notice::Blind(blind, why));
        let snapshot = self.touch();
        snapshot.blind.last = Some(blind);
        snapshot.blind.today += blind;
        match why {
            Loss::Concluded(_) | Loss::Fault(_) => {
                self.notice(now, Notice::Recovered { lost, by, blind, why });
            }
            // Nothing had to recover.
            Loss::User | Loss::Rotation => {}
        }
    }

    /// A quarantined connection is kept no longer.
    pub fn part(&mut self, end: QuarantineEnd, now: Instant) {
        let Some(stuck) = self.touch().quarantined.take() else { return };
        let kept = now.saturating_duration_since(stuck.since);
        self.notice(now, Notice::QuarantineEnded(Box::new(stuck), kept, end));
    }
}

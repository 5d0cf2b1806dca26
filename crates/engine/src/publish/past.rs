//! What is over: each is kept in the history, and for a front end with a screen also on the board.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Reporter;
use crate::record::wall_before;
use mailwatch_proto::model::{
    BlindInterval, ConnId, EventKind, Finding, HookEvent, Loss, Parted, Past, PastQuarantine, PastReceipt, PastStall,
    Receipt, TcpSample, Verdict,
};

impl Reporter {
    /// Whoever wants the trace has a screen, and looks back; for others nothing is kept.
    fn look_back(&mut self, change: impl FnOnce(&mut Past)) {
        if self.publisher.wants_wire() {
            change(Arc::make_mut(&mut self.touch().past));
        }
    }

    /// What earlier runs left to look back on. What this run has added since stays.
    pub fn earlier(&mut self, earlier: Past) {
        self.look_back(|past| {
            if past.receipts.is_empty() {
                past.receipts = earlier.receipts;
            }
            if past.blind.is_empty() {
                past.blind = earlier.blind;
            }
        });
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
        let at = wall_before(now.saturating_duration_since(receipt.queued));
        let conn = conn.unwrap_or(ConnId(0));
        let past = PastReceipt { late, stall, ..PastReceipt::of(conn, receipt, at) };
        self.recorder.receipt(&past);
        self.look_back(|all| all.receipt(past));
    }

    /// A DONE was not answered in time. The trace around it is kept, and what TCP was seen to do.
    pub fn stall(
        &mut self,
        conn: Option<ConnId>,
        finding: &Finding,
        waited: Duration,
        looks: Vec<TcpSample>,
        now: Instant,
    ) {
        let evidence = finding.evidence.clone().unwrap_or_default();
        let traced = self.around.stalled(conn, now);
        self.recorder.wire(traced);
        self.recorder.stall(conn, finding, waited, looks);
        let kind = EventKind::Stalled { verdict: finding.verdict, waited, evidence };
        self.recorder.hook(HookEvent::Stall, conn, kind, &[("text", &finding.text)]);
        let conn = conn.unwrap_or(ConnId(0));
        let finding = finding.clone();
        self.look_back(|past| past.stall = Some(PastStall { at: wall_before(Duration::ZERO), conn, waited, finding }));
    }

    /// Another connection is fit for work in the place of one that was lost; nobody was to look meanwhile where `blind`
    /// is nothing.
    pub fn replaced(&mut self, lost: ConnId, blind: Option<Duration>, why: Loss, now: Instant) {
        let Some(by) = self.snapshot.conn else { return };
        let kind = EventKind::Replaced { by, blind: blind.unwrap_or_default() };
        self.tell_of(Some(lost), kind.clone(), now);
        let Some(blind) = blind else { return };
        self.blind(blind, why);
        match why {
            Loss::Concluded(_) | Loss::Fault(_) => {
                self.recorder.hook(HookEvent::Recovered, Some(lost), kind, &[("why", why.name())]);
            }
            // Nothing had to recover.
            Loss::User | Loss::Rotation => {}
        }
    }

    /// An interval without eyes has just ended.
    fn blind(&mut self, blind: Duration, why: Loss) {
        let interval = BlindInterval { from: wall_before(blind), to: wall_before(Duration::ZERO), why: Some(why) };
        self.recorder.blind(&interval);
        self.publisher.blind(&self.snapshot.id, blind);
        let snapshot = self.touch();
        snapshot.blind.last = Some(blind);
        snapshot.blind.today += blind;
        self.look_back(|past| past.interval(interval));
    }

    /// A stuck connection is kept no longer.
    pub fn part(&mut self, parted: Parted, now: Instant) {
        let Some(stuck) = self.touch().quarantined.take() else { return };
        let kept = now.saturating_duration_since(stuck.since);
        let since = wall_before(kept);
        let over = PastQuarantine { conn: stuck.conn, since, kept, came: stuck.came, parted };
        self.look_back(|past| past.quarantine(over));
    }
}

//! What a watch learns of its server while it runs: heartbeats, and the age that an IDLE may reach.

use std::time::Instant;

use super::Watch;
use crate::history::Outcome;
use crate::model::EventKind;

impl Watch {
    /// The server showed that it lives.
    pub(super) fn beat(&mut self, text: String, now: Instant) {
        self.report.tell(EventKind::Heartbeat { text }, now);
    }

    /// An IDLE ended in a way that teaches something.
    #[expect(clippy::unused_self, reason = "temporary")]
    pub(super) fn learn(&mut self, _outcome: &Outcome) {}
}

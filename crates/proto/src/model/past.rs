//! A watch's recent past, for its details on the screen. Bounded, on the wall clock, plain data.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::{ConnId, DoneReason, FaultClass, Finding, PastQuarantine, Receipt, Status, Verdict};

/// DONEs that are kept.
pub const PAST_RECEIPTS: usize = 20;

/// Blind intervals that are kept.
pub const PAST_INTERVALS: usize = 12;

/// Quarantines that are kept.
pub const PAST_QUARANTINES: usize = 6;

/// A DONE that is over: answered, called unanswered, or gone with its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PastReceipt {
    /// When DONE was queued.
    pub at: SystemTime,
    /// On which connection.
    pub conn: ConnId,
    /// Why DONE was sent.
    pub reason: DoneReason,
    /// The IDLE's age.
    pub idle: Duration,
    /// From queued to written.
    pub written: Option<Duration>,
    /// From queued to acked.
    pub acked: Option<Duration>,
    /// From queued to answered.
    pub answered: Option<Duration>,
    /// The tagged reply's word.
    pub status: Option<Status>,
    /// Untagged responses between DONE and the reply.
    pub untagged: u32,
    /// Whether it was answered after `done` had run out.
    pub late: bool,
    /// What was concluded where `done` ran out; not known of DONEs of an earlier run.
    pub stall: Option<Verdict>,
}

/// Why a connection that was fit for work was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Loss {
    /// The verdict.
    Concluded(Verdict),
    /// A fault that allows no conclusion.
    Fault(FaultClass),
    /// The user wanted another.
    User,
    /// Its token was about to end, and the account had no room for another beside it.
    Rotation,
}

impl Loss {
    /// The name it is kept by: the verdict's, or the class's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Concluded(verdict) => verdict.name(),
            Self::Fault(class) => class.name(),
            Self::User => "user",
            Self::Rotation => "rotate",
        }
    }
}

/// Time in which a mail could have come unheard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BlindInterval {
    /// The last proof of life.
    pub from: SystemTime,
    /// When IDLE stood again.
    pub to: SystemTime,
    /// Why; `None` where an older program kept it.
    pub why: Option<Loss>,
}

/// The last DONE that was not answered in time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PastStall {
    /// When that was concluded.
    pub at: SystemTime,
    /// On which connection.
    pub conn: ConnId,
    /// From written; from queued where it never was.
    pub waited: Duration,
    /// The conclusion, with its evidence.
    pub finding: Finding,
}

/// A watch's recent past, each list with the oldest first.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The last [`PAST_RECEIPTS`] DONEs.
    pub receipts: VecDeque<PastReceipt>,
    /// The last [`PAST_INTERVALS`] blind intervals.
    pub blind: VecDeque<BlindInterval>,
    /// The last [`PAST_QUARANTINES`] quarantines.
    pub quarantines: VecDeque<PastQuarantine>,
    /// The last stall.
    pub stall: Option<PastStall>,
}

impl PastReceipt {
    /// A receipt as it is known now. `at` is when its DONE was queued.
    #[must_use]
    pub fn of(conn: ConnId, receipt: &Receipt, at: SystemTime) -> Self {
        let since_queued = |moment: std::time::Instant| moment.saturating_duration_since(receipt.queued);
        Self {
            at,
            conn,
            reason: receipt.reason,
            idle: receipt.idle_age,
            written: receipt.written.map(since_queued),
            acked: receipt.acked.map(since_queued),
            answered: receipt.took(),
            status: receipt.answer.as_ref().map(|answer| answer.status),
            untagged: receipt.answer.as_ref().map_or(0, |answer| answer.untagged),
            late: false,
            stall: None,
        }
    }
}

impl Past {
    /// Takes in a DONE. A late answer belongs to the DONE that was called unanswered.
    pub fn receipt(&mut self, receipt: PastReceipt) {
        if receipt.late {
            let owed = |past: &&mut PastReceipt| past.conn == receipt.conn && past.answered.is_none();
            if let Some(past) = self.receipts.iter_mut().rev().find(owed) {
                *past = PastReceipt { at: past.at, stall: past.stall, ..receipt };
                return;
            }
        }
        push(&mut self.receipts, receipt, PAST_RECEIPTS);
    }

    /// Takes in a blind interval.
    pub fn interval(&mut self, interval: BlindInterval) {
        push(&mut self.blind, interval, PAST_INTERVALS);
    }

    /// Takes in a quarantine.
    pub fn quarantine(&mut self, quarantine: PastQuarantine) {
        push(&mut self.quarantines, quarantine, PAST_QUARANTINES);
    }
}

fn push<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    while list.len() >= most {
        list.pop_front();
    }
    list.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LateResponses, QuarantineEnd};

    fn receipt(conn: u64, answered: Option<u64>, late: bool) -> PastReceipt {
        PastReceipt {
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(conn),
            conn: ConnId(conn),
            reason: DoneReason::Reissue,
            idle: Duration::from_mins(4),
            written: Some(Duration::ZERO),
            acked: None,
            answered: answered.map(Duration::from_secs),
            status: answered.map(|_| Status::Ok),
            untagged: 0,
            late,
            stall: (answered.is_none()).then_some(Verdict::ServerIgnoring),
        }
    }

    #[test]
    fn a_late_answer_is_the_same_done_and_no_second_one() {
        let mut past = Past::default();
        past.receipt(receipt(1, None, false));
        past.receipt(receipt(2, Some(1), false));
        past.receipt(PastReceipt { at: SystemTime::now(), ..receipt(1, Some(372), true) });
        assert_eq!(past.receipts.len(), 2);
        let first = &past.receipts[0];
        assert_eq!((first.answered, first.late), (Some(Duration::from_secs(372)), true));
        assert_eq!((first.at, first.stall), (receipt(1, None, false).at, Some(Verdict::ServerIgnoring)));
    }

    #[test]
    fn no_list_grows_beyond_its_bound() {
        let mut past = Past::default();
        for n in 0..1000 {
            past.receipt(receipt(n, Some(1), false));
            past.interval(BlindInterval { from: SystemTime::UNIX_EPOCH, to: SystemTime::UNIX_EPOCH, why: None });
            past.quarantine(PastQuarantine {
                conn: ConnId(n),
                since: SystemTime::UNIX_EPOCH,
                kept: Duration::ZERO,
                responses: LateResponses::default(),
                end: QuarantineEnd::Gone,
            });
        }
        let lengths = (past.receipts.len(), past.blind.len(), past.quarantines.len());
        assert_eq!(lengths, (PAST_RECEIPTS, PAST_INTERVALS, PAST_QUARANTINES));
        assert_eq!(past.receipts.back().map(|receipt| receipt.conn), Some(ConnId(999)));
    }
}

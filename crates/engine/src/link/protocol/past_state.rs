//! A watch's recent past as the protocol writes it, for its details on a screen.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::name::{self, Named};
use super::receipt_state::{FindingState, ResponsesState};
use super::time::{Ms, Wall};
use mailwatch_proto::model::{
    BlindInterval, ConnId, DoneReason, FaultClass, Loss, PAST_INTERVALS, PAST_QUARANTINES, PAST_RECEIPTS, Past,
    PastQuarantine, PastReceipt, PastStall, QuarantineEnd, Status, Verdict,
};

/// A watch's recent past, each list with the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PastState {
    /// The last DONEs.
    pub receipts: Vec<PastReceiptState>,
    /// The last blind intervals.
    pub blind: Vec<BlindIntervalState>,
    /// The last quarantines.
    pub quarantines: Vec<PastQuarantineState>,
    /// The last DONE that was not answered in time.
    pub stall: Option<PastStallState>,
}

/// A DONE that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastReceiptState {
    /// When DONE was queued.
    pub ts: Wall,
    /// On which connection.
    pub conn: u64,
    /// Why DONE was sent.
    #[serde(with = "name")]
    pub reason: DoneReason,
    /// The IDLE's age.
    pub idle_ms: Ms,
    /// From queued to written.
    pub written_ms: Option<Ms>,
    /// From queued to acked.
    pub acked_ms: Option<Ms>,
    /// From queued to answered.
    pub answered_ms: Option<Ms>,
    /// The tagged reply's word.
    #[serde(with = "name::optional", default)]
    pub status: Option<Status>,
    /// Untagged responses between DONE and the reply.
    #[serde(default)]
    pub untagged: u32,
    /// Whether it was answered after `done` had run out.
    #[serde(default)]
    pub late: bool,
    /// What was concluded where `done` ran out.
    #[serde(with = "name::optional", default)]
    pub stall: Option<Verdict>,
}

/// Time in which a mail could have come unheard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlindIntervalState {
    /// The last proof of life.
    pub from: Wall,
    /// When IDLE stood again.
    pub to: Wall,
    /// Why; `null` where that is not known.
    pub why: Option<LossState>,
}

/// Why a connection was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossState {
    /// `verdict`, `fault`, `user` or `rotate`.
    pub cause: String,
    /// The verdict's or the fault's name.
    pub name: Option<String>,
}

/// A quarantine that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastQuarantineState {
    /// Which connection.
    pub conn: u64,
    /// Since when it was kept.
    pub ts: Wall,
    /// For how long.
    pub kept_ms: Ms,
    /// What it was still heard to say.
    #[serde(default)]
    pub responses: ResponsesState,
    /// How it ended.
    pub end: EndState,
}

/// How a quarantine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum EndState {
    /// DONE was answered after all.
    Answered {
        /// From queued.
        took_ms: Ms,
        /// OK, NO or BAD.
        #[serde(with = "name")]
        status: Status,
    },
    /// The server said BYE.
    Bye,
    /// Nothing came for as long as such a connection is kept.
    GivenUp,
    /// Its place was needed.
    LetGo,
    /// The connection ended without a word, or in a way that this version does not know.
    #[serde(other)]
    Gone,
}

/// The last DONE that was not answered in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastStallState {
    /// When that was concluded.
    pub ts: Wall,
    /// On which connection.
    pub conn: u64,
    /// From written.
    pub waited_ms: Ms,
    /// The conclusion.
    pub finding: FindingState,
}

impl PastState {
    /// The form of a past.
    #[must_use]
    pub fn of(past: &Past, now: Instant) -> Self {
        let Past { receipts, blind, quarantines, stall } = past;
        Self {
            receipts: receipts.iter().map(PastReceiptState::from).collect(),
            blind: blind.iter().map(BlindIntervalState::from).collect(),
            quarantines: quarantines.iter().map(|quarantine| PastQuarantineState::of(quarantine, now)).collect(),
            stall: stall.as_ref().map(PastStallState::from),
        }
    }

    /// The past. Of more than a past holds, the last.
    #[must_use]
    pub fn past(self, now: Instant) -> Past {
        let Self { receipts, blind, quarantines, stall } = self;
        let mut past = Past { stall: stall.map(Into::into), ..Past::default() };
        past.receipts.extend(last(receipts, PAST_RECEIPTS).map(PastReceipt::from));
        past.blind.extend(last(blind, PAST_INTERVALS).map(BlindInterval::from));
        past.quarantines.extend(last(quarantines, PAST_QUARANTINES).map(|one| one.quarantine(now)));
        past
    }
}

fn last<T>(list: Vec<T>, most: usize) -> impl Iterator<Item = T> {
    let before = list.len().saturating_sub(most);
    list.into_iter().skip(before)
}

impl From<&PastReceipt> for PastReceiptState {
    fn from(receipt: &PastReceipt) -> Self {
        let PastReceipt { at, conn, reason, idle, written, acked, answered, status, untagged, late, stall } = receipt;
        Self {
            ts: Wall(*at),
            conn: conn.0,
            reason: *reason,
            idle_ms: (*idle).into(),
            written_ms: written.map(Ms::from),
            acked_ms: acked.map(Ms::from),
            answered_ms: answered.map(Ms::from),
            status: *status,
            untagged: *untagged,
            late: *late,
            stall: *stall,
        }
    }
}

impl From<PastReceiptState> for PastReceipt {
    fn from(state: PastReceiptState) -> Self {
        let PastReceiptState {
            ts,
            conn,
            reason,
            idle_ms,
            written_ms,
            acked_ms,
            answered_ms,
            status,
            untagged,
            late,
            stall,
        } = state;
        Self {
            at: ts.0,
            conn: ConnId(conn),
            reason,
            idle: idle_ms.duration(),
            written: written_ms.map(Ms::duration),
            acked: acked_ms.map(Ms::duration),
            answered: answered_ms.map(Ms::duration),
            status,
            untagged,
            late,
            stall,
        }
    }
}

impl From<&BlindInterval> for BlindIntervalState {
    fn from(BlindInterval { from, to, why }: &BlindInterval) -> Self {
        Self { from: Wall(*from), to: Wall(*to), why: why.map(LossState::from) }
    }
}

impl From<BlindIntervalState> for BlindInterval {
    fn from(BlindIntervalState { from, to, why }: BlindIntervalState) -> Self {
        Self { from: from.0, to: to.0, why: why.and_then(|why| why.loss()) }
    }
}

impl From<Loss> for LossState {
    fn from(loss: Loss) -> Self {
        let (cause, name) = match loss {
            Loss::Concluded(verdict) => ("verdict", Some(verdict.name())),
            Loss::Fault(class) => ("fault", Some(class.name())),
            Loss::User => ("user", None),
            Loss::Rotation => ("rotate", None),
        };
        Self { cause: cause.to_owned(), name: name.map(ToOwned::to_owned) }
    }
}

impl LossState {
    /// Why; `None` where this version does not know it.
    fn loss(&self) -> Option<Loss> {
        match (self.cause.as_str(), self.name.as_deref()) {
            ("verdict", Some(name)) => Verdict::known(name).map(Loss::Concluded),
            ("fault", Some(name)) => FaultClass::known(name).map(Loss::Fault),
            ("user", _) => Some(Loss::User),
            ("rotate", _) => Some(Loss::Rotation),
            (_, _) => None,
        }
    }
}

impl PastQuarantineState {
    fn of(quarantine: &PastQuarantine, now: Instant) -> Self {
        let PastQuarantine { conn, since, kept, responses, end } = quarantine;
        let end = match *end {
            QuarantineEnd::Answered { took, status } => EndState::Answered { took_ms: took.into(), status },
            QuarantineEnd::Bye => EndState::Bye,
            QuarantineEnd::Gone => EndState::Gone,
            QuarantineEnd::GivenUp => EndState::GivenUp,
            QuarantineEnd::LetGo => EndState::LetGo,
        };
        let responses = ResponsesState::of(responses, now);
        Self { conn: conn.0, ts: Wall(*since), kept_ms: (*kept).into(), responses, end }
    }

    fn quarantine(self, now: Instant) -> PastQuarantine {
        let Self { conn, ts, kept_ms, responses, end } = self;
        let end = match end {
            EndState::Answered { took_ms, status } => QuarantineEnd::Answered { took: took_ms.duration(), status },
            EndState::Bye => QuarantineEnd::Bye,
            EndState::Gone => QuarantineEnd::Gone,
            EndState::GivenUp => QuarantineEnd::GivenUp,
            EndState::LetGo => QuarantineEnd::LetGo,
        };
        let responses = responses.responses(now);
        PastQuarantine { conn: ConnId(conn), since: ts.0, kept: kept_ms.duration(), responses, end }
    }
}

impl From<&PastStall> for PastStallState {
    fn from(PastStall { at, conn, waited, finding }: &PastStall) -> Self {
        Self { ts: Wall(*at), conn: conn.0, waited_ms: (*waited).into(), finding: finding.into() }
    }
}

impl From<PastStallState> for PastStall {
    fn from(PastStallState { ts, conn, waited_ms, finding }: PastStallState) -> Self {
        Self { at: ts.0, conn: ConnId(conn), waited: waited_ms.duration(), finding: finding.into() }
    }
}

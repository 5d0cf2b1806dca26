//! Connections whose DONE was not answered: read on, in case an answer comes.

use std::time::{Duration, Instant, SystemTime};

use super::{ConnId, Receipt, Status};

/// What a quarantined connection still received.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LateResponses {
    /// Responses that were not DONE's answer.
    pub untagged: u32,
    /// The last EXISTS among them.
    pub exists: Option<u32>,
    /// When the last of them came.
    pub heard: Option<Instant>,
}

/// A connection whose DONE was not answered, read on in case an answer comes.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Which.
    pub conn: ConnId,
    /// Since when.
    pub since: Instant,
    /// Its unanswered DONE.
    pub receipt: Receipt,
    /// What it was heard to say since.
    pub responses: LateResponses,
}

/// How a quarantine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum QuarantineEnd {
    /// DONE was answered after all.
    Answered {
        /// From queued.
        took: Duration,
        /// OK, NO or BAD.
        status: Status,
    },
    /// The server said BYE.
    Bye,
    /// The connection ended without a word.
    Gone,
    /// Nothing came for as long as a quarantined connection is kept.
    GivenUp,
    /// Its place was needed, or the watch let go of it.
    LetGo,
}

/// A quarantine that is over.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastQuarantine {
    /// Which connection.
    pub conn: ConnId,
    /// Since when it was kept.
    pub since: SystemTime,
    /// For how long.
    pub kept: Duration,
    /// What it was still heard to say.
    pub responses: LateResponses,
    /// How it ended.
    pub end: QuarantineEnd,
}

//! What the history keeps for later: receipts, outcomes by IDLE age, stalls, blind time, the log, the wire around stalls,
//! servers. Plain data.

use std::time::{Duration, SystemTime};

use super::watch_key::WatchKey;
use mailwatch_proto::model::{
    DoneReason, Evidence, FoundBy, Loss, Outcome, ServerInfo, Status, TcpSample, Verdict, WireLine,
};

/// How long everything is kept where the configuration says nothing else; what is owed stays until it is not.
pub const KEPT: Duration = Duration::from_hours(30 * 24);

/// Something to keep. A front end or the engine appends it and does not wait.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// One DONE.
    Receipt(KeptReceipt),
    /// How one IDLE ended, for learning.
    Outcome(Outcome),
    /// A DONE that was not answered in time.
    Stall(Stall),
    /// Time in which a mail could have come unheard.
    Blind(Blindness),
    /// A line of the log.
    Event(Logged),
    /// A line of the log that a kill may take: what every DONE says.
    Routine(Logged),
    /// A line of the wire around a stall.
    Wire(KeptLine),
    /// What a connection's server said of itself.
    Server(KeptServer),
    /// An engine runs: from its beginning to now. Later ones of the same beginning take the place of the first.
    Run {
        /// When it began.
        began: SystemTime,
        /// Until when it is known to have run.
        seen: SystemTime,
    },
}

impl Record {
    /// Whether a kill may take the last seconds of it.
    pub(super) fn is_routine(&self) -> bool {
        match self {
            Self::Receipt(_) | Self::Outcome(_) | Self::Server(_) | Self::Routine(_) => true,
            // What is evidence, or says that something was lost.
            Self::Stall(_) | Self::Blind(_) | Self::Wire(_) | Self::Run { .. } | Self::Event(_) => false,
        }
    }
}

/// One DONE on the wall clock, with its watch. What was concluded is a row of its own ([`Stall`]);
/// [`PastReceipt`](mailwatch_proto::model::PastReceipt) is the same DONE on a board, with the conclusion and without the watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReceipt {
    /// The watch.
    pub key: WatchKey,
    /// The connection.
    pub conn: u64,
    /// When DONE was queued.
    pub at: SystemTime,
    /// The reason.
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
    /// Whether it came after `done` had run out.
    pub late: bool,
}

/// A DONE that was not answered in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stall {
    /// The watch.
    pub key: WatchKey,
    /// The connection.
    pub conn: u64,
    /// When it was concluded.
    pub at: SystemTime,
    /// What was concluded.
    pub verdict: Verdict,
    /// How long DONE had waited.
    pub waited: Duration,
    /// TCP's figures.
    pub evidence: Evidence,
    /// The conclusion in a sentence; `None` where an older program kept it.
    pub text: Option<String>,
    /// TCP's figures on the way there.
    pub samples: Vec<TcpSample>,
}

/// An interval in which a mail could have come unheard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blindness {
    /// The watch.
    pub key: WatchKey,
    /// The last proof of life.
    pub since: SystemTime,
    /// When IDLE stood again.
    pub until: SystemTime,
    /// The reason; `None` where an older program kept it.
    pub why: Option<Loss>,
}

/// A mail's push receipt: when it was received, announced, found and told. What it says is not part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPush {
    /// The watch.
    pub key: WatchKey,
    /// The mail's UID.
    pub uid: u32,
    /// When it was found.
    pub at: SystemTime,
    /// How.
    pub by: FoundBy,
    /// When the server received it, by the server's clock.
    pub received: Option<SystemTime>,
    /// When the server announced it, where it did.
    pub announced: Option<SystemTime>,
    /// When it was told.
    pub told: Option<SystemTime>,
    /// How late it was told, by the server's clock, where that is known.
    pub late: Option<Duration>,
    /// Whether it was a message of this program's own, which is told to nobody: then it has no UID, was received when it was
    /// added, and is as late as it was announced.
    pub canary: bool,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When.
    pub at: SystemTime,
    /// The watch, if it is about one.
    pub key: Option<WatchKey>,
    /// The connection, if it is about one.
    pub conn: Option<u64>,
    /// The kind's name in `watch --json`.
    pub kind: String,
    /// What happened, in plain words.
    pub text: String,
}

/// A line of the wire around a stall, secrets already replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLine {
    /// The watch.
    pub key: WatchKey,
    /// The connection.
    pub conn: u64,
    /// When it went.
    pub at: SystemTime,
    /// The line, sanitised and cut.
    pub line: WireLine,
}

/// What the server of a connection said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptServer {
    /// The watch.
    pub key: WatchKey,
    /// The connection.
    pub conn: u64,
    /// When the login was done.
    pub at: SystemTime,
    /// What it said. An address that cannot be read back is `None`.
    pub server: ServerInfo,
}

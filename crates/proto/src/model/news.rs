//! Which events are news: those that a reader must know or act on, without the day's routine.

use super::{EventKind, Phase, Status};

/// How much of a reader's attention an event deserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum News {
    /// News.
    Yes,
    /// News the first time on each connection.
    OncePerConnection,
    /// The day's routine.
    No,
}

impl EventKind {
    /// Whether it is news.
    #[must_use]
    pub const fn news(&self) -> News {
        match self {
            Self::Phase { to: Phase::Idling | Phase::Polling, .. } => News::OncePerConnection,
            Self::Verdict { verdict, .. } if verdict.is_healthy() => News::No,
            Self::Verdict { .. }
            | Self::Phase { to: Phase::Paused | Phase::Failed | Phase::Ended, .. }
            | Self::Capabilities { idle: false, .. }
            | Self::NewMail(_)
            | Self::DoneAnswered { late: true, .. }
            | Self::DoneAnswered { status: Status::No | Status::Bad, .. }
            | Self::Stalled { .. }
            | Self::Replaced { .. }
            | Self::Bye { .. }
            | Self::Alert { .. }
            | Self::Contradiction { .. }
            | Self::Fault { .. }
            | Self::Retry { .. }
            | Self::Retuned { .. }
            | Self::Canary { .. }
            | Self::Slept { .. }
            | Self::Hook { .. }
            | Self::Lost { .. } => News::Yes,
            Self::Phase {
                to:
                    Phase::Connecting
                    | Phase::Authenticating
                    | Phase::Selecting
                    | Phase::CatchingUp
                    | Phase::Requested
                    | Phase::Finishing
                    | Phase::Waiting,
                ..
            }
            | Self::Connected { .. }
            | Self::Capabilities { idle: true, .. }
            | Self::Exists { .. }
            | Self::Expunge { .. }
            | Self::Flags { .. }
            | Self::DoneSent { .. }
            | Self::DoneAcked { .. }
            | Self::DoneAnswered { late: false, status: Status::Ok, .. }
            | Self::Heartbeat { .. }
            | Self::Hint { .. }
            | Self::Unparsed { .. }
            | Self::Wire(_) => News::No,
        }
    }
}

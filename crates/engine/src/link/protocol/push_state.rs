//! How a push test fares, as the protocol writes it.

use serde::{Deserialize, Serialize};

use super::receipt_state::FaultState;
use super::time::Ms;
use crate::push_test::PushStep;

/// What a push test tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum PushState {
    /// Messages that an earlier test left behind are gone.
    Swept {
        /// How many.
        count: usize,
    },
    /// The connections stand, and one idles.
    Ready {
        /// Whether that is the engine's own.
        own: bool,
    },
    /// The server took the message.
    Added {
        /// After so long.
        took_ms: Ms,
    },
    /// It announced it.
    Announced {
        /// So long after it took it.
        took_ms: Ms,
    },
    /// It did not.
    NotAnnounced {
        /// For so long.
        waited_ms: Ms,
        /// Whether it announced it with DONE's answer.
        at_done: bool,
    },
    /// The IDLE ended before either was proven.
    Unclear,
    /// The message is gone.
    Removed {
        /// After so long.
        took_ms: Ms,
    },
    /// The test was broken off; nothing is left.
    Stopped,
    /// It failed.
    Failed {
        /// Why.
        fault: FaultState,
    },
    /// A message may be in the mailbox still.
    Left {
        /// Its Message-ID.
        message_id: String,
        /// Why it could not be removed.
        fault: FaultState,
    },
}

impl From<&PushStep> for PushState {
    fn from(step: &PushStep) -> Self {
        match step {
            PushStep::Swept(count) => Self::Swept { count: *count },
            PushStep::Ready { own } => Self::Ready { own: *own },
            PushStep::Added(took) => Self::Added { took_ms: (*took).into() },
            PushStep::Announced(took) => Self::Announced { took_ms: (*took).into() },
            PushStep::NotAnnounced { waited, at_done } => {
                Self::NotAnnounced { waited_ms: (*waited).into(), at_done: *at_done }
            }
            PushStep::Unclear => Self::Unclear,
            PushStep::Removed(took) => Self::Removed { took_ms: (*took).into() },
            PushStep::Stopped => Self::Stopped,
            PushStep::Failed(fault) => Self::Failed { fault: fault.into() },
            PushStep::Left { message_id, fault } => Self::Left { message_id: message_id.clone(), fault: fault.into() },
        }
    }
}

impl From<PushState> for PushStep {
    fn from(state: PushState) -> Self {
        match state {
            PushState::Swept { count } => Self::Swept(count),
            PushState::Ready { own } => Self::Ready { own },
            PushState::Added { took_ms } => Self::Added(took_ms.duration()),
            PushState::Announced { took_ms } => Self::Announced(took_ms.duration()),
            PushState::NotAnnounced { waited_ms, at_done } => {
                Self::NotAnnounced { waited: waited_ms.duration(), at_done }
            }
            PushState::Unclear => Self::Unclear,
            PushState::Removed { took_ms } => Self::Removed(took_ms.duration()),
            PushState::Stopped => Self::Stopped,
            PushState::Failed { fault } => Self::Failed(fault.into()),
            PushState::Left { message_id, fault } => Self::Left { message_id, fault: fault.into() },
        }
    }
}

//! Where a connection stands, and which look at its socket is owed.

use std::time::Instant;

use super::quarantine::Quarantine;
use crate::idle::Idle;

/// Where a connection stands.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// A task runs: connect, look, poll, log out.
    Working,
    /// Between two things: its owner decides.
    AtRest,
    /// An IDLE runs.
    Idling(Box<Idle>),
    /// The server has no IDLE: it is asked again then.
    Polling(Instant),
    /// DONE was not answered, and the last look at the socket is owed.
    Judging,
    /// DONE was not answered, and that is said.
    Stuck,
    /// It is read on.
    Quarantined(Box<Quarantine>),
}

/// Which look at the socket is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The one right after DONE was written, which sets the mark.
    First,
    /// One of those that follow.
    Next,
    /// The one by which a stall is judged.
    Last,
}

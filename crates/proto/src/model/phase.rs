//! Where a watch stands.

use std::fmt;

/// A watch's phase; its name in events is [`Phase::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Phase {
    /// DNS, TCP, TLS, greeting.
    Connecting,
    /// LOGIN or AUTHENTICATE.
    Authenticating,
    /// EXAMINE.
    Selecting,
    /// Looking for mail that came while the watch was blind.
    CatchingUp,
    /// IDLE is sent, the server owes `+`.
    Requested,
    /// The server has said `+`.
    Idling,
    /// DONE is sent, the server owes the tagged reply.
    Finishing,
    /// The server has no IDLE, or refused it: NOOP or STATUS at intervals.
    Polling,
    /// Backoff before the next connection.
    Waiting,
    /// Stopped by the user.
    Paused,
    /// Needs the user: wrong password, no such mailbox, bad certificate.
    Failed,
    /// Over: a mailbox that a pattern had found is gone. The watch leaves the board with it.
    Ended,
}

/// How a watch hears of new mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Served {
    /// Over a connection of its own.
    #[default]
    Own,
    /// Over another watch's connection: the server announces its mail by NOTIFY (RFC 5465).
    Notify,
    /// Over another watch's connection, polled by STATUS.
    Status,
}

impl Served {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Own, Self::Notify, Self::Status];

    /// Its name in events; `None` for a connection of its own.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Own => None,
            Self::Notify => Some("notify"),
            Self::Status => Some("status"),
        }
    }
}

/// What the headline of the screen counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum PhaseGroup {
    /// The server announces new mail, or is polled for it.
    Live,
    /// On the way to it.
    Busy,
    /// Not watching.
    Down,
    /// Not watching, and meant so.
    Resting,
}

impl PhaseGroup {
    /// Every group.
    pub const ALL: [Self; 4] = [Self::Live, Self::Busy, Self::Down, Self::Resting];

    /// The group's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Busy => "busy",
            Self::Down => "down",
            Self::Resting => "paused",
        }
    }
}

impl Phase {
    /// Every phase, in the order of a connection's life.
    pub const ALL: [Self; 12] = [
        Self::Connecting,
        Self::Authenticating,
        Self::Selecting,
        Self::CatchingUp,
        Self::Requested,
        Self::Idling,
        Self::Finishing,
        Self::Polling,
        Self::Waiting,
        Self::Paused,
        Self::Failed,
        Self::Ended,
    ];

    /// The phase's name, as events and the screen write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Authenticating => "authenticating",
            Self::Selecting => "selecting",
            Self::CatchingUp => "catching-up",
            Self::Requested => "requested",
            Self::Idling => "idling",
            Self::Finishing => "finishing",
            Self::Polling => "polling",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Failed => "failed",
            Self::Ended => "ended",
        }
    }

    /// How the headline counts this phase.
    #[must_use]
    pub const fn group(self) -> PhaseGroup {
        match self {
            Self::Idling | Self::Polling => PhaseGroup::Live,
            Self::Connecting
            | Self::Authenticating
            | Self::Selecting
            | Self::CatchingUp
            | Self::Requested
            | Self::Finishing => PhaseGroup::Busy,
            Self::Waiting | Self::Failed => PhaseGroup::Down,
            Self::Paused | Self::Ended => PhaseGroup::Resting,
        }
    }

    /// Whether nothing happens in it by itself: it lasts until the user acts.
    #[must_use]
    pub const fn is_at_rest(self) -> bool {
        match self {
            Self::Paused | Self::Failed | Self::Ended => true,
            Self::Connecting
            | Self::Authenticating
            | Self::Selecting
            | Self::CatchingUp
            | Self::Requested
            | Self::Idling
            | Self::Finishing
            | Self::Polling
            | Self::Waiting => false,
        }
    }

    /// Whether the connection has its mailbox selected.
    #[must_use]
    pub const fn has_mailbox(self) -> bool {
        match self {
            Self::CatchingUp | Self::Requested | Self::Idling | Self::Finishing | Self::Polling => true,
            Self::Connecting
            | Self::Authenticating
            | Self::Selecting
            | Self::Waiting
            | Self::Paused
            | Self::Failed
            | Self::Ended => false,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

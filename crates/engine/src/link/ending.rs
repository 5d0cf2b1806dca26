//! Why an engine ends, for its front ends.

/// Why an engine ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// A signal asked for it.
    Signal,
    /// It starts its program anew, and comes back.
    Restart,
    /// A fault of its own.
    Fault,
    /// Its own front end has ended: the screen was left, or nobody reads any more.
    Left,
    /// Its screen was left, and another program is the engine from now on.
    HandedOver,
}

impl Ending {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::Signal, Self::Restart, Self::Fault, Self::Left, Self::HandedOver];

    /// Its name in the protocol.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Restart => "restart",
            Self::Fault => "fault",
            Self::Left => "left",
            Self::HandedOver => "handed-over",
        }
    }

    /// In a few words, behind `has ended: `.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Signal => "stopped by a signal",
            Self::Restart => "it is being restarted",
            Self::Fault => "a fault of its own",
            Self::Left => "its screen was left",
            Self::HandedOver => "its screen was left, and another program continues",
        }
    }
}

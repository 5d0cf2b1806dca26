//! The panes, and what a filter can be typed into.

/// A pane, in the order of its digit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pane {
    /// The table of watches.
    #[default]
    Watches,
    /// The selected watch's timers and last DONE.
    Timers,
    /// What happened.
    Log,
    /// The selected watch's trace.
    Wire,
}

impl Pane {
    /// Every pane with its digit.
    pub const ALL: [Self; 4] = [Self::Watches, Self::Timers, Self::Log, Self::Wire];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Watches => "Watches",
            Self::Timers => "Timers",
            Self::Log => "Log",
            Self::Wire => "Wire",
        }
    }

    /// The digit that reaches it.
    #[must_use]
    pub const fn digit(self) -> usize {
        self as usize + 1
    }

    pub(super) const fn step(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

/// What a text can be typed into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilterTarget {
    /// A pane's filter.
    Pane(Pane),
    /// The help's.
    Help,
}

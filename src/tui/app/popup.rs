//! What can be open above the panes.

use super::{Problem, Tuning};
use crate::tui::log::Entry;

/// What is open above the panes.
#[derive(Clone, Debug)]
pub enum Popup {
    /// The help, scrolled by so many rows.
    Help(usize),
    /// The selected watch's details.
    Details(Details),
    /// The timers of the selected watch.
    Tuning(Tuning),
    /// A configuration that cannot be used.
    Problem(Problem),
    /// The ways on without one, one of them chosen.
    Welcome(usize),
    /// An account being typed; its fields stand in [`App::form`].
    Form,
}

/// The details that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// How many rows are scrolled away.
    pub offset: usize,
    /// The log's line that they were opened from.
    pub entry: Option<Entry>,
}

impl Popup {
    /// How many rows are scrolled away, where it is a text to be read.
    #[must_use]
    pub const fn offset(&self) -> Option<usize> {
        match self {
            Self::Help(offset) | Self::Details(Details { offset, .. }) | Self::Problem(Problem { offset, .. }) => {
                Some(*offset)
            }
            Self::Tuning(_) | Self::Welcome(_) | Self::Form => None,
        }
    }

    pub(super) const fn offset_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::Help(offset) | Self::Details(Details { offset, .. }) | Self::Problem(Problem { offset, .. }) => {
                Some(offset)
            }
            Self::Tuning(_) | Self::Welcome(_) | Self::Form => None,
        }
    }
}

//! How IDLEs ended, by their age: the input of learning.

use std::time::{Duration, SystemTime};

use super::IdleEnd;

/// How an IDLE of some age ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Fate {
    /// DONE was answered in time.
    Answered,
    /// DONE was not answered in time.
    Stalled,
    /// The connection proved dead without a word.
    Dropped,
    /// It was ended early (new mail, the user): neither survival of the full age nor failure.
    CutShort,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Answered, Self::Stalled, Self::Dropped, Self::CutShort];

    /// Its name in the history.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Stalled => "stalled",
            Self::Dropped => "dropped",
            Self::CutShort => "cut-short",
        }
    }

    /// What it says of the age.
    #[must_use]
    pub const fn end(self, took: Option<Duration>) -> IdleEnd {
        match self {
            Self::Answered => IdleEnd::Answered(took),
            Self::CutShort => IdleEnd::Early(took),
            Self::Stalled | Self::Dropped => IdleEnd::Failed,
        }
    }
}

/// How one IDLE of a host and login ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Outcome {
    /// The server's host name.
    pub host: String,
    /// The login, `user@host`.
    pub login: String,
    /// When the IDLE ended.
    pub at: SystemTime,
    /// Its age then.
    pub age: Duration,
    /// How it ended.
    pub fate: Fate,
    /// From DONE to its answer, where there was one.
    pub took: Option<Duration>,
}

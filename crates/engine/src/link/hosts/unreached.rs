//! Why a try to reach a host came to nothing.

/// Why a try came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unreached {
    /// ssh may have wanted to ask: what it said.
    Asks(String),
    /// Anything else.
    Failed(String),
    /// Somebody gave it up.
    GivenUp,
}

impl Unreached {
    pub(super) fn into_words(self) -> String {
        match self {
            Self::Asks(words) | Self::Failed(words) => words,
            Self::GivenUp => "it was given up".to_owned(),
        }
    }
}

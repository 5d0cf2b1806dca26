//! Why `account add` stops.

use std::io;

use crate::output::Exit;

/// What of a text is shown, in characters.
pub(super) const SHOWN: usize = 200;

/// Why it stops.
pub(super) enum Stop {
    /// An error that was already reported, or the user stopped.
    Exit(Exit),
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

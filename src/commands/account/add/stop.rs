//! Why `account add` goes no further.

use std::io;

use crate::output::Exit;

/// What of a text is shown, in characters.
pub(super) const SHOWN: usize = 200;

/// Why it goes no further.
pub(super) enum Stop {
    /// An error, told already; or the person wants no more.
    Exit(Exit),
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

//! The engine's program started anew in its own process: the same pid, the same streams, and what no disk and no command line may
//! hold carried over. A service manager sees one process that goes on.

#[cfg(unix)]
mod unix;

use std::path::Path;

use mailwatch_engine::engine_lock::EngineLock;
use mailwatch_engine::secret::TypedPasswords;

#[cfg(unix)]
pub use self::unix::{Successor, carried};

/// What the program before this one has left.
#[derive(Debug, Default)]
pub struct Carried {
    /// What was typed for this run; nothing was where this program was not started anew.
    pub typed: Option<TypedPasswords>,
    /// Whether the engine ran on the whole configuration, whichever accounts the command line names.
    pub whole: bool,
    /// The lock's file, still locked.
    #[cfg(unix)]
    lock: Option<std::fs::File>,
}

impl Carried {
    /// The right to be the engine of this state directory, where the program before was.
    pub fn lock(&mut self, state: &Path) -> Option<EngineLock> {
        #[cfg(unix)]
        return EngineLock::carried(state, self.lock.take()?);
        #[cfg(not(unix))]
        {
            let _ = state;
            None
        }
    }
}

/// There is none.
#[cfg(not(unix))]
#[derive(Debug)]
pub enum Successor {}

#[cfg(not(unix))]
impl Successor {
    /// Nothing begins.
    pub fn begin(self) -> std::io::Error {
        match self {}
    }
}

/// A process becomes no other program here.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn carried() -> std::io::Result<Carried> {
    Ok(Carried::default())
}

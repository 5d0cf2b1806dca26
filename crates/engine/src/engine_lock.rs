//! One engine a state directory: who holds this lock is it. The lock ends with its process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// The lock's file in the state directory. It stays there, empty.
const FILE: &str = "engine.lock";

/// The right to be the engine of a state directory, until dropped.
#[derive(Debug)]
pub struct EngineLock(#[expect(dead_code, reason = "held")] Option<File>);

impl EngineLock {
    /// Takes it; `None` where another process has it. Where the file system has no locks there is no telling, and it is taken.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn try_acquire(state: &Path) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.write(true).create(true).truncate(false).open(state.join(FILE))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(Some(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "{}: this file system has no locks: two engines may run at once", state.display());
                Ok(Some(Self(None)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_it_at_a_time_and_the_next_once_it_is_dropped() {
        let state = tempfile::tempdir().expect("a directory");
        let take = || EngineLock::try_acquire(state.path()).expect("a file");
        let first = take().expect("nobody has it");
        assert!(take().is_none());
        drop(first);
        assert!(take().is_some());
        assert!(EngineLock::try_acquire(&state.path().join("gone")).is_err());
    }
}

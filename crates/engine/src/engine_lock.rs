//! One engine a state directory: who holds this lock is it. The lock ends with its process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// The lock's file in the state directory. It stays there, empty.
const FILE: &str = "engine.lock";

/// The right to be the engine of a state directory, until dropped.
#[derive(Debug)]
pub struct EngineLock(#[cfg_attr(not(unix), expect(dead_code, reason = "held"))] Option<File>);

#[cfg(unix)]
impl EngineLock {
    /// Its file: who has it open has the lock.
    #[must_use]
    pub fn file(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        self.0.as_ref().map(std::os::fd::AsFd::as_fd)
    }

    /// The lock that the program had before this one in the same process, by its open file. `None` where that is no lock of this
    /// state directory.
    #[must_use]
    pub fn carried(state: &Path, file: File) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let (ours, there) = (file.metadata().ok()?, state.join(FILE).metadata().ok()?);
        let same = (ours.dev(), ours.ino()) == (there.dev(), there.ino());
        // It is locked already, which another open file could not be.
        (same && file.try_lock().is_ok()).then_some(Self(Some(file)))
    }
}

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

    #[cfg(unix)]
    #[test]
    fn an_open_file_carries_it_and_no_other_does() {
        let (state, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let take = |state: &tempfile::TempDir| EngineLock::try_acquire(state.path()).expect("a file");
        let carry = |state: &tempfile::TempDir, file: &EngineLock| {
            let file = file.file().expect("a file").try_clone_to_owned().expect("another");
            EngineLock::carried(state.path(), file.into())
        };
        let (first, others) = (take(&state).expect("nobody has it"), take(&other).expect("nobody has it"));
        let carried = carry(&state, &first).expect("its own");
        drop(first);
        assert!(take(&state).is_none(), "it is held still");
        assert!(carry(&state, &others).is_none(), "another directory's");
        let stranger = File::open(state.path().join(FILE)).expect("there");
        assert!(EngineLock::carried(state.path(), stranger).is_none(), "one that was opened besides");
        drop(carried);
        assert!(take(&state).is_some());
    }

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

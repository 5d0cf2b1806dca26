//! One push test of a state directory at a time, whichever process makes it: none takes a message that another has just added
//! for one that was left behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;

use tokio::sync::{OwnedMutexGuard, oneshot};

use crate::sightings::Sightings;

/// The lock's file in the state directory. It stays there, empty. The lock ends with its process, however that ends.
const FILE: &str = "push-test.lock";

/// The right to test and to remove, until dropped.
pub(super) struct Turn {
    _here: OwnedMutexGuard<()>,
    /// `None` where there is no state directory, or no lock to be had in it.
    _everywhere: Option<File>,
}

impl Turn {
    /// Waits until no other test runs. Cancel-safe.
    pub(super) async fn wait(sightings: &Sightings, state: Option<&Path>) -> Self {
        let here = sightings.turn().await;
        let everywhere = match state {
            Some(state) => locked(state).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "{}: another process may test at the same time", state.display());
                None
            }),
            None => None,
        };
        Self { _here: here, _everywhere: everywhere }
    }
}

async fn locked(state: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.write(true).create(true).truncate(false).open(state.join(FILE))?;
    match file.try_lock() {
        Ok(()) => return Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let (tx, locked) = oneshot::channel();
    // A thread of its own: the runtime would wait for one of its own at the end. It sleeps in the kernel.
    thread::Builder::new().name("push-test-lock".to_owned()).spawn(move || {
        // Without a receiver the lock is released with the file.
        let _ = tx.send(file.lock().map(|()| file));
    })?;
    locked.await.map_err(io::Error::other)?.map(Some)
}

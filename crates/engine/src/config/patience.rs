//! Reads files with a deadline, by threads of their own. A FIFO without a writer, or a mount that hangs, blocks the reader
//! for ever, and no system call can be told to give up. Such a thread stays behind and ends with the program, which waits
//! for the runtime's threads and not for this one.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

/// How long a file may take: a slow network's files come within seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads a file, or gives up in time. Blocks this thread meanwhile.
pub(super) fn within<T: Send + 'static>(
    path: &Path,
    read: impl FnOnce(PathBuf) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (tx, result) = mpsc::channel();
    let path = path.to_owned();
    spawn(move || {
        // A reader that comes too late is heard by nobody.
        let _ = tx.send(read(path));
    })?;
    result.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let message = format!(
            "it could not be read within {} s: a pipe that nobody writes to, or a file system that does not answer",
            PATIENCE.as_secs()
        );
        Err(io::Error::new(io::ErrorKind::TimedOut, message))
    })
}

/// Work that may block, beside the runtime: dropping the future leaves it behind.
///
/// # Errors
/// Where no thread can be made for it, or it has panicked.
pub async fn beside_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (tx, done) = oneshot::channel();
    spawn(move || {
        // The caller may have given up.
        let _ = tx.send(work());
    })?;
    done.await.map_err(|_| io::Error::other("reading the configuration has failed (a bug)"))
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("file".to_owned()).spawn(work).map(drop)
}

//! A limit on the size of files (`ulimit -f`): a write beyond it fails like one to a full disk, and ends no program.

use std::io;

/// Has such a write fail instead of killing the process, for as long as that lives. Programs that it starts are not concerned.
/// Needs a tokio runtime.
///
/// # Errors
/// Where the system refuses; nothing is changed then.
pub fn survive() -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        // The handler stays when the stream of signals is dropped.
        signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
    }
    #[cfg(not(unix))]
    Ok(())
}

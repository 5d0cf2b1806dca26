//! The signals that a program without a screen hears.

use std::io;

use tokio::sync::mpsc;

use crate::headless::Signal;

/// Listens to them from now on, and takes what this program itself says in their way.
///
/// # Errors
/// Where the system refuses.
pub fn signals() -> io::Result<(mpsc::Sender<Signal>, mpsc::Receiver<Signal>)> {
    let (tx, rx) = mpsc::channel(4);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            (SignalKind::interrupt(), Signal::Stop),
            (SignalKind::terminate(), Signal::Stop),
            (SignalKind::user_defined1(), Signal::CheckMail),
            (SignalKind::hangup(), Signal::Reload),
        ];
        for (kind, meaning) in kinds {
            let (mut stream, tx) = (signal(kind)?, tx.clone());
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    if tx.send(meaning).await.is_err() {
                        return;
                    }
                }
            });
        }
    }
    #[cfg(not(unix))]
    let ctrl_c = tx.clone();
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if ctrl_c.send(Signal::Stop).await.is_err() {
                return;
            }
        }
    });
    Ok((tx, rx))
}

//! `status` in a process: which signals end it, and that it ends with whoever reads it. Part of the binary.

use std::io;

use mailwatch_tui::cli::{self, Exit, Global, Output, Status};
use mailwatch_tui::headless::Signal;
use tokio::sync::mpsc;

/// What the running program sees, on standard output.
///
/// # Errors
/// Where the output cannot be written.
pub async fn status(command: &Status, global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let signals = super::signals()?;
    let left = async {
        tokio::select! {
            () = stopped(signals) => {}
            () = unread() => {}
        }
    };
    cli::status(command, global, &mut tokio::io::stdout(), left, output).await
}

async fn stopped(mut signals: mpsc::Receiver<Signal>) {
    while let Some(signal) = signals.recv().await {
        match signal {
            // Its terminal is gone.
            Signal::Stop | Signal::Reload => return,
            Signal::CheckMail => {}
        }
    }
    std::future::pending::<()>().await;
}

/// Comes when nobody reads standard output any more: a bar that was killed. Without it the next line would tell, which may
/// be hours away.
#[cfg(unix)]
async fn unread() {
    let Some(out) = output_pipe() else { return std::future::pending().await };
    // Never ready otherwise: nothing is asked of it but its end.
    if out.ready(tokio::io::Interest::ERROR).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Standard output, to be looked at alone: it stays as blocking as it is. A file has no reader, and cannot be looked at.
#[cfg(unix)]
fn output_pipe() -> Option<tokio::net::unix::pipe::Sender> {
    use std::os::fd::AsFd;
    let out = io::stdout().as_fd().try_clone_to_owned().ok()?;
    tokio::net::unix::pipe::Sender::from_file_unchecked(out.into()).ok()
}

/// Not told here: the next line tells.
#[cfg(not(unix))]
async fn unread() {
    std::future::pending::<()>().await;
}

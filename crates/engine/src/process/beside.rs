//! A child that runs beside, all three of its streams in hand, until it is let go of.

use std::io;
use std::process::{ExitStatus, Stdio};

use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

use super::{Group, terminal};

/// It runs.
pub(crate) struct Started {
    pub read: ChildStdout,
    pub write: ChildStdin,
    pub errors: ChildStderr,
    pub held: Held,
}

/// The program: killed, with what it has started, when dropped.
pub(crate) struct Held(Group);

impl Held {
    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> io::Result<ExitStatus> {
        let status = self.0.child.wait().await;
        self.0.ended = status.is_ok();
        status
    }
}

/// Starts it without the terminal, in a session of its own.
///
/// # Errors
/// Where the system does not start it.
pub(crate) fn start(mut command: Command) -> io::Result<Started> {
    terminal::leave(&mut command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let (Some(write), Some(read), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    Ok(Started { read, write, errors, held: Held(Group { child, ended: false }) })
}

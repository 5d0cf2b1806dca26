//! A child that runs beside, all three of its streams in hand, until it is let go of.

use std::io;
use std::process::{ExitStatus, Stdio};

use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

use super::terminal::Lent;
use super::{Group, terminal};

/// It runs.
pub(crate) struct Started {
    pub read: ChildStdout,
    pub write: ChildStdin,
    pub errors: ChildStderr,
    pub held: Held,
    /// Its number.
    pub id: Option<u32>,
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
    started(command)
}

/// Starts it in the terminal's foreground, where it can ask for as long as the terminal is lent to it.
///
/// # Errors
/// Where there is no terminal, another job has it, or the system does not start the program.
pub(crate) fn start_in_foreground(mut command: Command) -> io::Result<(Started, Lent)> {
    let lent = Lent::beside_streams_of(&mut command)?;
    Ok((started(command)?, lent))
}

fn started(mut command: Command) -> io::Result<Started> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let id = child.id();
    let (Some(write), Some(read), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    Ok(Started { read, write, errors, held: Held(Group::of(child)), id })
}

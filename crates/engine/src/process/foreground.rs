//! A child that a person answers: it has the terminal for as long as it runs, but for its standard output.

use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::{Failure, Finished, Group, Streams, TimeLimit, drive};

/// Runs the command in the terminal's foreground until it ends or its time is over. The terminal's keys for signals reach
/// it alone: Ctrl-C ends it, and so does Ctrl-Z. `most` is as in [`Streams::output`].
///
/// Sets the command's streams and process group, and names the terminal in its environment. Dropping the future kills the
/// group. The terminal has its modes and its foreground back in any case.
pub(crate) async fn run(mut command: Command, most: usize, limit: TimeLimit) -> Finished {
    let mut output = Zeroizing::new(Vec::with_capacity(most + 1));
    command.stdout(Stdio::piped()).kill_on_drop(true);
    let result = answered(command, most, limit, &mut output).await;
    Finished { result, output, errors: Zeroizing::default() }
}

#[cfg(unix)]
async fn answered(
    mut command: Command,
    most: usize,
    limit: TimeLimit,
    output: &mut Vec<u8>,
) -> Result<ExitStatus, Failure> {
    use super::terminal::{Lent, stopped};

    // Given back last, after the command is gone.
    let _lent = Lent::to(&mut command).map_err(Failure::NotStarted)?;
    let child = command.spawn().map_err(Failure::NotStarted)?;
    let id = child.id();
    tokio::select! {
        biased;
        ended = wait(child, most, limit, output) => ended,
        () = stopped(id) => Err(Failure::Stopped),
    }
}

#[cfg(not(unix))]
async fn answered(
    mut command: Command,
    most: usize,
    limit: TimeLimit,
    output: &mut Vec<u8>,
) -> Result<ExitStatus, Failure> {
    // From now on Ctrl-C ends who has no handler: the command.
    let _handled = tokio::signal::windows::ctrl_c().map_err(Failure::NotStarted)?;
    wait(command.spawn().map_err(Failure::NotStarted)?, most, limit, output).await
}

async fn wait(child: Child, most: usize, limit: TimeLimit, output: &mut Vec<u8>) -> Result<ExitStatus, Failure> {
    let streams = Streams { input: None, output: Some(most), errors: 0 };
    drive(Group::of(child), streams, limit, None, (output, &mut Vec::new())).await
}

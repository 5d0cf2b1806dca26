//! `ctl`: commands to the running engine, for scripts and window managers. Needs no configuration; a client like any other
//! front end, which waits for its answers.

#[cfg(unix)]
mod answers;
#[cfg(unix)]
mod restart;
#[cfg(unix)]
mod targets;
#[cfg(unix)]
mod unix;

use std::io;

use crate::cli::{CtlCommand, Global};
use crate::output::{Exit, Output};

/// Tells the engine that runs on this state directory.
///
/// # Errors
/// Where the output cannot be written.
#[cfg(unix)]
pub(super) async fn ctl(command: &CtlCommand, global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    unix::ctl(command, global, output).await
}

/// An engine has no socket here.
#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "elsewhere it waits for the engine")]
pub(super) async fn ctl(_: &CtlCommand, _: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    output.error(Exit::Failed, "a running mailwatch-tui takes no commands on this system")
}

//! `relay`: joins standard input and output to the engine's socket on this machine, for a front end on another one that
//! reaches this one by ssh. It adds nothing and reads nothing of what passes.

#[cfg(unix)]
mod unix;

use std::io;

use crate::cli::Global;
use crate::output::{Exit, Output};

/// Joins both until one of them ends.
///
/// # Errors
/// Where a stream cannot be read or written.
#[cfg(unix)]
pub(super) async fn relay(global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    match global.state_path() {
        Ok(state) => unix::join(&state, output).await,
        Err(error) => output.error(Exit::Bad, error),
    }
}

/// An engine has no socket here.
#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "elsewhere it waits for the engine")]
pub(super) async fn relay(_: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    output.error(Exit::Failed, "on this system the engine has no socket to join")
}

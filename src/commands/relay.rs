//! `relay`: joins standard input and output to the engine's socket on this machine, for a front end on another one that
//! reaches this one by ssh. It adds nothing and reads nothing of what passes.

mod joined;

use std::io;

use crate::cli::Global;
use crate::output::{Exit, Output};

/// Joins both until one of them ends.
///
/// # Errors
/// Where a stream cannot be read or written.
pub(super) async fn relay(global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    match global.state_path() {
        Ok(state) => joined::join(&state, output).await,
        Err(error) => output.error(Exit::Bad, error),
    }
}

//! A program that a key of the user's own starts: without a shell, in a session of its own, without the terminal. It may run
//! for as long as it likes, and outlive this program.

use std::io;
use std::process::{ExitStatus, Stdio};

use tokio::process::Command;

/// Runs it to its end; dropping the future leaves it alone.
///
/// # Errors
/// Where it cannot be started.
pub async fn run(arguments: &[String]) -> io::Result<ExitStatus> {
    let Some((program, arguments)) = arguments.split_first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no program is named"));
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    crate::process::terminal::leave(&mut command);
    #[cfg(windows)]
    command.creation_flags(crate::process::CREATE_NO_WINDOW);
    command.status().await
}

//! Programs that a key starts and that nobody waits for: a browser, a mail program.

use std::io;
use std::process::{Command, Stdio};
use std::thread;

/// Starts a program without the terminal. Its end is taken by a thread, so that it leaves nothing behind.
///
/// # Errors
/// Where it cannot be started.
pub fn start(command: &[String]) -> io::Result<()> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C at the terminal is not meant for it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    thread::Builder::new().name("started".to_owned()).spawn(move || child.wait())?;
    Ok(())
}

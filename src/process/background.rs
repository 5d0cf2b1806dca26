//! The engine goes on without its screen: a `watch` in a session of its own stands by, and takes over as the screen lets go.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mailwatch_engine::engine_lock::EngineLock;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, sleep};

use crate::cli::Global;
use crate::logging;

/// The option by which a `watch` knows that it is one.
pub const OPTION: &str = "--handed-over";

/// How long the `watch` may take to take over.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// The terminal's window may be closed, and Ctrl-C there is not meant for it.
#[cfg(windows)]
const CREATE_NO_WINDOW: u32 = 0x0800_0000;
#[cfg(windows)]
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

/// A password that was typed for one run, with its account's name.
pub type Typed = (String, SecretString);

/// Starts it; what was typed goes to it over a pipe. It waits for the lock.
///
/// # Errors
/// Where it cannot be started.
pub fn start(global: &Global, state: &Path, typed: &[Typed]) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(config) = &global.config {
        command.arg("--config").arg(config);
    }
    command.arg("--state-dir").arg(state);
    if let Some(own) = global.own {
        command.arg(own.to_string());
    }
    for account in &global.accounts {
        command.arg("--account").arg(account);
    }
    let mut log = OpenOptions::new();
    log.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut log, 0o600);
    let log = log.open(state.join(logging::FILE))?;
    command.args(["watch", OPTION]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(&mut command, CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP);
    let mut child = command.spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        for (account, secret) in typed {
            // Two lines: neither a name nor a password holds an end of line.
            writeln!(pipe, "{account}\n{}", secret.expose_secret())?;
        }
    }
    Ok(child)
}

/// Reads what was typed, as [`start`] wrote it.
///
/// # Errors
/// Where standard input cannot be read.
pub fn typed() -> io::Result<Vec<Typed>> {
    let mut lines = io::stdin().lines();
    let mut typed = Vec::new();
    while let (Some(account), Some(secret)) = (lines.next().transpose()?, lines.next().transpose()?) {
        typed.push((account, SecretString::from(secret)));
    }
    Ok(typed)
}

/// Once the lock is free: waits until the other process has it. Why it has not, where it has not.
pub async fn taken_over(mut child: Child, state: &Path) -> Result<u32, String> {
    let by = Instant::now() + PATIENCE;
    let log = state.join(logging::FILE);
    loop {
        match EngineLock::try_acquire(state) {
            Ok(None) => return Ok(child.id()),
            Ok(Some(lock)) => drop(lock),
            Err(error) => return Err(error.to_string()),
        }
        match child.try_wait() {
            Ok(None) if Instant::now() < by => {}
            Ok(Some(_)) => return Err(format!("`watch` ended; {} says why", log.display())),
            Ok(None) => return Err(format!("`watch` did not start within {} s", PATIENCE.as_secs())),
            Err(error) => return Err(error.to_string()),
        }
        sleep(LOOK).await;
    }
}

//! The program that is installed now where this one was started from, and whether it can be started.

use std::env;
use std::fmt::Display;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use mailwatch_engine::requests::NextProgram;
use mailwatch_proto::model::{LINE_LIMIT, sanitise};

use crate::commands::service::program::lasting;

/// How long it may take to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// Bytes of what it says that are read, and characters that are repeated.
const SAID: (u64, usize) = (4096, 100);

/// What its version begins with.
const NAME: &str = "mailwatch-tui ";

/// The program, once it has said its version. Blocks.
///
/// # Errors
/// Why there is none, in a sentence.
pub(super) fn next_program() -> Result<NextProgram, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let path = lasting(&env::current_exe(), &path).map_err(|error| error.to_string())?;
    let shown = sanitise(&path.to_string_lossy(), LINE_LIMIT);
    let not_started = |why: &dyn Display| format!("{shown} cannot be started: {why}");
    let mut command = Command::new(&path);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| not_started(&error))?;
    let by = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < by => sleep(LOOK),
            Ok(None) => {
                // It may have ended just now.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{shown} does not say its version within {} s", PATIENCE.as_secs()));
            }
            Err(error) => return Err(not_started(&error)),
        }
    };
    if !status.success() {
        return Err(format!("`{shown} --version` ended with {status}"));
    }
    let mut said = String::new();
    if let Some(out) = child.stdout.take() {
        out.take(SAID.0).read_to_string(&mut said).map_err(|error| not_started(&error))?;
    }
    let version = sanitise(said.lines().next().unwrap_or_default().trim(), SAID.1);
    if version.starts_with(NAME) {
        Ok(NextProgram { path, version })
    } else {
        Err(format!("`{shown} --version` says {version:?}, which is not {NAME}and a version"))
    }
}

//! One run of a hook's command: the environment it gets, how long it may take, and how it ended.

use std::ffi::OsString;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::invocation::Invocation;
use crate::process::{self, Failure, Streams, TimeLimit};
use mailwatch_proto::model::sanitise;

/// How much of a hook's standard error is kept: in bytes, in lines, and of a line in characters.
const KEPT: usize = 8 * 1024;
const LINES: usize = 20;
const LINE: usize = 300;

/// Variables of this program's own that no hook inherits: systemd's ways to speak for this program, and what this program
/// tells hooks, where a hook runs it.
const OURS: [&str; 5] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"];
const PREFIX: &str = "MAILWATCH_";

/// How long a hook may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub run: TimeLimit,
    /// Once the program ends: both parts fit into the 2 seconds that its end may take.
    pub shutdown: TimeLimit,
}

impl Limits {
    pub const USUAL: Self = Self {
        run: TimeLimit { run: Duration::from_mins(1), grace: Duration::from_secs(5) },
        shutdown: TimeLimit { run: Duration::from_millis(700), grace: Duration::from_millis(300) },
    };
}

/// A run that is over.
#[derive(Debug)]
pub(super) struct FinishedRun {
    pub end: RunEnd,
    /// The first lines of standard error, sanitised.
    pub errors: Vec<String>,
    /// Whether there were more.
    pub cut: bool,
}

#[derive(Debug)]
pub(super) enum RunEnd {
    /// The system did not start it.
    NotStarted(NotStarted),
    /// It ended by itself.
    Exited(ExitStatus),
    /// It ran for longer than this, and was ended.
    TimedOut(Duration),
    /// This program ended, and the hook would not have ended in time.
    Stopped,
}

/// Why the system did not start a command.
#[derive(Debug)]
pub(super) enum NotStarted {
    Missing,
    Forbidden,
    TooLong,
    Other(io::Error),
}

impl From<io::Error> for NotStarted {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Forbidden,
            io::ErrorKind::ArgumentListTooLong => Self::TooLong,
            _ => Self::Other(error),
        }
    }
}

impl NotStarted {
    /// What is wrong, and what to do about it.
    pub fn sentence(&self, name: &str) -> String {
        match self {
            Self::Missing => format!("there is no program {name}: write its full path, or see what PATH holds here"),
            Self::Forbidden => format!("{name} cannot be executed: check its owner, and use chmod +x"),
            Self::TooLong => format!("{name} cannot be run: its arguments and the environment are too long"),
            Self::Other(error) => format!("{name} could not be started: {error}"),
        }
    }
}

impl FinishedRun {
    /// The last line of standard error, for a sentence about the run.
    pub fn complaint(&self) -> String {
        self.errors.last().map_or_else(String::new, |line| format!(": {line}"))
    }
}

/// Runs the hook until it ends, its time is over, or this program ends.
pub(super) async fn run(invocation: &Invocation, limits: Limits, stop: &CancellationToken) -> FinishedRun {
    // Its output is discarded: with `watch` this program's own output is JSON for a reader.
    let streams = Streams { input: Some(invocation.input.as_bytes()), output: None, errors: KEPT };
    let finished = process::run(command(invocation), streams, limits.run, Some((stop, limits.shutdown))).await;
    let end = match finished.result {
        Ok(status) => RunEnd::Exited(status),
        Err(Failure::NotStarted(error)) => RunEnd::NotStarted(error.into()),
        Err(Failure::Io(error)) => RunEnd::NotStarted(NotStarted::Other(error)),
        Err(Failure::TimedOut) => RunEnd::TimedOut(limits.run.run),
        Err(Failure::Stopped) => RunEnd::Stopped,
        Err(Failure::TooMuchOutput) => unreachable!("no output is captured"),
    };
    let (errors, cut) = lines(&finished.errors);
    FinishedRun { end, errors, cut }
}

/// The command with the user's environment and home directory, and nothing of this program's own.
fn command(invocation: &Invocation) -> Command {
    let mut command = Command::new(invocation.program());
    command.args(invocation.command.iter().skip(1));
    let ours = |name: &OsString| name.to_str().is_some_and(|name| name.starts_with(PREFIX) || OURS.contains(&name));
    for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.envs(invocation.variables.iter().map(|(name, value)| (name, value)));
    if let Some(home) = std::env::home_dir().filter(|home| home.is_dir()) {
        command.current_dir(home);
    }
    command
}

/// The first lines, and whether there were more.
fn lines(errors: &[u8]) -> (Vec<String>, bool) {
    let text = String::from_utf8_lossy(errors);
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let kept = lines.by_ref().take(LINES).map(|line| sanitise(line, LINE)).collect();
    (kept, lines.next().is_some() || errors.len() >= KEPT)
}

//! Runs the service manager's own programs, and says why one does not do what it is asked for.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use mailwatch_proto::model::sanitise;
use tokio::process::Command;
use tokio::time::timeout;

use crate::output::Exit;

/// Characters of what a tool said that an error has room for.
const WORDS: usize = 400;

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the service manager is of no help.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// Its program is not here.
    #[error(
        "this system has no {0}, which starts services: start `mailwatch-tui watch` with whatever starts your programs"
    )]
    NoTool(&'static str),
    /// Its program cannot be run.
    #[error("{0} cannot be run: {1}")]
    NotRun(&'static str, String),
    /// It cannot be reached: what to do, and what it said.
    #[error("{what}; {tool} says: {said}")]
    Unreachable {
        /// What is wrong, and what to do.
        what: String,
        /// Who said so.
        tool: &'static str,
        /// In its words.
        said: String,
    },
    /// It was started in another home.
    #[error(
        "your service manager reads no units from {}: it was started with another HOME or XDG_CONFIG_HOME than this shell",
        .0.display()
    )]
    Elsewhere(PathBuf),
    /// It refused.
    #[error("`{0}` failed: {1}")]
    Refused(String, String),
}

impl Trouble {
    /// How the program ends with it: a system that has no such manager is bad use.
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::NoTool(_) => Exit::Bad,
            Self::NotRun(..) | Self::Unreachable { .. } | Self::Elsewhere(_) | Self::Refused(..) => Exit::Failed,
        }
    }
}

/// A program of the service manager's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tool<'p> {
    /// Its name.
    pub name: &'static str,
    /// Where it is looked for.
    pub path: &'p OsStr,
}

impl Tool<'_> {
    /// Runs it, its output in no language but English and its times in UTC.
    pub(super) async fn run(&self, arguments: &[impl AsRef<OsStr> + Sync]) -> Result<Output, Trouble> {
        let mut command = Command::new(self.name);
        command.args(arguments).env("PATH", self.path).env("LC_ALL", "C").env("TZ", "UTC");
        command.stdin(Stdio::null()).kill_on_drop(true);
        command.output().await.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Trouble::NoTool(self.name),
            _other => Trouble::NotRun(self.name, error.to_string()),
        })
    }

    /// Runs it for its effect.
    pub(super) async fn order(&self, arguments: &[&str]) -> Result<(), Trouble> {
        let output = self.run(arguments).await?;
        if output.status.success() {
            return Ok(());
        }
        let line = format!("{} {}", self.name, arguments.join(" "));
        Err(Trouble::Refused(line, words(&output)))
    }
}

/// What a tool said of its failure.
pub(super) fn words(output: &Output) -> String {
    let said = String::from_utf8_lossy(if output.stderr.is_empty() { &output.stdout } else { &output.stderr });
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if said.is_empty() { output.status.to_string() } else { sanitise(&said.join(" "), WORDS) }
}

/// The version that a program at this path says it has.
pub(super) async fn version(program: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    let version = said.trim().strip_prefix("mailwatch-tui ")?;
    Some(sanitise(version, WORDS))
}

/// Whether a program of this name is found in a list of directories.
pub(super) fn finds(path: &OsString, name: &str) -> bool {
    std::env::split_paths(path).any(|directory| directory.is_absolute() && directory.join(name).exists())
}

//! Why there is no engine to attach to.

use std::io;
use std::path::PathBuf;

use super::PATIENCE;

/// Why there is no engine to attach to.
#[derive(Debug, thiserror::Error)]
pub enum NoEngine {
    /// None listens.
    #[error(
        "mailwatch-tui is not running on the state directory {}: start it, or name another with --state-dir", .0.display()
    )]
    NotRunning(PathBuf),
    /// Another user's program listens.
    #[error("the program behind {} belongs to another user, so it is not asked", .0.display())]
    Foreign(PathBuf),
    /// A program listens and does not answer.
    #[error("mailwatch-tui{} runs but does not answer within {} s", process(*.0), PATIENCE.as_secs())]
    Hangs(Option<i32>),
    /// A program of version 0.1.0 listens.
    #[error("mailwatch-tui{} is version 0.1.0, which accepts no front ends: end it, or restart it with this version", process(*.0))]
    Older(Option<i32>),
    /// The engine refused.
    #[error("{0}")]
    Refused(String),
    /// The connection broke, or what came cannot be read.
    #[error("mailwatch-tui gave no answer that can be read: {0}")]
    Broken(String),
}

fn process(pid: Option<i32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

impl From<io::Error> for NoEngine {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

//! To the engine's socket: finds it, and makes sure whose it is.

use std::io;
use std::path::{Path, PathBuf};

use tokio::net::UnixStream;
use tokio::time::timeout;

use super::PATIENCE;
use super::paths::SocketPaths;

/// Why there is no engine to attach to.
#[derive(Debug, thiserror::Error)]
pub enum NoEngine {
    /// None listens.
    #[error(
        "mailwatch-tui does not run on the state directory {}: start it, or name another with --state-dir", .0.display()
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

/// Connects to the engine on this state directory, a program of this user's.
///
/// # Errors
/// Why there is none.
pub async fn connect(state: &Path) -> Result<UnixStream, NoEngine> {
    connect_at(&paths(state)?, state).await.map(|(stream, _)| stream)
}

/// Where its socket may be.
pub(super) fn paths(state: &Path) -> Result<SocketPaths, NoEngine> {
    SocketPaths::of(state).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => NoEngine::NotRunning(state.to_owned()),
        _other => error.into(),
    })
}

/// Connects to the first of these paths where a program of this user's listens. The program's process, if the system tells.
pub(super) async fn connect_at(paths: &SocketPaths, state: &Path) -> Result<(UnixStream, Option<i32>), NoEngine> {
    // The first failure: another user's runtime directory stays in the environment after `su`.
    let mut failure = None;
    for socket in paths.sockets() {
        let stream = match timeout(PATIENCE, UnixStream::connect(socket)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                let why = match error.kind() {
                    // No socket, or a stale one.
                    io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => continue,
                    // Its queue is full: it accepts no connection.
                    io::ErrorKind::WouldBlock => return Err(NoEngine::Hangs(None)),
                    io::ErrorKind::PermissionDenied => NoEngine::Foreign(socket.to_owned()),
                    _other => error.into(),
                };
                failure.get_or_insert(why);
                continue;
            }
            Err(_) => return Err(NoEngine::Hangs(None)),
        };
        let listener = stream.peer_cred()?;
        if listener.uid() != paths.uid() {
            failure.get_or_insert_with(|| NoEngine::Foreign(socket.to_owned()));
            continue;
        }
        return Ok((stream, listener.pid()));
    }
    Err(failure.unwrap_or_else(|| NoEngine::NotRunning(state.to_owned())))
}

//! The client's side: finds the program's socket, asks, and reads the answers.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::question::{Question, Reply};
use super::socket_paths::SocketPaths;

/// How long a program may take to answer. It needs some milliseconds; a status bar waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// No program listens.
    #[error(
        "mailwatch-tui does not run on the state directory {}: start it, or name another with --state-dir", .0.display()
    )]
    NotRunning(PathBuf),
    /// Another user's program listens.
    #[error("the program behind {} is not yours, so it is not asked", .0.display())]
    Foreign(PathBuf),
    /// A program listens and does not answer.
    #[error("mailwatch-tui{} runs and does not answer within {} s", process(*.0), PATIENCE.as_secs())]
    Hangs(Option<i32>),
    /// The program refused the question.
    #[error("{0}")]
    Refused(String),
    /// The connection broke, or its data was no answer.
    #[error("mailwatch-tui gave no answer that can be read: {0}")]
    Broken(#[from] io::Error),
}

fn process(pid: Option<i32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

/// The answers, line by line.
#[derive(Debug)]
pub struct Answers {
    reader: BufReader<UnixStream>,
    first: Option<String>,
}

impl Answers {
    /// The next line; `None` once the program has ended, or has no more lines. Not cancel-safe: half a line may be lost.
    ///
    /// # Errors
    /// Where the connection breaks or its data is no line.
    pub async fn next(&mut self) -> Result<Option<String>, NoAnswer> {
        match self.first.take() {
            Some(line) => Ok(Some(line)),
            None => read(&mut self.reader).await,
        }
    }
}

/// Asks the program on this state directory. Its first line is there when this returns.
///
/// # Errors
/// Why there is no answer.
pub async fn ask(state: &Path, question: &Question) -> Result<Answers, NoAnswer> {
    match SocketPaths::of(state) {
        Ok(paths) => ask_at(&paths, state, question).await,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(NoAnswer::NotRunning(state.to_owned())),
        Err(error) => Err(NoAnswer::Broken(error)),
    }
}

/// The same at one of these paths.
pub(super) async fn ask_at(paths: &SocketPaths, state: &Path, question: &Question) -> Result<Answers, NoAnswer> {
    let not_running = || NoAnswer::NotRunning(state.to_owned());
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
                    io::ErrorKind::WouldBlock => return Err(NoAnswer::Hangs(None)),
                    io::ErrorKind::PermissionDenied => NoAnswer::Foreign(socket.to_owned()),
                    _other => NoAnswer::Broken(error),
                };
                failure.get_or_insert(why);
                continue;
            }
            Err(_) => return Err(NoAnswer::Hangs(None)),
        };
        let listener = stream.peer_cred()?;
        if listener.uid() != paths.uid() {
            failure.get_or_insert_with(|| NoAnswer::Foreign(socket.to_owned()));
            continue;
        }
        let mut reader = BufReader::new(stream);
        return match timeout(PATIENCE, first(&mut reader, question)).await {
            // It ended before its answer.
            Ok(answer) => Ok(Answers { first: Some(answer?.ok_or_else(not_running)?), reader }),
            Err(_) => Err(NoAnswer::Hangs(listener.pid())),
        };
    }
    Err(failure.unwrap_or_else(not_running))
}

async fn first(reader: &mut BufReader<UnixStream>, question: &Question) -> Result<Option<String>, NoAnswer> {
    let mut line = serde_json::to_string(question).map_err(io::Error::from)?;
    line.push('\n');
    reader.get_mut().write_all(line.as_bytes()).await?;
    read(reader).await
}

async fn read(reader: &mut BufReader<UnixStream>) -> Result<Option<String>, NoAnswer> {
    let mut line = String::new();
    match reader.read_line(&mut line).await {
        Ok(0) => return Ok(None),
        // A killed program leaves data unread, which resets the connection.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
        result => result?,
    };
    match serde_json::from_str(&line).map_err(io::Error::from)? {
        Reply::Line(line) => Ok(Some(line)),
        Reply::Error(why) => Err(NoAnswer::Refused(why)),
    }
}

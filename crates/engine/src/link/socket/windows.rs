//! Windows: a named pipe for this user alone, and the way to it. Neither another user nor another machine gets in, and a pipe
//! that another user made under this name is not spoken to.

mod owner;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use tokio::io::{ReadHalf, WriteHalf, split};
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer};
use tokio::time::{Instant, sleep};

use super::PATIENCE;
use super::no_engine::NoEngine;

/// What is read from a connection.
pub type Reader = ReadHalf<NamedPipeClient>;

/// What is written to a connection.
pub type Writer = WriteHalf<NamedPipeClient>;

/// The same two at the engine's side.
type Accepted = (ReadHalf<NamedPipeServer>, WriteHalf<NamedPipeServer>);

/// Bytes of the hash in a pipe's name: a user has a handful of state directories.
const HASH_BYTES: usize = 8;

/// Between two tries where the pipe is busy, or is another program's still.
const AGAIN: Duration = Duration::from_millis(20);

/// How long the front ends of an engine that has ended may hold its pipe.
const LEFT_BEHIND: Duration = Duration::from_secs(5);

/// `ERROR_PIPE_BUSY`: each instance has its client, and the next one is not made yet.
const PIPE_BUSY: i32 = 231;

/// A state directory's pipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketPaths {
    pipe: String,
}

impl SocketPaths {
    /// The pipe's name.
    ///
    /// # Errors
    /// Where the state directory is not there.
    pub fn of(state: &Path) -> io::Result<Self> {
        let state = fs::canonicalize(state)?;
        let name: Vec<u8> = state.as_os_str().encode_wide().flat_map(u16::to_le_bytes).collect();
        let hash = digest(&SHA256, &name);
        let bytes = hash.as_ref().iter().take(HASH_BYTES);
        let pipe = bytes.fold(r"\\.\pipe\mailwatch-tui-".to_owned(), |name, byte| format!("{name}{byte:02x}"));
        Ok(Self { pipe })
    }

    /// The only place.
    pub(super) fn sockets(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(Path::new(&self.pipe))
    }
}

/// A connection, and the process at its other end, if the system tells.
pub(super) type Connected = ((Reader, Writer), Option<i32>);

/// Connects to the pipe where a program of this user's listens.
pub(super) async fn connect_at(paths: &SocketPaths, state: &Path) -> Result<Connected, NoEngine> {
    let by = Instant::now() + PATIENCE;
    let client = loop {
        match ClientOptions::new().open(&paths.pipe) {
            Ok(client) => break client,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(NoEngine::NotRunning(state.to_owned()));
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(NoEngine::Foreign(paths.pipe.clone().into()));
            }
            Err(error) if error.raw_os_error() != Some(PIPE_BUSY) => return Err(error.into()),
            Err(_) if Instant::now() >= by => return Err(NoEngine::Hangs(None)),
            Err(_) => sleep(AGAIN).await,
        }
    };
    if owner::of(&client)? != owner::user()? {
        return Err(NoEngine::Foreign(paths.pipe.clone().into()));
    }
    Ok((split(client), None))
}

/// The right to the pipe's name.
#[derive(Debug)]
pub(super) enum SocketLock {
    /// This program has made the pipe.
    Acquired(BoundSocket),
    /// A pipe of this name is there still.
    Held(String),
}

impl SocketLock {
    /// Makes the pipe, unless there is one.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn try_acquire(paths: &SocketPaths) -> io::Result<Self> {
        match BoundSocket::new(paths.pipe.clone()) {
            Ok(bound) => Ok(Self::Acquired(bound)),
            // So it is told that this would not be the first one of its name.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(Self::Held(paths.pipe.clone())),
            Err(error) => Err(error),
        }
    }

    /// Waits until it is this program's.
    ///
    /// # Errors
    /// Where that takes too long.
    pub async fn wait(self) -> io::Result<BoundSocket> {
        let name = match self {
            Self::Acquired(bound) => return Ok(bound),
            Self::Held(name) => name,
        };
        let by = Instant::now() + LEFT_BEHIND;
        loop {
            match BoundSocket::new(name.clone()) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied && Instant::now() < by => {}
                made => return made,
            }
            sleep(AGAIN).await;
        }
    }
}

/// A pipe whose name is this program's: gone with its last instance.
#[derive(Debug)]
pub(super) struct BoundSocket {
    name: String,
    /// The instance that the next client gets; none where it could not be made.
    next: Option<NamedPipeServer>,
}

impl BoundSocket {
    fn new(name: String) -> io::Result<Self> {
        let next = Some(owner::pipe(&name, true)?);
        Ok(Self { name, next })
    }

    /// The next connection. Cancel-safe.
    ///
    /// # Errors
    /// Where the system gives none.
    pub async fn accept(&mut self) -> io::Result<Option<Accepted>> {
        let waiting = match self.next.take() {
            Some(waiting) => waiting,
            None => owner::pipe(&self.name, false)?,
        };
        self.next.insert(waiting).connect().await?;
        // What cannot be made now is made when the next client is waited for.
        let next = owner::pipe(&self.name, false).ok();
        Ok(std::mem::replace(&mut self.next, next).map(split))
    }
}

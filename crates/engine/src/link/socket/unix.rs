//! Unix: a socket for this user alone, and the way to it.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::PATIENCE;
use super::no_engine::NoEngine;
pub(super) use super::paths::SocketPaths;

/// What is read from a connection.
pub type Reader = OwnedReadHalf;

/// What is written to a connection.
pub type Writer = OwnedWriteHalf;

/// A connection, and the process at its other end, if the system tells.
pub(super) type Connected = ((Reader, Writer), Option<i32>);

/// Connects to the first of these paths where a program of this user's listens. The program's process, if the system tells.
pub(super) async fn connect_at(paths: &SocketPaths, state: &Path) -> Result<Connected, NoEngine> {
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
        return Ok((stream.into_split(), listener.pid()));
    }
    Err(failure.unwrap_or_else(|| NoEngine::NotRunning(state.to_owned())))
}

/// The lock beside the socket. Only a program that knows nothing of the state directory's lock keeps another waiting.
#[derive(Debug)]
pub(super) enum SocketLock {
    /// This program holds it, and the socket is bound.
    Acquired(BoundSocket),
    /// Another program holds it.
    Held(File, PathBuf, u32),
}

impl SocketLock {
    /// Tries to take the lock of the first usable one of these paths, and binds the socket where it is free.
    ///
    /// # Errors
    /// Where neither can be made.
    pub fn try_acquire(paths: &SocketPaths) -> io::Result<Self> {
        let (socket, uid) = (paths.make()?, paths.uid());
        let path = socket.with_extension("lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match lock.try_lock() {
            Ok(()) => BoundSocket::new(socket, lock, uid).map(Self::Acquired),
            Err(TryLockError::WouldBlock) => Ok(Self::Held(lock, socket, uid)),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits until it is this program's.
    ///
    /// # Errors
    /// Where the system cannot wait, or the socket cannot be bound then.
    pub async fn wait(self) -> io::Result<BoundSocket> {
        let (lock, socket, uid) = match self {
            Self::Acquired(bound) => return Ok(bound),
            Self::Held(lock, socket, uid) => (lock, socket, uid),
        };
        let (tx, locked) = oneshot::channel();
        // A thread of its own: the runtime would wait for one of its own at the end. It sleeps in the kernel.
        thread::Builder::new().name("socket-lock".to_owned()).spawn(move || {
            let result = lock.lock().map(|()| lock);
            // Without a receiver the lock is released with the file.
            let _ = tx.send(result);
        })?;
        BoundSocket::new(socket, locked.await.map_err(io::Error::other)??, uid)
    }
}

/// A socket that this program alone has bound; removed when dropped.
#[derive(Debug)]
pub(super) struct BoundSocket {
    listener: UnixListener,
    socket: PathBuf,
    uid: u32,
    /// Released last: the next holder finds no socket of ours.
    _lock: File,
}

impl Drop for BoundSocket {
    fn drop(&mut self) {
        // A socket that stays behind is replaced by the next program.
        let _ = fs::remove_file(&self.socket);
    }
}

impl BoundSocket {
    /// The holder of the lock may replace what is there.
    fn new(socket: PathBuf, lock: File, uid: u32) -> io::Result<Self> {
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&socket)?;
        // No other user gets into the directory, so that nothing can happen before this.
        fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
        Ok(Self { listener, socket, uid, _lock: lock })
    }

    /// The next connection; `None` for one of another user, which is closed. Cancel-safe.
    ///
    /// # Errors
    /// Where the system gives none.
    pub async fn accept(&mut self) -> io::Result<Option<(Reader, Writer)>> {
        let (stream, _) = self.listener.accept().await?;
        // The directory lets no other user in; root alone could come here.
        Ok(match stream.peer_cred() {
            Ok(peer) if peer.uid() == self.uid => Some(stream.into_split()),
            Ok(peer) => {
                tracing::warn!(uid = peer.uid(), "another user's connection to the socket was closed");
                None
            }
            Err(_) => None,
        })
    }
}

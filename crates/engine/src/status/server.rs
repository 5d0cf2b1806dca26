//! The running program's side: a socket, and a line from the board for each client. Read-only.
//!
//! Of several programs on one state directory the first answers, and when it ends the next: a lock beside the socket decides.
//! The lock ends with its process, however that ends, so that a stale socket is recognised.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::figures::{Figures, Moment};
use super::question::{QUESTION_LIMIT, Question, Reply};
use super::socket_paths::SocketPaths;
use mailwatch_proto::model::{Board, LINE_LIMIT, sanitise};

/// Clients served at once; others wait in the system's queue. Each bar of each screen is one.
const AT_ONCE: usize = 64;

/// How long a question may take to arrive.
const PATIENCE: Duration = Duration::from_secs(2);

/// Changes within this time count as one: a mail's EXISTS, its headers and its DONE.
const SETTLE: Duration = Duration::from_millis(200);

/// The pause after the system refused a connection, usually for want of file descriptors.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers until dropped.
#[derive(Debug)]
pub struct StatusServer {
    _task: JoinSet<()>,
}

/// Answers clients for the program on this state directory. Where it cannot, it logs that, and the program goes on.
#[must_use]
pub fn answer(state: &Path, board: watch::Receiver<Board>) -> StatusServer {
    SocketPaths::of(state).and_then(|paths| answer_at(&paths, board)).unwrap_or_else(|error| {
        tracing::warn!(%error, "`status` has no answer: its socket cannot be made");
        StatusServer { _task: JoinSet::new() }
    })
}

/// The same at one of these paths.
pub(super) fn answer_at(paths: &SocketPaths, board: watch::Receiver<Board>) -> io::Result<StatusServer> {
    let (lock, uid) = (SocketLock::try_acquire(paths.make()?)?, paths.uid());
    let mut task = JoinSet::new();
    task.spawn(async move {
        match lock.wait().await {
            Ok(bound) => bound.serve(uid, &board).await,
            Err(error) => tracing::warn!(%error, "`status` has no answer: its socket cannot be made"),
        }
    });
    Ok(StatusServer { _task: task })
}

/// The lock beside the socket.
#[derive(Debug)]
enum SocketLock {
    /// This program holds it, and the socket is bound.
    Acquired(BoundSocket),
    /// Another program holds it.
    Held(File, PathBuf),
}

impl SocketLock {
    fn try_acquire(socket: PathBuf) -> io::Result<Self> {
        let path = socket.with_extension("lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match lock.try_lock() {
            Ok(()) => BoundSocket::new(socket, lock).map(Self::Acquired),
            Err(TryLockError::WouldBlock) => Ok(Self::Held(lock, socket)),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    async fn wait(self) -> io::Result<BoundSocket> {
        let (lock, socket) = match self {
            Self::Acquired(bound) => return Ok(bound),
            Self::Held(lock, socket) => (lock, socket),
        };
        let (tx, locked) = oneshot::channel();
        // A thread of its own: the runtime would wait for one of its own at the end. It sleeps in the kernel.
        thread::Builder::new().name("status-lock".to_owned()).spawn(move || {
            let result = lock.lock().map(|()| lock);
            // Without a receiver the lock is released with the file.
            let _ = tx.send(result);
        })?;
        BoundSocket::new(socket, locked.await.map_err(io::Error::other)??)
    }
}

/// A socket that this program alone has bound; removed when dropped.
#[derive(Debug)]
struct BoundSocket {
    listener: UnixListener,
    socket: PathBuf,
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
    fn new(socket: PathBuf, lock: File) -> io::Result<Self> {
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&socket)?;
        // No other user gets into the directory, so that nothing can happen before this.
        fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
        Ok(Self { listener, socket, _lock: lock })
    }

    async fn serve(&self, uid: u32, board: &watch::Receiver<Board>) {
        let capacity = Arc::new(Semaphore::new(AT_ONCE));
        let mut clients = JoinSet::new();
        // The semaphore is never closed.
        while let Ok(permit) = Arc::clone(&capacity).acquire_owned().await {
            while clients.try_join_next().is_some() {}
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "`status`: nobody can be answered now");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let board = board.clone();
            clients.spawn(async move {
                // An error means that the client is gone.
                let _ = serve_client(stream, uid, board).await;
                drop(permit);
            });
        }
    }
}

async fn serve_client(mut stream: UnixStream, uid: u32, board: watch::Receiver<Board>) -> io::Result<()> {
    if stream.peer_cred()?.uid() != uid {
        // Possible only where the directory was opened to others.
        return Ok(());
    }
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);
    match question(&mut reader, &board).await? {
        Ok(question) => send_lines(&question, reader, &mut writer, board).await,
        Err(error) => send(&mut writer, Reply::Error(error)).await,
    }
}

/// The question, or what is wrong with it.
async fn question(
    reader: &mut (impl AsyncBufRead + Unpin),
    board: &watch::Receiver<Board>,
) -> io::Result<Result<Question, String>> {
    let mut line = String::new();
    timeout(PATIENCE, reader.take(QUESTION_LIMIT).read_line(&mut line)).await??;
    let Ok(question) = serde_json::from_str::<Question>(&line) else {
        let version = env!("CARGO_PKG_VERSION");
        return Ok(Err(format!(
            "the program that runs is of version {version} and does not understand this question: start it again"
        )));
    };
    let known = Figures::of(&board.borrow(), &[]).accounts();
    Ok(match question.accounts.iter().find(|name| !known.contains(name.as_str())) {
        Some(name) => {
            let known =
                if known.is_empty() { "none".to_owned() } else { known.into_iter().collect::<Vec<_>>().join(", ") };
            Err(sanitise(&format!("no account {name} is being watched; there are: {known}"), LINE_LIMIT))
        }
        None => Ok(question),
    })
}

/// Sends a line, and to a client that follows another at each change of it, until the client goes or the engine ends.
async fn send_lines(
    question: &Question,
    mut client: impl AsyncBufRead + Unpin,
    writer: &mut (impl AsyncWrite + Unpin),
    mut board: watch::Receiver<Board>,
) -> io::Result<()> {
    let mut figures = Figures::of(&board.borrow_and_update(), &question.accounts);
    let mut line = question.line(&figures, &moment());
    send(writer, Reply::Line(line.clone())).await?;
    if !question.follow {
        return Ok(());
    }
    loop {
        tokio::select! {
            changed = board.changed() => if changed.is_err() { return Ok(()) },
            // The client's end, an error, or words that it does not owe.
            _ = client.read_u8() => return Ok(()),
        }
        sleep(SETTLE).await;
        let now = Figures::of(&board.borrow_and_update(), &question.accounts);
        if now == figures {
            continue;
        }
        figures = now;
        let fresh = question.line(&figures, &moment());
        if fresh != line {
            line = fresh;
            send(writer, Reply::Line(line.clone())).await?;
        }
    }
}

async fn send(writer: &mut (impl AsyncWrite + Unpin), reply: Reply) -> io::Result<()> {
    let mut line = serde_json::to_string(&reply)?;
    line.push('\n');
    writer.write_all(line.as_bytes()).await?;
    writer.flush().await
}

fn moment() -> Moment {
    let at = Instant::now().into_std();
    Moment { at, wall: SystemTime::now(), zone: TimeZone::system(), pid: std::process::id() }
}

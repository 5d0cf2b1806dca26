//! The running program's side: a socket, and a line from the board for each who asks. Changes nothing, for nobody.
//!
//! Of several programs on one state directory the first answers, and when it ends the next: a lock beside the socket says
//! whose turn it is. It ends with its process, however that ends, so a socket that was left behind is known to be one.

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

use super::figures::{Figures, Teller};
use super::place::Places;
use super::question::{QUESTION_LIMIT, Question, Reply};
use mailwatch_proto::model::{Board, LINE_LIMIT, sanitise};

/// Askers served at once; others wait in the system's queue. Each bar of each screen follows on one.
const AT_ONCE: usize = 64;

/// How long a question may take to arrive.
const PATIENCE: Duration = Duration::from_secs(2);

/// What follows a change within this time is one with it: a mail's EXISTS, its headers and the DONE it brings.
const SETTLE: Duration = Duration::from_millis(200);

/// How long nobody is taken after the system refused one, for want of open files as a rule.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers until dropped.
#[derive(Debug)]
pub struct Answering {
    _task: JoinSet<()>,
}

/// Answers who asks for the program on this state directory. Where it cannot, that is logged, and the program goes on.
#[must_use]
pub fn answer(state: &Path, board: watch::Receiver<Board>) -> Answering {
    Places::of(state).and_then(|places| answer_at(&places, board)).unwrap_or_else(|error| {
        tracing::warn!(%error, "`status` has no answer: its socket cannot be made");
        Answering { _task: JoinSet::new() }
    })
}

/// The same at one of these places.
pub(super) fn answer_at(places: &Places, board: watch::Receiver<Board>) -> io::Result<Answering> {
    let (turn, uid) = (Turn::come(places.make()?)?, places.uid());
    let mut task = JoinSet::new();
    task.spawn(async move {
        match turn.wait().await {
            Ok(bound) => bound.serve(uid, &board).await,
            Err(error) => tracing::warn!(%error, "`status` has no answer: its socket cannot be made"),
        }
    });
    Ok(Answering { _task: task })
}

/// Whose turn it is to answer there.
#[derive(Debug)]
enum Turn {
    /// Ours.
    Ours(Bound),
    /// Another program's, which holds this lock.
    Anothers(File, PathBuf),
}

impl Turn {
    fn come(socket: PathBuf) -> io::Result<Self> {
        let path = socket.with_extension("lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match lock.try_lock() {
            Ok(()) => Bound::new(socket, lock).map(Self::Ours),
            Err(TryLockError::WouldBlock) => Ok(Self::Anothers(lock, socket)),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    async fn wait(self) -> io::Result<Bound> {
        let (lock, socket) = match self {
            Self::Ours(bound) => return Ok(bound),
            Self::Anothers(lock, socket) => (lock, socket),
        };
        let (tx, locked) = oneshot::channel();
        // Its own thread and none of the runtime's, which would be waited for at the end. It sleeps in the kernel.
        thread::Builder::new().name("status-turn".to_owned()).spawn(move || {
            let result = lock.lock().map(|()| lock);
            // Nobody waits any more: the lock goes with the file.
            let _ = tx.send(result);
        })?;
        Bound::new(socket, locked.await.map_err(io::Error::other)??)
    }
}

/// A socket that is ours alone. Dropped, it is gone.
#[derive(Debug)]
struct Bound {
    listener: UnixListener,
    socket: PathBuf,
    /// Held longest: who gets it next finds no socket of ours.
    _lock: File,
}

impl Drop for Bound {
    fn drop(&mut self) {
        // What is left behind is replaced by the next.
        let _ = fs::remove_file(&self.socket);
    }
}

impl Bound {
    /// Whoever holds the lock may replace what lies there.
    fn new(socket: PathBuf, lock: File) -> io::Result<Self> {
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&socket)?;
        // Nobody else's process gets into the directory, so that nothing can happen before this.
        fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
        Ok(Self { listener, socket, _lock: lock })
    }

    async fn serve(&self, uid: u32, board: &watch::Receiver<Board>) {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let mut askers = JoinSet::new();
        // Closed: never, it is not closed anywhere.
        while let Ok(place) = Arc::clone(&room).acquire_owned().await {
            while askers.try_join_next().is_some() {}
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "`status`: nobody can be answered now");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let board = board.clone();
            askers.spawn(async move {
                // Who has gone needs no answer.
                let _ = attend(stream, uid, board).await;
                drop(place);
            });
        }
    }
}

async fn attend(mut stream: UnixStream, uid: u32, board: watch::Receiver<Board>) -> io::Result<()> {
    if stream.peer_cred()?.uid() != uid {
        // Only possible where somebody opened the directory to others.
        return Ok(());
    }
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);
    match question(&mut reader, &board).await? {
        Ok(question) => tell(&question, reader, &mut writer, board).await,
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

/// A line, and to who follows one at each change that is seen in it, until the asker goes or the engine ends.
async fn tell(
    question: &Question,
    mut asker: impl AsyncBufRead + Unpin,
    writer: &mut (impl AsyncWrite + Unpin),
    mut board: watch::Receiver<Board>,
) -> io::Result<()> {
    let mut figures = Figures::of(&board.borrow_and_update(), &question.accounts);
    let mut line = question.shape.line(&figures, &teller());
    send(writer, Reply::Line(line.clone())).await?;
    if !question.follow {
        return Ok(());
    }
    loop {
        tokio::select! {
            changed = board.changed() => if changed.is_err() { return Ok(()) },
            // The end, an error, or words where none are owed.
            _ = asker.read_u8() => return Ok(()),
        }
        sleep(SETTLE).await;
        let now = Figures::of(&board.borrow_and_update(), &question.accounts);
        if now == figures {
            continue;
        }
        figures = now;
        let fresh = question.shape.line(&figures, &teller());
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

fn teller() -> Teller {
    let at = Instant::now().into_std();
    Teller { at, wall: SystemTime::now(), zone: TimeZone::system(), pid: std::process::id() }
}

//! One run of a command: fed, listened to, and ended with all that it has started when its time is over.

use std::ffi::OsString;
use std::io;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::FusedFuture;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::call::Call;
use mailwatch_proto::model::sanitise;

/// What of its standard error is kept, in bytes, in lines, and of a line in characters. The rest is read away, so that
/// it is never blocked by its complaints.
const KEPT: usize = 8 * 1024;
const LINES: usize = 20;
const LINE: usize = 300;

/// What its standard error may lag behind its end: what it leaves running may hold the pipe for as long as it lives.
const LINGER: Duration = Duration::from_millis(500);

/// What is ours in the environment and no hook's: systemd's ways to speak for this program, and what this program says
/// to hooks, where it is itself run by one.
const OURS: [&str; 5] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"];
const PREFIX: &str = "MAILWATCH_";

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// A run.
    pub run: Duration,
    /// From SIGTERM to SIGKILL.
    pub term: Duration,
    /// A run, once the program ends; and from SIGTERM to SIGKILL then. Together they fit into the end's 2 seconds.
    pub stop: Duration,
    pub stop_term: Duration,
}

impl Limits {
    pub const USUAL: Self = Self {
        run: Duration::from_mins(1),
        term: Duration::from_secs(5),
        stop: Duration::from_millis(700),
        stop_term: Duration::from_millis(300),
    };
}

/// A run that is over.
#[derive(Debug)]
pub(super) struct Ran {
    pub ended: Ended,
    /// What it said on standard error, made harmless: the first lines.
    pub said: Vec<String>,
    /// Whether it said more.
    pub cut: bool,
}

#[derive(Debug)]
pub(super) enum Ended {
    /// It could not be run.
    NotStarted(NotStarted),
    /// By itself.
    Status(ExitStatus),
    /// Its time was over: this much.
    TimedOut(Duration),
    /// This program ends, and it would not have ended in time.
    Stopped,
}

/// Why a command could not be run.
#[derive(Debug)]
pub(super) enum NotStarted {
    Missing,
    Forbidden,
    TooLong,
    Other(io::Error),
}

impl NotStarted {
    fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Forbidden,
            io::ErrorKind::ArgumentListTooLong => Self::TooLong,
            _ => Self::Other(error),
        }
    }

    /// What is wrong, and what to do about it.
    pub fn sentence(&self, name: &str) -> String {
        match self {
            Self::Missing => format!("there is no program {name}: write its full path, or see what PATH holds here"),
            Self::Forbidden => format!("{name} may not be run: chmod +x, and check its owner"),
            Self::TooLong => format!("{name} cannot be run: its arguments and the environment are too long"),
            Self::Other(error) => format!("{name} could not be started: {error}"),
        }
    }
}

impl Ran {
    const fn not_started(why: NotStarted) -> Self {
        Self { ended: Ended::NotStarted(why), said: Vec::new(), cut: false }
    }

    /// The last that it said, for a sentence about it.
    pub fn complaint(&self) -> String {
        self.said.last().map_or_else(String::new, |line| format!(": {line}"))
    }
}

/// Runs it until it has ended, its time is over, or this program ends.
pub(super) async fn run(call: &Call, limits: Limits, stop: &CancellationToken) -> Ran {
    let child = match command(call).spawn() {
        Ok(child) => child,
        Err(error) => return Ran::not_started(NotStarted::of(error)),
    };
    let mut group = Group { child, ended: false };
    let (stdin, stderr) = (group.child.stdin.take(), group.child.stderr.take());
    let mut said = Vec::new();
    let ended = {
        let feeding = async {
            if let Some(mut stdin) = stdin {
                // Who does not read what he is told need not.
                let _ = stdin.write_all(call.input.as_bytes()).await;
            }
        };
        let mut talking = pin!(async { tokio::join!(feeding, listen(stderr, &mut said)) }.map(drop).fuse());
        let how = tokio::select! {
            biased;
            status = finish(&mut group.child, talking.as_mut()) => Some(status),
            () = sleep(limits.run) => None,
            () = stop.cancelled() => timeout(limits.stop, finish(&mut group.child, talking.as_mut())).await.ok(),
        };
        match how {
            Some(Ok(status)) => Ended::Status(status),
            Some(Err(error)) => Ended::NotStarted(NotStarted::Other(error)),
            None if stop.is_cancelled() => {
                group.end(limits.stop_term, talking).await;
                Ended::Stopped
            }
            None => {
                group.end(limits.term, talking).await;
                Ended::TimedOut(limits.run)
            }
        }
    };
    group.ended = true;
    let (said, cut) = lines(&said);
    Ran { ended, said, cut }
}

/// The user's environment and home, nothing of the terminal, and a group of its own, so that what it starts can be ended
/// with it and no key in the terminal reaches it.
fn command(call: &Call) -> Command {
    let mut command = Command::new(call.program());
    command.args(call.command.iter().skip(1));
    let foreign = |name: &OsString| name.to_str().is_some_and(|name| name.starts_with(PREFIX) || OURS.contains(&name));
    for (name, _) in std::env::vars_os().filter(|(name, _)| foreign(name)) {
        command.env_remove(name);
    }
    command.envs(call.variables.iter().map(|(name, value)| (name, value)));
    if let Some(home) = std::env::home_dir().filter(|home| home.is_dir()) {
        command.current_dir(home);
    }
    // Its output has no place: with `watch` our own is somebody's JSON.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// Waits for its end, and a moment longer for what it said last.
async fn finish(
    child: &mut Child,
    mut talking: std::pin::Pin<&mut impl FusedFuture<Output = ()>>,
) -> io::Result<ExitStatus> {
    tokio::select! {
        status = child.wait() => {
            if !talking.is_terminated() {
                let _ = timeout(LINGER, talking).await;
            }
            status
        }
        () = talking.as_mut(), if !talking.is_terminated() => child.wait().await,
    }
}

/// A command and all that it has started, in a group of its own. Killed with its value, unless it has ended.
struct Group {
    child: Child,
    ended: bool,
}

impl Group {
    /// Asks it to end, and ends what has not by then.
    async fn end(&mut self, within: Duration, talking: impl Future<Output = ()>) {
        let group = self.id();
        signal(group, Asked::Politely);
        #[cfg(not(unix))]
        let _ = self.child.start_kill();
        // What it has started is gone when nobody holds its standard error any more.
        let _ = timeout(within, async { tokio::join!(self.child.wait(), talking) }).await;
        signal(group, Asked::Finally);
        // What hangs in the kernel does not go; it is waited for by the runtime then.
        let _ = timeout(LINGER, self.child.wait()).await;
    }

    /// Its own id is the group's. There as long as nobody has waited for it, so that it is nobody else's.
    fn id(&self) -> Option<i32> {
        self.child.id().and_then(|id| i32::try_from(id).ok())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            signal(self.id(), Asked::Finally);
        }
    }
}

#[derive(Clone, Copy)]
enum Asked {
    Politely,
    Finally,
}

#[cfg(unix)]
fn signal(group: Option<i32>, asked: Asked) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let Some(group) = group.and_then(Pid::from_raw) else { return };
    let signals: &[Signal] = match asked {
        // What was stopped, for it wanted to read from the terminal, cannot end before it goes on.
        Asked::Politely => &[Signal::TERM, Signal::CONT],
        Asked::Finally => &[Signal::KILL],
    };
    for signal in signals {
        // Gone already: nothing to do.
        let _ = kill_process_group(group, *signal);
    }
}

#[cfg(not(unix))]
const fn signal(_: Option<i32>, _: Asked) {}

/// Keeps the beginning and reads the rest away.
async fn listen(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        let room = KEPT - into.len();
        into.extend_from_slice(&chunk[..count.min(room)]);
    }
}

/// The first lines, and whether there were more.
fn lines(said: &[u8]) -> (Vec<String>, bool) {
    let text = String::from_utf8_lossy(said);
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let kept = lines.by_ref().take(LINES).map(|line| sanitise(line, LINE)).collect();
    (kept, lines.next().is_some() || said.len() >= KEPT)
}

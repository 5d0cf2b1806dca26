//! Child processes: run without a shell and without the terminal, in a session of their own, with bounded output and
//! bounded time; or where a person answers them, in the terminal's foreground.
//!
//! Ends the whole group when a run is over its time, is dropped, or prints too much. Knows nothing of what the output
//! means.

#[cfg(unix)]
pub(crate) mod beside;
pub(crate) mod foreground;
#[cfg(windows)]
mod job;
#[cfg(unix)]
pub(crate) mod terminal;

use std::io;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::FusedFuture;
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// How long output may lag behind the command's end: a helper that it left running may hold the pipe for as long as it
/// lives.
const LINGER: Duration = Duration::from_millis(500);

/// Gives the child no console, least of all ours, on which a screen may be drawn.
#[cfg(windows)]
pub(crate) const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// How long a run may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimit {
    pub run: Duration,
    /// From SIGTERM to SIGKILL once that is over; where it is zero, SIGKILL comes at once, as it does on Windows.
    pub grace: Duration,
}

/// What a command reads, and how much of what it prints is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streams<'a> {
    /// Standard input; the command need not read it. `None` is `/dev/null`.
    pub input: Option<&'a [u8]>,
    /// Bytes of standard output that are captured; a command that prints more is killed. `None` is `/dev/null`.
    pub output: Option<usize>,
    /// Bytes of standard error that are kept: its beginning.
    pub errors: usize,
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    pub result: Result<ExitStatus, Failure>,
    /// Both are zeroed when dropped: either may hold a secret.
    pub output: Zeroizing<Vec<u8>>,
    pub errors: Zeroizing<Vec<u8>>,
}

impl Finished {
    /// Whether a person ended it with a key of the terminal: Ctrl-C, also where a shell passes that on, or Ctrl-Z.
    pub(crate) fn was_given_up(&self) -> bool {
        match &self.result {
            Ok(status) => by_interrupt(*status),
            Err(Failure::Stopped) => true,
            Err(Failure::NotStarted(_) | Failure::TimedOut | Failure::TooMuchOutput | Failure::Io(_)) => false,
        }
    }
}

#[cfg(unix)]
fn by_interrupt(status: ExitStatus) -> bool {
    let interrupt = Signal::INT.as_raw();
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(interrupt) || status.code() == Some(128 + interrupt)
}

#[cfg(not(unix))]
fn by_interrupt(status: ExitStatus) -> bool {
    /// `STATUS_CONTROL_C_EXIT`.
    const CONTROL_C: i32 = 0xC000_013A_u32.cast_signed();
    status.code() == Some(CONTROL_C)
}

/// Why a command did not end by itself.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The system did not start it.
    NotStarted(io::Error),
    /// It ran for longer than its time limit.
    TimedOut,
    /// The shutdown came, and the command did not end within the shutdown's limit; or the terminal's key stopped it.
    Stopped,
    /// It printed more than is captured.
    TooMuchOutput,
    /// Its output or its end could not be read.
    Io(io::Error),
}

/// Runs the command until it ends, its time is over, or `shutdown` fires, which allows it the time that stands there.
///
/// Sets the command's streams and session, and takes the terminal's name out of its environment; arguments, directory and
/// the rest of the environment are the caller's. Dropping the future kills the group.
pub(crate) async fn run(
    mut command: Command,
    streams: Streams<'_>,
    limit: TimeLimit,
    shutdown: Option<(&CancellationToken, TimeLimit)>,
) -> Finished {
    let piped = |wanted: bool| if wanted { Stdio::piped() } else { Stdio::null() };
    command.stdin(piped(streams.input.is_some())).stdout(piped(streams.output.is_some())).stderr(Stdio::piped());
    command.kill_on_drop(true);
    #[cfg(unix)]
    terminal::leave(&mut command);
    #[cfg(windows)]
    command.creation_flags(CREATE_NO_WINDOW);
    // The whole capacity at once: a buffer that grows leaves copies of a secret behind.
    let mut output = Zeroizing::new(Vec::with_capacity(streams.output.map_or(0, |most| most + 1)));
    let mut errors = Zeroizing::new(Vec::with_capacity(streams.errors));
    let result = match command.spawn() {
        Ok(child) => drive(Group::of(child), streams, limit, shutdown, (&mut output, &mut errors)).await,
        Err(error) => Err(Failure::NotStarted(error)),
    };
    Finished { result, output, errors }
}

async fn drive(
    mut group: Group,
    streams: Streams<'_>,
    limit: TimeLimit,
    shutdown: Option<(&CancellationToken, TimeLimit)>,
    (output, errors): (&mut Vec<u8>, &mut Vec<u8>),
) -> Result<ExitStatus, Failure> {
    let child = &mut group.child;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut talking = pin!(talk(streams, (stdin, stdout, stderr), (output, errors)).fuse());
    let ended = tokio::select! {
        biased;
        ended = finish(&mut group.child, talking.as_mut()) => Ok(ended),
        () = sleep(limit.run) => Err((Failure::TimedOut, limit.grace)),
        limit = shutting_down(shutdown) => {
            let ended = timeout(limit.run, finish(&mut group.child, talking.as_mut())).await;
            ended.map_err(|_| (Failure::Stopped, limit.grace))
        }
    };
    match ended {
        Ok(ended) => {
            group.ended = ended.is_ok();
            ended
        }
        Err((failure, grace)) => {
            group.end(grace, talking).await;
            Err(failure)
        }
    }
}

/// Waits for the shutdown, and gives the time that it allows; for ever where there is none.
async fn shutting_down(shutdown: Option<(&CancellationToken, TimeLimit)>) -> TimeLimit {
    match shutdown {
        Some((stop, limit)) => {
            stop.cancelled().await;
            limit
        }
        None => std::future::pending().await,
    }
}

/// Writes the input and reads both outputs, until all are done or there is too much output.
async fn talk(
    streams: Streams<'_>,
    (stdin, stdout, stderr): (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>),
    (output, errors): (&mut Vec<u8>, &mut Vec<u8>),
) -> Result<(), Failure> {
    let feeding = async {
        if let (Some(mut stdin), Some(input)) = (stdin, streams.input) {
            // A command need not read its input.
            let _ = stdin.write_all(input).await;
        }
        Ok(())
    };
    let complaining = async {
        keep_beginning(stderr, streams.errors, errors).await;
        Ok(())
    };
    tokio::try_join!(feeding, capture(stdout, streams.output.unwrap_or(0), output), complaining).map(drop)
}

/// Waits for the command's end, and a moment longer for the last of its output.
async fn finish(
    child: &mut Child,
    mut talking: std::pin::Pin<&mut impl FusedFuture<Output = Result<(), Failure>>>,
) -> Result<ExitStatus, Failure> {
    tokio::select! {
        // Output first: too much of it is noticed although the command has ended as well.
        biased;
        talked = talking.as_mut(), if !talking.is_terminated() => {
            talked?;
            child.wait().await.map_err(Failure::Io)
        }
        status = child.wait() => {
            let status = status.map_err(Failure::Io)?;
            if !talking.is_terminated()
                && let Ok(talked) = timeout(LINGER, talking).await
            {
                talked?;
            }
            Ok(status)
        }
    }
}

/// Reads all output; fails where it is more than `most` bytes.
async fn capture(from: Option<impl AsyncRead + Unpin>, most: usize, into: &mut Vec<u8>) -> Result<(), Failure> {
    let Some(mut from) = from else { return Ok(()) };
    while from.read_buf(into).await.map_err(Failure::Io)? > 0 {
        if into.len() > most {
            return Err(Failure::TooMuchOutput);
        }
    }
    Ok(())
}

/// Keeps the first `most` bytes and discards the rest.
async fn keep_beginning(from: Option<impl AsyncRead + Unpin>, most: usize, into: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut chunk = Zeroizing::new([0; 4096]);
    while let Ok(count @ 1..) = from.read(&mut chunk[..]).await {
        let room = most - into.len();
        into.extend_from_slice(&chunk[..count.min(room)]);
    }
}

/// A command and everything that it has started, in a process group of its own; on Windows in a job. Killed when dropped,
/// unless it ended.
struct Group {
    child: Child,
    ended: bool,
    /// None where the system refuses: the child alone is killed then.
    #[cfg(windows)]
    job: Option<job::Job>,
}

impl Group {
    /// Of a child that was started just now.
    fn of(child: Child) -> Self {
        #[cfg(windows)]
        let job = job::Job::of(&child).inspect_err(|error| tracing::debug!(%error, "a command has no job")).ok();
        Self {
            child,
            ended: false,
            #[cfg(windows)]
            job,
        }
    }

    /// Asks the group to end, waits for as long as `grace`, and kills what is left.
    async fn end(&mut self, grace: Duration, talking: impl Future) {
        let group = self.id();
        if !grace.is_zero() {
            // SIGCONT besides: a process that was stopped, for it read from the terminal, must run on to end.
            #[cfg(unix)]
            signal(group, &[Signal::TERM, Signal::CONT]);
            #[cfg(not(unix))]
            self.kill(group);
            // Everything that the command started is gone when nothing holds its pipes any more.
            let _ = timeout(grace, async { tokio::join!(self.child.wait(), talking) }).await;
        }
        self.kill(group);
        // A process that hangs in the kernel does not go; the runtime waits for it then.
        let _ = timeout(LINGER, self.child.wait()).await;
    }

    #[cfg_attr(unix, expect(clippy::unused_self, reason = "elsewhere the command is killed by its handle"))]
    fn kill(&mut self, group: Option<i32>) {
        #[cfg(unix)]
        signal(group, &[Signal::KILL]);
        #[cfg(windows)]
        if let Some(job) = &self.job {
            job.end();
        }
        #[cfg(not(unix))]
        {
            let _ = (group, self.child.start_kill());
        }
    }

    /// The group's id, which is the command's own. Known until the command has been waited for, so that it never names
    /// another process.
    fn id(&self) -> Option<i32> {
        self.child.id().and_then(|id| i32::try_from(id).ok())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            self.kill(self.id());
        }
    }
}

#[cfg(unix)]
fn signal(group: Option<i32>, signals: &[Signal]) {
    let Some(group) = group.and_then(Pid::from_raw) else { return };
    for signal in signals {
        // An error means that the group is gone already.
        let _ = kill_process_group(group, *signal);
    }
}

#[cfg(all(test, unix))]
mod tests;

//! `status`: what the running engine sees, in a line. Needs no configuration; a client like any other front end.

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant, SystemTime};

use jiff::tz::TimeZone;
use mailwatch_engine::link::protocol::Attach;
use mailwatch_engine::link::socket::{Attached, attach, attach_next};
use mailwatch_engine::status::{Figures, Moment, Question, Shape};
use mailwatch_proto::model::{Board, LINE_LIMIT, sanitise};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::cli::{Global, Status};
use crate::headless::Signal;
use crate::output::{Exit, Output};
use crate::process::enter::{gone, hello};
use crate::process::signals::signals;

/// Changes within this time count as one: a mail's EXISTS, its headers and its DONE.
const SETTLE: Duration = Duration::from_millis(200);

/// What the running engine sees, on standard output.
///
/// # Errors
/// Where the output cannot be written.
pub(super) async fn run(command: &Status, global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let (_, signals) = signals()?;
    let left = async {
        tokio::select! {
            () = stopped(signals) => {}
            () = unread() => {}
        }
    };
    status(command, global, &mut tokio::io::stdout(), left, output).await
}

/// The question that the options ask.
fn question(status: &Status, global: &Global) -> Question {
    let shape = match (status.json, status.waybar, status.format.clone()) {
        (true, _, _) => Shape::Json,
        (false, true, format) => Shape::Waybar(format),
        (false, false, Some(format)) => Shape::Format(format),
        (false, false, None) => Shape::Text,
    };
    Question { shape, escape: status.escape, accounts: global.accounts.clone(), follow: status.follow }
}

/// Asks the engine that runs on this state directory. `left` completes when the answer is no longer wanted.
///
/// # Errors
/// Where the output cannot be written.
async fn status(
    command: &Status,
    global: &Global,
    out: &mut (impl AsyncWrite + Unpin),
    left: impl Future<Output = ()>,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let state = match global.state_path() {
        Ok(state) => state,
        Err(error) => return output.error(Exit::Bad, error),
    };
    let question = question(command, global);
    // Leaving --follow is success; a single question without an answer is not.
    let unanswered = if question.follow { Exit::Done } else { Exit::Failed };
    let (hello, wants) = (hello("status", None), Attach::default());
    let mut left = pin!(left);
    let attached = tokio::select! {
        biased;
        () = &mut left => return Ok(unanswered),
        attached = attach::<()>(&state, &hello, &wants, || ()) => attached,
    };
    let attached = match attached {
        Ok(attached) => attached,
        Err(error) => return output.error(Exit::Failed, error),
    };
    if let Some(unknown) = unknown(&question.accounts, &attached.front_end.board.borrow()) {
        return output.error(Exit::Failed, unknown);
    }
    let mut lines = Lines::new(&question, attached);
    loop {
        let line = tokio::select! {
            biased;
            () = &mut left => return Ok(unanswered),
            line = lines.next() => line,
        };
        let ended = line.is_none();
        tokio::select! {
            biased;
            // Otherwise a bar would show the last line for ever.
            written = put(out, line.unwrap_or_else(|| question.shape.off())) => written?,
            // A stalled reader must not delay the end.
            () = &mut left => return Ok(unanswered),
        }
        if !ended && !question.follow {
            return Ok(Exit::Done);
        }
        if !ended {
            continue;
        }
        let gone = gone(lines.attached.front_end.ending());
        if !question.follow {
            return output.error(Exit::Failed, gone);
        }
        writeln!(output.err, "{gone}; waiting for the next engine")?;
        let next = tokio::select! {
            biased;
            () = &mut left => return Ok(unanswered),
            next = attach_next::<()>(&state, &hello, &wants, || ()) => next,
        };
        match next {
            Ok(next) => lines = Lines::new(&question, next),
            Err(error) => return output.error(Exit::Failed, error),
        }
    }
}

/// What is wrong with the accounts that were asked for.
fn unknown(accounts: &[String], board: &Board) -> Option<String> {
    let known: BTreeSet<&str> = board.watches.keys().map(|id| &*id.account).collect();
    let name = accounts.iter().find(|name| !known.contains(name.as_str()))?;
    let known = known.into_iter().collect::<Vec<_>>().join(", ");
    Some(sanitise(&format!("no account {name} is being watched; there are: {known}"), LINE_LIMIT))
}

/// The lines that a question wants: one at once, and another at each change that shows in it.
struct Lines<'a> {
    question: &'a Question,
    /// Held, for the board ends with it.
    attached: Attached<()>,
    board: watch::Receiver<Board>,
    pid: u32,
    figures: Option<Figures>,
    line: String,
}

impl<'a> Lines<'a> {
    fn new(question: &'a Question, attached: Attached<()>) -> Self {
        let (board, pid) = (attached.front_end.board.clone(), attached.engine.pid);
        Self { question, attached, board, pid, figures: None, line: String::new() }
    }

    /// The next line; `None` once the engine has ended. Cancel-safe.
    async fn next(&mut self) -> Option<String> {
        loop {
            if self.figures.is_some() {
                self.board.changed().await.ok()?;
                sleep(SETTLE).await;
            }
            let figures = Figures::of(&self.board.borrow_and_update(), &self.question.accounts);
            if self.figures.as_ref() == Some(&figures) {
                continue;
            }
            let moment =
                Moment { at: Instant::now(), wall: SystemTime::now(), zone: TimeZone::system(), pid: self.pid };
            let line = self.question.line(&figures, &moment);
            self.figures = Some(figures);
            if line != self.line {
                self.line.clone_from(&line);
                return Some(line);
            }
        }
    }
}

/// Writes the whole line at once.
async fn put(out: &mut (impl AsyncWrite + Unpin), mut line: String) -> io::Result<()> {
    line.push('\n');
    out.write_all(line.as_bytes()).await?;
    out.flush().await
}

async fn stopped(mut signals: mpsc::Receiver<Signal>) {
    while let Some(signal) = signals.recv().await {
        match signal {
            // Its terminal is gone.
            Signal::Stop | Signal::Reload => return,
            Signal::CheckMail | Signal::Restart => {}
        }
    }
    std::future::pending::<()>().await;
}

/// Completes when the reader of standard output is gone, such as a killed status bar. The next write would notice too, but
/// may be hours away.
#[cfg(unix)]
async fn unread() {
    let Some(out) = output_pipe() else { return std::future::pending().await };
    // Never ready otherwise: nothing is asked of it but its end.
    if out.ready(tokio::io::Interest::ERROR).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Standard output, to be looked at alone: it stays as blocking as it is. A file has no reader, and cannot be looked at.
#[cfg(unix)]
fn output_pipe() -> Option<tokio::net::unix::pipe::Sender> {
    use std::os::fd::AsFd;
    let out = io::stdout().as_fd().try_clone_to_owned().ok()?;
    tokio::net::unix::pipe::Sender::from_file_unchecked(out.into()).ok()
}

/// Unknown on this system: the next write notices.
#[cfg(not(unix))]
async fn unread() {
    std::future::pending::<()>().await;
}

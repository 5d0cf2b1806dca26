//! `status`: what the running program sees, in a line. Needs no configuration and no engine.

use std::future::Future;
use std::io;
use std::pin::pin;

use mailwatch_engine::status::{Question, Shape, ask};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::cli::{Global, Status};
use crate::headless::Signal;
use crate::output::{Exit, Output};
use crate::process::signals::signals;

/// What the running program sees, on standard output.
///
/// # Errors
/// Where the output cannot be written.
pub(super) async fn run(command: &Status, global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    let signals = signals()?;
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

/// Asks the program that runs on this state directory. `left` completes when the answer is no longer wanted.
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
    let mut left = pin!(left);
    let asked = tokio::select! {
        biased;
        () = &mut left => return Ok(unanswered),
        asked = ask(&state, &question) => asked,
    };
    let mut answers = match asked {
        Ok(answers) => answers,
        Err(error) => return output.error(Exit::Failed, error),
    };
    loop {
        let answer = tokio::select! {
            biased;
            () = &mut left => return Ok(unanswered),
            answer = answers.next() => answer,
        };
        let line = match answer {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => return output.error(Exit::Failed, error),
        };
        tokio::select! {
            biased;
            written = put(out, line) => written?,
            // A stalled reader must not delay the end.
            () = &mut left => return Ok(unanswered),
        }
        if !question.follow {
            return Ok(Exit::Done);
        }
    }
    // Otherwise a bar would show the last line for ever.
    tokio::select! {
        biased;
        written = put(out, question.shape.off()) => written?,
        () = &mut left => return Ok(unanswered),
    }
    output.error(Exit::Failed, "mailwatch-tui has ended")
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
            Signal::CheckMail => {}
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

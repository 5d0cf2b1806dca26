//! The front end without a screen: events as text or JSON lines on any output.
//!
//! Each line is flushed before its mail is confirmed as told. A reader that stalls delays this front end alone:
//! events then wait in the link, and what finds no room there is counted as lost by it.

#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::io;
use std::pin::pin;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

pub use self::text::text_line;
pub use mailwatch_engine::json::json_line;
use mailwatch_engine::link::{FrontEnd, event_capacity};
use mailwatch_proto::model::{Board, Command, ConnId, Event, EventKind, MailKey, News, Phase, WatchId};

/// Between a watch's `failed` on the board and the event that explains it, told by the same task a moment later.
const EXPLANATION: Duration = Duration::from_millis(200);

/// A line that the reader has not taken by then is given up on the way out: the whole end has 2 seconds.
const LAST_LINE: Duration = Duration::from_millis(500);

/// How events are written.
#[derive(Clone, Debug)]
pub enum Format {
    /// Readable lines.
    Text {
        /// The zone of their times.
        zone: TimeZone,
        /// Every event, and not news alone.
        all: bool,
    },
    /// A JSON object a line.
    Json,
}

/// Where lines go, and what has been told there.
struct Writer<'a, W> {
    out: &'a mut W,
    format: &'a Format,
    /// The connection that each watch was last told to idle or poll on.
    fit: BTreeMap<WatchId, ConnId>,
    /// What each watch's last fault said.
    faults: BTreeMap<WatchId, String>,
}

impl<W> Writer<'_, W> {
    fn line(&mut self, event: &Event) -> Option<String> {
        match self.format {
            Format::Text { zone, all } => (*all || self.is_news(event)).then(|| text_line(event, zone)).flatten(),
            Format::Json => json_line(event),
        }
    }

    fn is_news(&mut self, event: &Event) -> bool {
        if let (EventKind::Fault { message, .. }, Some(watch)) = (&event.kind, &event.watch) {
            self.faults.insert(watch.clone(), message.clone());
        }
        if let (EventKind::Verdict { text, .. }, Some(watch)) = (&event.kind, &event.watch)
            && self.faults.get(watch) == Some(text)
        {
            // The fault just before it has said it.
            return false;
        }
        match (event.kind.news(), &event.watch, event.conn) {
            (News::No, _, _) => false,
            (News::OncePerConnection, Some(watch), Some(conn)) => self.fit.insert(watch.clone(), conn) != Some(conn),
            (News::OncePerConnection | News::Yes, _, _) => true,
        }
    }
}

/// What the program is told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, SIGTERM: end.
    Stop,
    /// SIGUSR1: end every IDLE now.
    CheckMail,
    /// SIGHUP: read the configuration again.
    Reload,
}

/// Why [`run`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was told to stop.
    Stopped,
    /// It was told to read the configuration again: for the caller to do, and to run once more.
    Reload,
    /// Nobody reads the output any more.
    PipeClosed,
    /// Every watch needs the user.
    AllFailed,
    /// The engine has ended and everything it said is written.
    Ended,
}

/// What a line's way out was interrupted by.
enum Written {
    Whole,
    Leave(Outcome),
}

/// Writes every event until told to stop, the reader goes, the engine ends, or every watch has failed.
///
/// Borrows its ends, so that a caller can stop the engine and run it again for what the engine said on its way out.
/// `signals` may be closed: then nothing but the engine ends it.
///
/// # Errors
/// Where the output fails for another reason than a reader who left.
pub async fn run(
    front_end: &mut FrontEnd,
    out: &mut (impl AsyncWrite + Unpin),
    format: &Format,
    signals: &mut mpsc::Receiver<Signal>,
) -> io::Result<Outcome> {
    let mut writer = Writer { out, format, fit: BTreeMap::new(), faults: BTreeMap::new() };
    match tell(front_end, &mut writer, signals).await {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::PipeClosed),
        result => result,
    }
}

async fn tell(
    front_end: &mut FrontEnd,
    writer: &mut Writer<'_, impl AsyncWrite + Unpin>,
    signals: &mut mpsc::Receiver<Signal>,
) -> io::Result<Outcome> {
    let mut board = front_end.board.clone();
    board.mark_changed();
    let mut board_ended = false;
    loop {
        let event = tokio::select! {
            Some(signal) = signals.recv() => match leave(front_end, signal) {
                Some(outcome) => return drain(front_end, writer).await.map(|()| outcome),
                None => continue,
            },
            event = front_end.event() => event,
            changed = board.changed(), if !board_ended => {
                board_ended = changed.is_err();
                if all_failed(&board.borrow_and_update(), front_end) {
                    return farewell(front_end, writer).await;
                }
                continue;
            }
        };
        let Some(event) = event else {
            let failed = all_failed(&front_end.board.borrow(), front_end);
            return Ok(if failed { Outcome::AllFailed } else { Outcome::Ended });
        };
        if let Written::Leave(outcome) = write(front_end, writer, &event, signals).await? {
            return Ok(outcome);
        }
    }
}

/// What a signal asks for; nothing where it is done already.
fn leave(front_end: &FrontEnd, signal: Signal) -> Option<Outcome> {
    match signal {
        Signal::Stop => Some(Outcome::Stopped),
        Signal::Reload => Some(Outcome::Reload),
        Signal::CheckMail => {
            // A watch with a full queue of commands has a DONE among them.
            // Who cannot take it is busy with as many already.
            let _ = front_end.commander().send_all(Command::Done);
            None
        }
    }
}

/// Writes one event, and listens to signals while a reader lets it wait.
async fn write(
    front_end: &FrontEnd,
    writer: &mut Writer<'_, impl AsyncWrite + Unpin>,
    event: &Event,
    signals: &mut mpsc::Receiver<Signal>,
) -> io::Result<Written> {
    let mut writing = pin!(put(front_end, writer, event));
    loop {
        let signal = tokio::select! {
            biased;
            result = &mut writing => return result.map(|()| Written::Whole),
            Some(signal) = signals.recv() => signal,
        };
        if let Some(outcome) = leave(front_end, signal) {
            // Half a line would be worse than a short wait; a reader who never takes it must not hold the end up.
            return match timeout(LAST_LINE, writing).await {
                Ok(result) => result.map(|()| Written::Leave(outcome)),
                Err(_) => Ok(Written::Leave(outcome)),
            };
        }
    }
}

/// Writes and flushes the event's line, and only then confirms its mail.
async fn put(front_end: &FrontEnd, writer: &mut Writer<'_, impl AsyncWrite + Unpin>, event: &Event) -> io::Result<()> {
    // What has no line is no mail: that is always news.
    let Some(mut line) = writer.line(event) else { return Ok(()) };
    line.push('\n');
    writer.out.write_all(line.as_bytes()).await?;
    writer.out.flush().await?;
    if let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch) {
        front_end.confirm(MailKey { watch: watch.clone(), uidvalidity: mail.uidvalidity, uid: mail.uid });
    }
    Ok(())
}

/// Writes what is there already: no more than fits the link, and no longer than one line may take.
async fn drain(front_end: &mut FrontEnd, writer: &mut Writer<'_, impl AsyncWrite + Unpin>) -> io::Result<()> {
    let end = Instant::now() + LAST_LINE;
    for _ in 0..event_capacity(front_end.commander().watches().len()) {
        let Some(event) = front_end.try_event() else { break };
        match timeout_at(end, put(front_end, writer, &event)).await {
            Ok(result) => result?,
            Err(_) => break,
        }
    }
    Ok(())
}

/// Writes what explains the failures: what is there, and what comes right after.
async fn farewell(front_end: &mut FrontEnd, writer: &mut Writer<'_, impl AsyncWrite + Unpin>) -> io::Result<Outcome> {
    let end = Instant::now() + EXPLANATION;
    while let Ok(Some(event)) = timeout_at(end, front_end.event()).await {
        if let Ok(result) = timeout_at(end + LAST_LINE, put(front_end, writer, &event)).await {
            result?;
        }
    }
    Ok(Outcome::AllFailed)
}

/// Whether every watch there is stands at `failed`. A watch that has not shown itself yet may still succeed.
fn all_failed(board: &Board, front_end: &FrontEnd) -> bool {
    let watches = front_end.commander().watches();
    !watches.is_empty()
        && watches.iter().all(|id| board.watches.get(id).is_some_and(|snapshot| snapshot.phase == Phase::Failed))
}

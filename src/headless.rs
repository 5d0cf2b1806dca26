//! The front end without a screen: events as text or JSON lines on any output.
//!
//! Writes what waits in one go, flushes it, and only then confirms its mails. A stalled reader delays this front end alone:
//! events then wait in the link, which counts those it has no room for as lost.

mod printed;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::io;
use std::pin::pin;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};

pub use self::printed::Printed;
pub use self::text::text_line;
pub use mailwatch_engine::json::json_line;
use mailwatch_engine::link::{FrontEnd, event_capacity};
use mailwatch_proto::model::{Command, ConnId, Event, EventKind, MailKey, News, WatchId};

/// On the way out, a line that the reader has not taken by then is dropped: the whole end has 2 seconds.
const LAST_LINE: Duration = Duration::from_millis(500);

/// What is written in one go, in bytes: an empty pipe takes it whole, so that a mail whose line was read is seldom told again.
const BATCH: usize = 16 * 1024;

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

/// The output, and what has been written to it.
struct Writer<'a, W> {
    out: &'a mut W,
    format: &'a Format,
    /// The mails that were printed before another engine tells them again.
    printed: &'a mut Printed,
    /// The connection on which each watch last reported that it idles or polls.
    fit: BTreeMap<WatchId, ConnId>,
    /// Each watch's last fault.
    faults: BTreeMap<WatchId, String>,
}

/// Lines that are written in one go, and the mails that they tell.
#[derive(Default)]
struct Batch {
    lines: String,
    mails: Vec<MailKey>,
}

impl<W> Writer<'_, W> {
    /// The lines of `event` and of what waits behind it, up to [`BATCH`].
    fn batch(&mut self, event: &Event, front_end: &mut FrontEnd) -> Batch {
        let mut batch = Batch::default();
        self.add(event, &mut batch);
        while batch.lines.len() < BATCH
            && let Some(event) = front_end.try_event()
        {
            self.add(&event, &mut batch);
        }
        batch
    }

    fn add(&mut self, event: &Event, batch: &mut Batch) {
        if let Some(line) = self.line(event) {
            batch.lines.push_str(&line);
            batch.lines.push('\n');
        }
        // A mail has a line, unless it was printed before or is not for this reader: then it counts as told.
        if let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch) {
            batch.mails.push(mail.key(watch));
        }
    }

    fn line(&mut self, event: &Event) -> Option<String> {
        if !self.printed.is_new(event) {
            return None;
        }
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
            // The fault before it said the same.
            return false;
        }
        match (event.kind.news(), &event.watch, event.conn) {
            (News::No, _, _) => false,
            (News::OncePerConnection, Some(watch), Some(conn)) => self.fit.insert(watch.clone(), conn) != Some(conn),
            (News::OncePerConnection | News::Yes, _, _) => true,
        }
    }
}

/// A signal to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, SIGTERM: end.
    Stop,
    /// SIGUSR1: end every IDLE now.
    CheckMail,
    /// SIGHUP: read the configuration again.
    Reload,
    /// `ctl restart`: start the program anew.
    Restart,
}

/// Why [`run`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A signal asked for it.
    Stopped,
    /// A signal asked to read the configuration again: the caller does that and runs this once more.
    Reload,
    /// Somebody asked to start the program anew.
    Restart,
    /// The reader is gone.
    PipeClosed,
    /// The engine has ended and everything it said is written.
    Ended,
}

/// Whether a line was written, or a signal came first.
enum Written {
    Whole,
    Interrupted(Outcome),
}

/// Writes every event until a signal, the reader's or the engine's end. A watch that fails is tried again, and no reason to
/// end.
///
/// Borrows its arguments, so that a caller can stop the engine and call this again for its last events. With `signals` closed
/// only the engine ends it.
///
/// # Errors
/// If the output fails for another reason than a closed pipe.
pub async fn run(
    front_end: &mut FrontEnd,
    (out, format, printed): (&mut (impl AsyncWrite + Unpin), &Format, &mut Printed),
    signals: &mut mpsc::Receiver<Signal>,
) -> io::Result<Outcome> {
    let mut writer = Writer { out, format, printed, fit: BTreeMap::new(), faults: BTreeMap::new() };
    match write_events(front_end, &mut writer, signals).await {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::PipeClosed),
        result => result,
    }
}

/// The same once the reader is gone, for as long as `others` are attached: nothing is written, and no mail confirmed.
pub async fn run_unread(
    front_end: &mut FrontEnd,
    signals: &mut mpsc::Receiver<Signal>,
    others: &mut watch::Receiver<usize>,
) -> Outcome {
    loop {
        tokio::select! {
            biased;
            Some(signal) = signals.recv() => if let Some(outcome) = on_signal(front_end, signal) {
                return outcome;
            },
            // It fails once the engine has ended.
            _ = others.wait_for(|others| *others == 0) => return Outcome::PipeClosed,
            event = front_end.event() => if event.is_none() {
                return Outcome::Ended;
            },
        }
    }
}

async fn write_events(
    front_end: &mut FrontEnd,
    writer: &mut Writer<'_, impl AsyncWrite + Unpin>,
    signals: &mut mpsc::Receiver<Signal>,
) -> io::Result<Outcome> {
    loop {
        let event = tokio::select! {
            Some(signal) = signals.recv() => match on_signal(front_end, signal) {
                Some(outcome) => return drain(front_end, writer).await.map(|()| outcome),
                None => continue,
            },
            event = front_end.event() => event,
        };
        let Some(event) = event else { return Ok(Outcome::Ended) };
        let batch = writer.batch(&event, front_end);
        if let Written::Interrupted(outcome) = write(front_end, writer, batch, signals).await? {
            return Ok(outcome);
        }
    }
}

/// Acts on a signal; an outcome if it ends the run.
fn on_signal(front_end: &FrontEnd, signal: Signal) -> Option<Outcome> {
    match signal {
        Signal::Stop => Some(Outcome::Stopped),
        Signal::Reload => Some(Outcome::Reload),
        Signal::Restart => Some(Outcome::Restart),
        Signal::CheckMail => {
            // A watch whose queue is full has a DONE in it already.
            let _ = front_end.commander().send_all(Command::Done);
            None
        }
    }
}

/// Writes some lines; listens to signals while the reader stalls.
async fn write(
    front_end: &FrontEnd,
    writer: &mut Writer<'_, impl AsyncWrite + Unpin>,
    batch: Batch,
    signals: &mut mpsc::Receiver<Signal>,
) -> io::Result<Written> {
    let mut writing = pin!(put(front_end, writer, batch));
    loop {
        let signal = tokio::select! {
            biased;
            result = &mut writing => return result.map(|()| Written::Whole),
            Some(signal) = signals.recv() => signal,
        };
        if let Some(outcome) = on_signal(front_end, signal) {
            // A short wait is better than half a line; a stalled reader must not delay the end.
            return match timeout(LAST_LINE, writing).await {
                Ok(result) => result.map(|()| Written::Interrupted(outcome)),
                Err(_) => Ok(Written::Interrupted(outcome)),
            };
        }
    }
}

/// Writes and flushes lines, and only then confirms their mails.
async fn put(
    front_end: &FrontEnd,
    writer: &mut Writer<'_, impl AsyncWrite + Unpin>,
    Batch { lines, mails }: Batch,
) -> io::Result<()> {
    if !lines.is_empty() {
        writer.out.write_all(lines.as_bytes()).await?;
        writer.out.flush().await?;
    }
    for mail in mails {
        writer.printed.has(&mail);
        front_end.confirm(mail);
    }
    Ok(())
}

/// Writes the events that wait in the link, within the time of a last line.
async fn drain(front_end: &mut FrontEnd, writer: &mut Writer<'_, impl AsyncWrite + Unpin>) -> io::Result<()> {
    let end = Instant::now() + LAST_LINE;
    for _ in 0..event_capacity(front_end.commander().watches().len()) {
        let Some(event) = front_end.try_event() else { break };
        let batch = writer.batch(&event, front_end);
        match timeout_at(end, put(front_end, writer, batch)).await {
            Ok(result) => result?,
            Err(_) => break,
        }
    }
    Ok(())
}

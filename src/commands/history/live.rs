//! `history … --live`: what is kept, and then what comes, from one engine to the next. Its socket tells when something has
//! happened; the rows are the file's, so that none is missed between two engines.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, SystemTime};

use mailwatch_engine::history::Archive;
use mailwatch_engine::link::protocol::Attach;
use mailwatch_engine::link::socket::{attach, attach_next};
use mailwatch_engine::report::{self, Kind, Row};
use mailwatch_engine::requests::Selection;
use mailwatch_proto::model::EventKind;
use tokio::time::{Instant, sleep_until};

use super::Viewer;
use crate::cli::{Global, Look};
use crate::output::{Exit, Output};
use crate::process::enter::{gone, hello};
use crate::process::stop_signals::StopSignals;

/// Between two looks into the file after something has happened.
const LOOK: Duration = Duration::from_millis(500);

/// The engine writes what is routine in batches, this late at most.
const WRITTEN: Duration = Duration::from_secs(8);

/// How far back a row may stand that is new: an answer that was late stands at its DONE.
const LATE: Duration = Duration::from_hours(1);

/// Rows that the columns' widths go by.
const ALIKE: usize = 200;

/// Prints until a signal comes. Once the engine has ended it waits for the next.
///
/// # Errors
/// Where the output cannot be written.
pub async fn live(
    (kind, look): (Kind, &Look),
    global: &Global,
    viewer: &Viewer,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let mut stop_signals = StopSignals::listen();
    let state = match global.state_path() {
        Ok(state) => state,
        Err(error) => return output.error(Exit::Bad, error),
    };
    let accounts = global.accounts.iter().map(|name| name.as_str().into()).collect();
    let wants = Attach { events: true, accounts, ..Attach::default() };
    // Before the file is read: what happens meanwhile is in neither otherwise.
    let hello = hello("history", None);
    let mut attached = match attach::<()>(&state, &hello, &wants, || ()).await {
        Ok(attached) => attached,
        Err(error) => return output.error(Exit::Failed, error),
    };
    let selection = Selection { accounts: &global.accounts, watch: look.watch.as_deref() };
    match Archive::open(&state).and_then(|archive| archive.watches()).map(|watches| selection.unknown(&watches)) {
        Ok(None) => {}
        Ok(Some(unknown)) => return output.error(Exit::Bad, unknown),
        Err(error) => return output.error(Exit::Failed, error),
    }
    let mut printed = Printed { kind, look, viewer, last: BTreeSet::new(), rows: Vec::new(), begun: false };
    let mut since = viewer.now.checked_sub(look.since).unwrap_or(SystemTime::UNIX_EPOCH);
    // When the file is looked at next, where something has happened, and until when again.
    let mut until = Instant::now() + WRITTEN;
    let mut due = Some(Instant::now());
    loop {
        let ended = tokio::select! {
            biased;
            () = stop_signals.received() => return Ok(Exit::Done),
            () = sleep_until(due.unwrap_or(until)), if due.is_some() => {
                let now = Instant::now();
                // Once more after the last moment: then what happened is written.
                due = (now < until).then(|| until.min(now + LOOK));
                false
            }
            event = attached.front_end.event() => match event {
                None => true,
                Some(event) if concerns(kind, &event.kind) => {
                    until = Instant::now() + WRITTEN;
                    let soon = Instant::now() + LOOK;
                    due = Some(due.map_or(soon, |due| due.min(soon)));
                    continue;
                }
                Some(_) => continue,
            },
        };
        let now = SystemTime::now();
        // An archive is the file of one moment.
        match Archive::open(&state).and_then(|archive| report::rows(&archive, kind, since)) {
            Ok(rows) => printed.print(rows.into_iter().filter(|row| selection.includes(row.key())), output)?,
            Err(error) => return output.error(Exit::Failed, error),
        }
        since = since.max(now.checked_sub(LATE).unwrap_or(since));
        if ended {
            writeln!(output.err, "{}; waiting for the next engine", gone(attached.front_end.ending()))?;
            attached = tokio::select! {
                biased;
                () = stop_signals.received() => return Ok(Exit::Done),
                next = attach_next::<()>(&state, &hello, &wants, || ()) => match next {
                    Ok(next) => next,
                    Err(error) => return output.error(Exit::Failed, error),
                },
            };
            // What was written since the last look, and what it does first.
            until = Instant::now() + WRITTEN;
            due = Some(Instant::now());
        }
    }
}

/// Whether a row of this kind may follow from it.
const fn concerns(kind: Kind, event: &EventKind) -> bool {
    match kind {
        Kind::Stalls => matches!(event, EventKind::Stalled { .. } | EventKind::Lost { .. }),
        Kind::Receipts => {
            matches!(event, EventKind::DoneAnswered { .. } | EventKind::Stalled { .. } | EventKind::Lost { .. })
        }
        Kind::Blind => {
            matches!(event, EventKind::Phase { .. } | EventKind::Replaced { .. } | EventKind::Lost { .. })
        }
        Kind::Pushes | Kind::Mails => matches!(event, EventKind::NewMail(_) | EventKind::Lost { .. }),
    }
}

/// What was printed.
struct Printed<'a> {
    kind: Kind,
    look: &'a Look,
    viewer: &'a Viewer,
    /// The rows of the last look, as JSON. The next look begins there or later.
    last: BTreeSet<String>,
    /// The last rows that were printed.
    rows: Vec<Row>,
    begun: bool,
}

impl Printed<'_> {
    /// Prints those that are new.
    fn print(&mut self, rows: impl Iterator<Item = Row>, output: &mut Output<'_>) -> io::Result<()> {
        let kind = self.kind;
        let before = std::mem::take(&mut self.last);
        let mut is_new = |row: &Row| {
            let json = report::json(kind, std::slice::from_ref(row));
            let is_new = !before.contains(&json);
            self.last.insert(json) && is_new
        };
        let new: Vec<Row> = rows.filter(|row| is_new(row)).collect();
        let begins = !std::mem::replace(&mut self.begun, true);
        if self.look.json {
            write!(output.out, "{}", report::json(kind, &new))?;
        } else if self.look.csv {
            let text = report::csv(kind, &new);
            // The head once.
            let rest = text.split_once("\r\n").map_or("", |(_, rest)| rest);
            write!(output.out, "{}", if begins { &text } else { rest })?;
        } else {
            let (count, had) = (new.len(), !self.rows.is_empty());
            self.rows.extend(new);
            let table = report::table(kind, &self.rows, &self.viewer.zone).render(self.viewer.columns);
            let lines: Vec<&str> = table.lines().collect();
            // The head with the first rows.
            let first = lines.len().saturating_sub(if had { count } else { count + 1 });
            for line in lines.iter().skip(if count == 0 { lines.len() } else { first }) {
                writeln!(output.out, "{line}")?;
            }
            let spare = self.rows.len().saturating_sub(ALIKE);
            self.rows.drain(..spare);
        }
        output.out.flush()
    }
}

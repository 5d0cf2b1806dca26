//! The last DONEs as a table. Columns without room are left out; the outcome stays. As plain rows the table is copied
//! and scrolled with the other sections.

use std::time::{Duration, SystemTime};

use super::section::{Section, wall, when};
use crate::tui::app::App;
use crate::tui::clock::{Precision, show_wall};
use crate::tui::draw::answers;
use crate::tui::draw::content::heading;
use crate::tui::draw::fit::cells;
use crate::tui::draw::row::Row;
use crate::tui::theme::Role;
use crate::tui::words::show_span;
use mailwatch_proto::model::{DoneReason, PastReceipt, Phase, Snapshot, Status, Verdict, show_clock};

/// From this width on there is every column.
const FULL: u16 = 66;

/// From this width on all but the time of writing.
const MEDIUM: u16 = 47;

/// From this width on the moment and the reason.
const SMALL: u16 = 30;

/// A DONE as a row.
struct Line {
    at: SystemTime,
    reason: DoneReason,
    idle: Duration,
    written: Option<Duration>,
    acked: Option<Duration>,
    answered: Option<Duration>,
    status: (Role, String),
}

pub fn section(app: &App, snapshot: &Snapshot, width: u16) -> Section {
    let mut rows = vec![heading("The last DONEs")];
    if let Some(ages) = answers::of(app, snapshot) {
        let account = mailwatch_proto::model::sanitise(&snapshot.id.account, 20);
        let (role, counted) = answers::counted(ages);
        // In two rows where it does not fit in one.
        let head = (Role::Dim, format!("{account}, up to 30 days: "));
        if cells(&head.1) + cells(&counted) <= width {
            rows.push(vec![head, (role, counted)]);
        } else {
            rows.extend([vec![head], vec![(role, counted)]]);
        }
    }
    let lines: Vec<_> = owed(app, snapshot).into_iter().chain(snapshot.past.receipts.iter().rev().map(over)).collect();
    if lines.is_empty() {
        rows.push(vec![(Role::Dim, "none yet".to_owned())]);
        return rows;
    }
    let stamps: Vec<_> = lines.iter().map(|line| when(app, line.at)).collect();
    let sent = stamps.iter().map(String::len).max().unwrap_or(0);
    match width {
        FULL.. => rows.push(vec![(
            Role::Header,
            format!(
                "{:<sent$}  {:<8}  {:>6}  {:>8}  {:>8}  {:>8}  STATUS",
                "SENT", "WHY", "IDLE", "WRITTEN", "ACKED", "ANSWERED"
            ),
        )]),
        MEDIUM.. => rows.push(vec![(
            Role::Header,
            format!("{:<sent$} {:<8} {:>5} {:>7} {:>8} STATUS", "SENT", "WHY", "IDLE", "ACKED", "ANSWERED"),
        )]),
        _ => {}
    }
    rows.extend(lines.into_iter().zip(stamps).map(|(line, stamp)| row(app, &line, &format!("{stamp:<sent$}"), width)));
    rows
}

fn row(app: &App, line: &Line, stamp: &str, width: u16) -> Row {
    let none = app.glyphs().text.none;
    let span = |span: Option<Duration>| span.map_or_else(|| none.to_owned(), show_span);
    let (written, acked, answered) = (span(line.written), span(line.acked), span(line.answered));
    let (idle, reason) = (show_clock(line.idle), line.reason);
    let (role, status) = line.status.clone();
    let short = line.answered.map_or_else(|| status.clone(), |_| format!("{status} {answered}"));
    match width {
        FULL.. => vec![
            (Role::Dim, format!("{stamp}  ")),
            (Role::Text, format!("{reason:<8}  {idle:>6}  {written:>8}  {acked:>8}  {answered:>8}  ")),
            (role, status),
        ],
        MEDIUM.. => vec![
            (Role::Dim, format!("{stamp} ")),
            (Role::Text, format!("{reason:<8} {idle:>5} {acked:>7} {answered:>8} ")),
            (role, status),
        ],
        SMALL.. => {
            let minute = show_wall(line.at, &app.options.zone, Precision::Minutes);
            vec![(Role::Dim, format!("{minute} ")), (Role::Text, format!("{reason:<8} {idle:>5} ")), (role, short)]
        }
        _ => vec![(Role::Text, format!("{idle:>5} ")), (role, short)],
    }
}

/// The DONE whose answer is owed now.
fn owed(app: &App, snapshot: &Snapshot) -> Option<Line> {
    let receipt = snapshot.receipt.as_ref().filter(|receipt| receipt.answer.is_none())?;
    if snapshot.phase != Phase::Finishing || snapshot.connection.replacing {
        return None;
    }
    let since = |at: std::time::Instant| at.saturating_duration_since(receipt.queued);
    Some(Line {
        at: wall(app, receipt.queued),
        reason: receipt.reason,
        idle: receipt.idle_age,
        written: receipt.written.map(since),
        acked: receipt.acked.map(since),
        answered: None,
        status: (Role::Busy, "owed".to_owned()),
    })
}

fn over(past: &PastReceipt) -> Line {
    Line {
        at: past.at,
        reason: past.reason,
        idle: past.idle,
        written: past.written,
        acked: past.acked,
        answered: past.answered,
        status: status(past),
    }
}

fn status(past: &PastReceipt) -> (Role, String) {
    let Some(status) = past.status else {
        let word = match past.stall {
            Some(Verdict::ServerIgnoring) => "ignored",
            Some(Verdict::PathDead) => "path dead",
            Some(Verdict::ServerNotReading) => "not read",
            Some(
                Verdict::NotKnown
                | Verdict::Live
                | Verdict::Finishing
                | Verdict::Quiet
                | Verdict::Slept
                | Verdict::Closed
                | Verdict::Limited
                | Verdict::Refused
                | Verdict::NotPushing,
            )
            | None => "no answer",
        };
        return (Role::Warn, word.to_owned());
    };
    let word = status.name();
    match (past.late, status) {
        (true, _) => (Role::Warn, format!("{word} late")),
        (false, Status::Ok) => (Role::Live, word.to_owned()),
        (false, Status::No | Status::Bad) => (Role::Warn, word.to_owned()),
    }
}

//! Quarantined connections, now and before; the blind time, and when nobody watched.

use std::time::Duration;

use super::section::{Section, wall, when};
use crate::tui::app::App;
use crate::tui::clock::same_day;
use crate::tui::draw::content::{field, heading};
use crate::tui::theme::Role;
use crate::tui::words::{fault_word, show_span};
use mailwatch_proto::model::{
    BlindInterval, LateResponses, Loss, PastQuarantine, QuarantineEnd, Snapshot, Span, Verdict, show_clock,
};

/// The width of an interval's row besides its two moments: its length and the reason.
const LONG_AND_WHY: usize = 13 + 24;

pub fn quarantines(app: &App, snapshot: &Snapshot, width: u16) -> Section {
    let past = &snapshot.past.quarantines;
    if snapshot.quarantined.is_none() && past.is_empty() {
        return Section::new();
    }
    let mut rows = vec![heading("Quarantined connections")];
    if let Some(quarantined) = &snapshot.quarantined {
        let ago = |at| show_clock(app.now.at.saturating_duration_since(at));
        let since = format!("since {}, for {}", when(app, wall(app, quarantined.since)), ago(quarantined.since));
        field(&mut rows, &format!("number {}", quarantined.conn), &since, Role::Warn, width);
        let owed =
            format!("DONE ({}) without an answer for {}", quarantined.receipt.reason, ago(quarantined.receipt.queued));
        field(&mut rows, "", &owed, Role::Text, width);
        let heard = quarantined.responses.heard.map_or_else(String::new, |at| format!(", the last {} ago", ago(at)));
        field(&mut rows, "heard since", &format!("{}{heard}", said(quarantined.responses)), Role::Text, width);
    }
    for PastQuarantine { conn, since, kept, responses, end } in past.iter().rev() {
        let (role, end) = match end {
            QuarantineEnd::Answered { took, status } => {
                (Role::Warn, format!("{} came late, {} after DONE", status.name(), show_clock(*took)))
            }
            QuarantineEnd::Bye => (Role::Text, "ended with BYE, never answered".to_owned()),
            QuarantineEnd::Gone => (Role::Text, "ended without a word, never answered".to_owned()),
            QuarantineEnd::GivenUp => (Role::Text, "given up, never answered".to_owned()),
            QuarantineEnd::LetGo => (Role::Text, "closed for another, not answered until then".to_owned()),
        };
        let text = format!(
            "{}, kept for {}: {end}; heard meanwhile: {}",
            when(app, *since),
            show_clock(*kept),
            said(*responses)
        );
        field(&mut rows, &format!("number {conn}"), &text, role, width);
    }
    rows
}

/// What came on a quarantined connection.
fn said(responses: LateResponses) -> String {
    let exists = responses.exists.map_or_else(String::new, |count| format!(" (EXISTS {count})"));
    match responses.untagged {
        0 => "nothing".to_owned(),
        1 => format!("1 response{exists}"),
        n => format!("{n} responses{exists}"),
    }
}

pub fn blind(app: &App, snapshot: &Snapshot, width: u16) -> Section {
    let mut rows = vec![heading("Blind")];
    let past = &snapshot.past.blind;
    let today = past.iter().filter(|interval| same_day(interval.to, app.now.wall, &app.options.zone)).count();
    let text = match (snapshot.blind.today, today) {
        (span, 0) if span.is_zero() => "never".to_owned(),
        (span, 1) => format!("{}, once", show_span(span)),
        // The list is bounded, the sum is not.
        (span, n) if n < past.len() || n < mailwatch_proto::model::PAST_INTERVALS => {
            format!("{}, {n} times", show_span(span))
        }
        (span, n) => format!("{}, {n} times or more", show_span(span)),
    };
    field(&mut rows, "today", &text, Role::Text, width);
    if let Some(since) = snapshot.blind.since {
        let span = show_clock(app.now.at.saturating_duration_since(since));
        field(&mut rows, "now", &format!("for {span}, since {}", when(app, wall(app, since))), Role::Warn, width);
    }
    if past.is_empty() {
        return rows;
    }
    let stamps: Vec<_> =
        past.iter().rev().map(|interval| (when(app, interval.from), when(app, interval.to), interval)).collect();
    let cell = stamps.iter().map(|(from, to, _)| from.len().max(to.len())).max().unwrap_or(0);
    let table = usize::from(width) >= 2 * cell + LONG_AND_WHY;
    if table {
        rows.push(vec![(Role::Header, format!("{:<cell$}  {:<cell$}  {:>7}  WHY", "FROM", "TO", "LONG"))]);
    }
    for (from, to, interval) in stamps {
        let BlindInterval { from: began, to: ended, why } = interval;
        let long = show_span(ended.duration_since(*began).unwrap_or_default());
        let why = why.map_or(app.glyphs().text.none, word).to_owned();
        if table {
            let times = format!("{from:<cell$}  {to:<cell$}  ");
            rows.push(vec![(Role::Dim, times), (Role::Text, format!("{long:>7}  ")), (Role::Text, why)]);
        } else {
            rows.push(vec![(Role::Dim, format!("{from} {} {to}", app.glyphs().text.none))]);
            rows.push(vec![(Role::Text, format!("  {long}  {why}"))]);
        }
    }
    rows
}

/// When nobody watched, for no engine ran or the watch was paused: no blind time, for what came meanwhile is found and told.
pub fn unwatched(app: &App, snapshot: &Snapshot, width: u16) -> Section {
    let (absent, paused) = (app.unwatched_today(snapshot), app.paused_today(snapshot));
    if absent.is_empty() && paused.is_empty() {
        return Section::new();
    }
    let sum = |spans: &[Span], why: &str| {
        let long: Duration = spans.iter().map(|span| span.long()).sum();
        (!spans.is_empty()).then(|| format!("{}, {why}", show_clock(long)))
    };
    let mut rows = vec![heading("Not watched")];
    for said in sum(&absent, "no engine ran").into_iter().chain(sum(&paused, "paused by you")) {
        field(&mut rows, "today", &said, Role::Text, width);
    }
    let mut spans: Vec<_> =
        absent.into_iter().map(|span| (span, "")).chain(paused.into_iter().map(|span| (span, "  paused"))).collect();
    spans.sort_unstable();
    for (span, why) in spans.into_iter().rev() {
        let times = format!("{} to {}", when(app, span.from), when(app, span.to));
        rows.push(vec![(Role::Dim, format!("  {times}  ")), (Role::Text, format!("{}{why}", show_clock(span.long())))]);
    }
    rows
}

/// Why a connection was lost, in a few words.
const fn word(why: Loss) -> &'static str {
    match why {
        Loss::Concluded(Verdict::ServerIgnoring) => "the server ignored DONE",
        Loss::Concluded(Verdict::PathDead) => "the path was dead",
        Loss::Concluded(Verdict::ServerNotReading) => "the server did not read",
        Loss::Concluded(Verdict::NotKnown) => "DONE was not answered",
        Loss::Concluded(Verdict::Closed) => "the server closed it",
        Loss::Concluded(
            verdict @ (Verdict::Live
            | Verdict::Finishing
            | Verdict::Quiet
            | Verdict::Slept
            | Verdict::Limited
            | Verdict::Refused
            | Verdict::NotPushing),
        ) => verdict.name(),
        Loss::Fault(class) => fault_word(class),
        Loss::User => "you reconnected it",
        Loss::Rotation => "closed for a new token",
    }
}

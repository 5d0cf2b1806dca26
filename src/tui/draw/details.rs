//! All that is known of the selected watch: verdict with evidence, connection, server, blind time, its last DONEs.

use std::time::Instant;

use super::paint::Row;
use super::popup::{Content, field, heading};
use crate::model::{Evidence, Finding, Snapshot, show_clock};
use crate::tui::app::App;
use crate::tui::clock::{Precision, show_wall};
use crate::tui::theme::Role;
use crate::tui::trail::{DoneRecord, Outcome};
use crate::tui::words::{phase_word, show_span};

/// How many of the last DONEs are listed.
const DONES: usize = 20;

pub fn content(app: &App, width: u16) -> Content {
    let subject = app.selected.as_ref().map_or_else(String::new, ToString::to_string);
    let mut rows = Vec::new();
    match app.selection() {
        None => rows.push(vec![(Role::Dim, "the watch is gone".to_owned())]),
        Some(snapshot) => {
            state(&mut rows, app, snapshot, width);
            server(&mut rows, snapshot, width);
            blind(&mut rows, app.now.at, snapshot, width);
            dones(&mut rows, app, width);
        }
    }
    Content { name: "Details", subject, rows }
}

fn state(rows: &mut Vec<Row>, app: &App, snapshot: &Snapshot, width: u16) {
    let now = app.now.at;
    let (glyph, word, role) = phase_word(snapshot, app.glyphs);
    let phase = format!("{glyph} {word} for {}", show_clock(now.saturating_duration_since(snapshot.since)));
    field(rows, "phase", &phase, role, width);
    if let Some(finding) = &snapshot.finding {
        let text = format!("{}: {}", finding.verdict, finding.text);
        field(rows, "verdict", &text, Role::Strong, width);
        if let Some(evidence) = evidence(finding) {
            field(rows, "evidence", &evidence, Role::Text, width);
        }
    }
    if let Some(fault) = &snapshot.fault {
        field(rows, "fault", &fault.to_string(), Role::Down, width);
        let next = if fault.retry() { "it is tried again" } else { "it needs you: mend it, then r" };
        field(rows, "", next, Role::Dim, width);
    }
    if let Some(stuck) = &snapshot.quarantined {
        let age = show_clock(now.saturating_duration_since(stuck.receipt.queued));
        let text = format!("connection {}: DONE ({}) without an answer for {age}", stuck.conn, stuck.receipt.reason);
        field(rows, "quarantined", &text, Role::Warn, width);
    }
    let count = |n: Option<u32>| n.map_or_else(|| app.glyphs.none.to_owned(), |n| n.to_string());
    let mails = format!(
        "{} new since the start, {} unseen, {} in all",
        snapshot.new,
        count(snapshot.unseen),
        count(snapshot.exists)
    );
    field(rows, "mails", &mails, Role::Text, width);
    rows.push(Row::new());
}

/// The figures, in words.
fn evidence(finding: &Finding) -> Option<String> {
    let Evidence { acked, outq, unacked, retransmits, backoff, snd_wnd, proxy } = finding.evidence.as_ref()?;
    let mut parts = Vec::new();
    match acked {
        Some(true) if *proxy == Some(true) => parts.push("acked by the proxy".to_owned()),
        Some(true) => parts.push("acked by the server's TCP".to_owned()),
        Some(false) => parts.push("not acked".to_owned()),
        None => {}
    }
    for (figure, what) in [
        (outq, "bytes in the send queue"),
        (unacked, "segments in flight"),
        (retransmits, "retransmits"),
        (backoff, "doublings of the timeout"),
        (snd_wnd, "bytes of the peer's window"),
    ] {
        if let Some(figure) = figure {
            parts.push(format!("{figure} {what}"));
        }
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn server(rows: &mut Vec<Row>, snapshot: &Snapshot, width: u16) {
    let server = &snapshot.server;
    rows.push(heading("Server"));
    let conn = snapshot.conn.map_or_else(|| "none now".to_owned(), |conn| format!("number {conn}"));
    field(rows, "connection", &conn, Role::Text, width);
    if let Some(addr) = server.addr {
        field(rows, "address", &addr.to_string(), Role::Text, width);
    }
    let tls = server.tls.as_ref().map_or_else(|| "none".to_owned(), |tls| format!("{}, {}", tls.version, tls.cipher));
    field(rows, "TLS", &tls, Role::Text, width);
    if let Some(id) = &server.id {
        field(rows, "ID", id, Role::Text, width);
    }
    if let Some(beat) = snapshot.heartbeat {
        field(rows, "heartbeat", &format!("every {}", show_clock(beat)), Role::Text, width);
    }
    if !server.capabilities.is_empty() {
        field(rows, "capabilities", &server.capabilities.join(" "), Role::Dim, width);
    }
    rows.push(Row::new());
}

fn blind(rows: &mut Vec<Row>, now: Instant, snapshot: &Snapshot, width: u16) {
    rows.push(heading("Blind"));
    let today = snapshot.blind.today;
    let today = if today.is_zero() { "never".to_owned() } else { show_span(today) };
    field(rows, "today", &today, Role::Text, width);
    if let Some(last) = snapshot.blind.last {
        field(rows, "last", &show_span(last), Role::Text, width);
    }
    if let Some(since) = snapshot.blind.since {
        field(rows, "now", &format!("for {}", show_clock(now.saturating_duration_since(since))), Role::Warn, width);
    }
    rows.push(Row::new());
}

fn dones(rows: &mut Vec<Row>, app: &App, width: u16) {
    rows.push(heading("The last DONEs"));
    let dones = app.trail().map(|trail| &trail.dones).filter(|dones| !dones.is_empty());
    let Some(dones) = dones else {
        rows.push(vec![(Role::Dim, "none yet".to_owned())]);
        return;
    };
    if width >= 60 {
        let header = format!("{:<10}{:<10}{:>8}  {:>8}  ANSWER", "SENT", "WHY", "IDLE", "ACKED");
        rows.push(vec![(Role::Header, header)]);
    }
    for done in dones.iter().rev().take(DONES) {
        rows.push(done_row(app, done, width));
    }
}

fn done_row(app: &App, done: &DoneRecord, width: u16) -> Row {
    let ts = show_wall(done.ts, &app.options.zone, Precision::Seconds);
    let (role, answer) = match done.outcome {
        Outcome::Owed => (Role::Busy, "owed".to_owned()),
        Outcome::Answered { took, status, late: false } => {
            (Role::Live, format!("{} in {}", status.name(), show_span(took)))
        }
        Outcome::Answered { took, status, late: true } => {
            (Role::Warn, format!("{} late, after {}", status.name(), show_span(took)))
        }
        Outcome::Ignored { verdict, waited } => (Role::Warn, format!("{verdict} after {}", show_span(waited))),
    };
    let none = app.glyphs.none;
    let acked = done.acked.map_or_else(|| none.to_owned(), show_span);
    let idle = show_clock(done.idle);
    if width >= 60 {
        let start = format!("{ts:<10}{:<10}{idle:>8}  {acked:>8}  ", done.reason);
        return vec![(Role::Text, start), (role, answer)];
    }
    vec![(Role::Dim, format!("{ts} ")), (Role::Text, format!("{idle} ")), (role, answer)]
}

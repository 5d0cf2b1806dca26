//! The selected watch's timers as bars, the steps of its last DONE, the answers by IDLE age, and the verdict's
//! sentence.

use std::time::{Duration, Instant};

use ratatui::layout::Rect;

use super::chart;
use super::fit::{cells, wrap};
use super::paint::{Frame, Paint};
use super::watches::resting_since;
use crate::tui::app::Pane;
use crate::tui::layout::ScreenLayout;
use crate::tui::theme::Role;
use crate::tui::words::{advice_with_keys, show_span};
use mailwatch_proto::model::{Phase, Receipt, Snapshot, Timer, show_clock, show_duration};

/// The widths of the labels and of `2:41 / 4:00`.
const LABEL: u16 = 9;
const FIGURES: u16 = 13;

/// The least widths of the steps: each holds a name and a time.
const STEPS: [u16; 4] = [7, 8, 6, 5];

/// The width of the step of an ack by a proxy.
const BY_PROXY: u16 = 15;

pub fn draw(paint: &mut Paint, layout: &ScreenLayout, area: Rect) {
    let app = paint.app;
    let subject = app.watches.selected.as_ref().map_or_else(String::new, ToString::to_string);
    let focused = app.panes.focused == Pane::Timers;
    // A file's are as they were.
    let info = if app.options.viewed.is_some() { "" } else { "t tune" };
    let inner = paint.frame(
        layout,
        area,
        &Frame { digit: Some(2), name: Pane::Timers.name(), subject: &subject, info, focused },
    );
    let Some(snapshot) = app.selection() else {
        paint.put_cut(inner.x + 1, inner.y, inner.width.saturating_sub(1), "no watch is selected", Role::Dim);
        return;
    };
    let pad = u16::from(inner.width >= 36);
    let mut rest = Rect { x: inner.x + pad, width: inner.width.saturating_sub(2 * pad), ..inner };
    bars(paint, &mut rest, snapshot);
    receipt_steps(paint, &mut rest, snapshot);
    let sentence = sentence(paint, snapshot);
    let lines = wrap(&sentence.0, rest.width);
    let needed = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    answers(paint, &mut rest, needed);
    for (index, line) in lines.iter().enumerate() {
        let Some(y) = next_row(&mut rest) else { return };
        // The ellipsis of the last row says that there is more.
        let line = if rest.height == 0 { lines[index..].join(" ") } else { (*line).to_owned() };
        paint.put_cut(rest.x, y, rest.width, &line, sentence.1);
    }
}

fn next_row(rest: &mut Rect) -> Option<u16> {
    let y = rest.y;
    rest.height = rest.height.checked_sub(1)?;
    rest.y += 1;
    Some(y)
}

/// A row for each timer that matters in the watch's state.
fn bars(paint: &mut Paint, rest: &mut Rect, snapshot: &Snapshot) {
    let now = paint.app.now.at;
    let since = |at: Option<Instant>| at.map(|at| now.saturating_duration_since(at));
    let owed = snapshot.receipt.as_ref().filter(|receipt| receipt.answer.is_none()).map(|receipt| receipt.queued);
    timer_bar(paint, rest, Timer::Reissue, snapshot, since(snapshot.connection.idle_since));
    timer_bar(paint, rest, Timer::Done, snapshot, since(owed));
    timer_bar(paint, rest, Timer::Silence, snapshot, since(snapshot.connection.heard));
    let Some((at, timer)) = snapshot.deadline.filter(|_| paint.app.engine.gone.is_none()) else {
        if snapshot.phase.is_at_rest() {
            let Some(y) = next_row(rest) else { return };
            let text = format!("{} {}", snapshot.phase, resting_since(paint, snapshot));
            paint.put_cut(rest.x, y, rest.width, &text, Role::Resting);
        }
        return;
    };
    let left = at.saturating_duration_since(now);
    match timer {
        Timer::Reissue | Timer::Done | Timer::Silence => {}
        Timer::Connect | Timer::Reply | Timer::Poll => {
            let ran = snapshot.timers.limit(timer).saturating_sub(left);
            timer_bar(paint, rest, timer, snapshot, Some(ran));
        }
        Timer::RetryMin | Timer::RetryMax => {
            let Some(y) = next_row(rest) else { return };
            paint.put(rest.x, y, rest.width, "retry", Role::Title);
            let text = format!("attempt {} in {}", snapshot.connection.attempt.max(1), show_clock(left));
            paint.put_cut(rest.x + LABEL, y, rest.width.saturating_sub(LABEL), &text, Role::Down);
        }
    }
}

fn timer_bar(paint: &mut Paint, rest: &mut Rect, timer: Timer, snapshot: &Snapshot, ran: Option<Duration>) {
    let Some(y) = next_row(rest) else { return };
    let value = snapshot.timers.value(timer);
    paint.put(rest.x, y, rest.width, timer.name(), Role::Title);
    let ran_text = ran.map_or_else(|| paint.app.glyphs().text.none.to_owned(), show_clock);
    let value_text = value.map_or_else(|| "off".to_owned(), show_clock);
    let figures = format!("{ran_text:>5} / {value_text:<5}");
    let x = rest.x + LABEL;
    let at = paint.put(x, y, FIGURES.min(rest.width.saturating_sub(LABEL)), &figures, Role::Text);
    let x = at.max(x + FIGURES) + 1;
    let width = (rest.x + rest.width).saturating_sub(x);
    match value {
        None => {
            if let Some(beat) = snapshot.connection.heartbeat {
                let word = if width < 14 { "beat" } else { "heartbeat" };
                paint.put_cut(x, y, width, &format!("{word} {}", show_clock(beat)), Role::Dim);
            }
        }
        Some(value) => {
            let share = ran.map_or(0.0, |ran| ran.as_secs_f64() / value.as_secs_f64().max(0.001));
            if width >= 4 {
                paint.bar(x, y, width, share, if share >= 0.9 { Role::BarDue } else { Role::Bar });
            }
        }
    }
}

/// The receipt whose steps are shown: the quarantined connection's while it is being replaced.
pub fn shown_receipt(snapshot: &Snapshot) -> Option<&Receipt> {
    let quarantined = snapshot.quarantined.as_ref().filter(|_| snapshot.connection.replacing);
    quarantined.map(|it| &it.receipt).or(snapshot.receipt.as_ref())
}

/// Whether DONE was called unanswered.
fn is_stalled(snapshot: &Snapshot) -> bool {
    snapshot.connection.replacing || snapshot.finding.as_ref().is_some_and(|finding| finding.verdict.is_stall())
}

fn is_proxied(snapshot: &Snapshot) -> bool {
    if snapshot.connection.server.proxy.is_some() {
        return true;
    }
    let evidence = snapshot.finding.as_ref().and_then(|finding| finding.evidence.as_ref());
    evidence.is_some_and(|evidence| evidence.proxy == Some(true))
}

/// queued ─ written ─ acked ─ OK, each step with its time since queued.
fn receipt_steps(paint: &mut Paint, rest: &mut Rect, snapshot: &Snapshot) {
    let Some(receipt) = shown_receipt(snapshot) else {
        if let Some(y) = next_row(rest) {
            paint.put(rest.x, y, rest.width, "DONE", Role::Title);
            paint.put_cut(rest.x + LABEL, y, rest.width.saturating_sub(LABEL), "none sent yet", Role::Dim);
        }
        return;
    };
    let (Some(names), times) = (next_row(rest), next_row(rest)) else { return };
    let label = LABEL.min(rest.width.saturating_sub(STEPS.iter().sum()));
    paint.put(rest.x, names, label, "DONE", Role::Title);
    if let Some(times) = times {
        paint.put(rest.x, times, label, receipt.reason.name(), Role::Dim);
    }
    let answer = receipt.answer.as_ref();
    let last = match answer {
        Some(answer) => answer.status.name(),
        None if is_stalled(snapshot) => "no OK",
        None => "OK",
    };
    // Behind a proxy the ack is the proxy's.
    let proxied = receipt.acked.is_some() && is_proxied(snapshot);
    let by_proxy = label + STEPS.iter().sum::<u16>() + BY_PROXY - STEPS[2];
    let (acked, widths) = match (proxied, rest.width >= by_proxy) {
        (false, _) => ("acked", STEPS),
        (true, false) => ("proxy", STEPS),
        (true, true) => ("acked by proxy", [STEPS[0], STEPS[1], BY_PROXY, STEPS[3]]),
    };
    let steps = [
        ("queued", Some(receipt.queued)),
        ("written", receipt.written),
        (acked, receipt.acked),
        (last, answer.map(|answer| answer.at)),
    ];
    let spare = rest.width.saturating_sub(label + widths.iter().sum::<u16>()) / 4;
    let mut x = rest.x + label;
    for ((name, at), width) in steps.into_iter().zip(widths) {
        let width = width + spare.min(6);
        let room = width.min((rest.x + rest.width).saturating_sub(x));
        let role = match at {
            Some(_) => Role::Live,
            None if is_stalled(snapshot) => Role::Warn,
            None => Role::Dim,
        };
        let end = paint.put(x, names, room, name, role);
        if x + width < rest.x + rest.width && !std::ptr::eq(name, last) {
            let fill = (x + width).saturating_sub(end);
            let (start, count) = if fill >= 3 { (end + 1, fill - 2) } else { (end, fill) };
            for cell in 0..count {
                paint.put(start + cell, names, 1, paint.app.glyphs().text.line, Role::Border);
            }
        }
        // Where the reason takes the room, the first time goes: it is always 0.
        let crowded = name == "queued" && label <= cells(receipt.reason.name());
        if let (Some(y), Some(at)) = (times.filter(|_| !crowded), at) {
            let took = at.saturating_duration_since(receipt.queued);
            let took = show_span(took);
            // The unit goes before the figure is cut.
            let short = took.split(' ').next().unwrap_or_default();
            let room = if std::ptr::eq(name, last) { room } else { room.saturating_sub(1) };
            paint.put_cut(x, y, room, if cells(&took) <= room { &took } else { short }, Role::Text);
        }
        x += width;
    }
}

/// The sparkline, and the chart if there is room.
fn answers(paint: &mut Paint, rest: &mut Rect, keep: u16) {
    let Some(row) = chart::spark(paint.app, rest.width.saturating_sub(LABEL + 13)) else { return };
    let Some(y) = next_row(rest) else { return };
    paint.put(rest.x, y, rest.width, "answers", Role::Title);
    let x = rest.x + LABEL;
    let end = paint.put_row(x, y, rest.width.saturating_sub(LABEL), &row) + 2;
    let summary = chart::summary(paint.app).filter(|(_, text)| end + cells(text) <= rest.x + rest.width);
    let (role, text) = summary.unwrap_or((Role::Dim, "by IDLE age".to_owned()));
    paint.put_cut(end, y, (rest.x + rest.width).saturating_sub(end), &text, role);
    let spare = rest.height.saturating_sub(keep + 1);
    if spare > chart::CHART_ROWS {
        let height = spare.min(14);
        chart::draw(paint, Rect { y: rest.y, height, ..*rest });
        rest.y += height;
        rest.height -= height;
        let _ = next_row(rest);
    }
}

/// The conclusion, or what went wrong, in a sentence.
fn sentence(paint: &Paint, snapshot: &Snapshot) -> (String, Role) {
    let now = paint.app.now.at;
    if let Some(quarantined) = snapshot.quarantined.as_ref().filter(|_| !snapshot.connection.replacing) {
        let age = show_clock(now.saturating_duration_since(quarantined.receipt.queued));
        let text = format!(
            "Connection {} still owes its OK after {age}; it is read on, to see whether it comes.",
            quarantined.conn
        );
        return (text, Role::Warn);
    }
    if let Some(fault) = &snapshot.fault {
        // What to do comes first: the message may be too long for the room.
        let keys = &paint.app.options.keys;
        let hosts = !paint.app.board.hosts.is_empty();
        let advice = advice_with_keys(fault, keys, &snapshot.id.account, hosts);
        let text = match advice.filter(|_| snapshot.phase == Phase::Failed) {
            Some(advice) => format!("{advice} {}", fault.message),
            None => fault.message.clone(),
        };
        return (text, Role::Down);
    }
    if let Some(finding) = &snapshot.finding {
        let role = if is_stalled(snapshot) { Role::Warn } else { Role::Dim };
        return (finding.text.clone(), role);
    }
    let reissue = show_duration(snapshot.timers.value(Timer::Reissue));
    (format!("{}; reissue every {reissue}.", snapshot.phase), Role::Dim)
}

//! The trace of the selected watch: direction, time, line, and DONE's rungs at the right.

use std::collections::VecDeque;
use std::time::Duration;

use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::paint::{Frame, Paint, cells, pad, wrap};
use super::watches::caret;
use crate::model::WireDirection;
use crate::tui::app::{App, Field, Pane};
use crate::tui::clock::{Precision, show_wall};
use crate::tui::layout::Layout;
use crate::tui::ring::View;
use crate::tui::theme::Role;
use crate::tui::trail::WireRow;
use crate::tui::words::show_age;

pub fn draw(paint: &mut Paint, layout: &Layout, area: Rect) {
    let app = paint.app;
    let subject = app.selected.as_ref().map_or_else(String::new, ToString::to_string);
    let trail = app.trail();
    let needle = app.filter(Pane::Wire).to_lowercase();
    let following = match trail.map(|trail| (trail.view, trail.view.fresh(trail.wire.end()))) {
        Some((View::Still { .. }, 0)) => "G follows".to_owned(),
        Some((View::Still { .. }, fresh)) => format!("{fresh} new, G follows"),
        Some((View::Follow, _)) => "following".to_owned(),
        None => String::new(),
    };
    let info = if needle.is_empty() && app.typing != Some(Field::Pane(Pane::Wire)) {
        following
    } else {
        format!("filter: {}{}", app.filter(Pane::Wire), caret(paint, Pane::Wire))
    };
    let focused = app.pane == Pane::Wire;
    let inner = paint.frame(
        layout,
        area,
        &Frame { digit: Some(4), name: Pane::Wire.name(), subject: &subject, info: &info, focused },
    );
    let Some(trail) = trail.filter(|trail| !trail.wire.is_empty()) else {
        paint.put_cut(inner.x + 1, inner.y, inner.width.saturating_sub(1), "nothing on the wire yet", Role::Dim);
        return;
    };
    let inner = pad(inner);
    let end = trail.view.end(trail.wire.first(), trail.wire.end());
    let shown = trail.shown(&needle);
    let still = trail.view != View::Follow;
    let pointed = trail.view.cursor(trail.wire.first(), trail.wire.end());
    let cursor = shown.iter().rev().find(|at| Some(**at) <= pointed).copied().filter(|_| still && focused);
    let searched = if still || !needle.is_empty() { app.needle.as_str() } else { "" };
    let seen = shown.iter().enumerate().rev().filter(|(_, at)| **at < end);
    let mut rows = VecDeque::new();
    for (index, at) in seen {
        let Some(row) = trail.wire.get(*at) else { break };
        let before = index.checked_sub(1).and_then(|index| trail.wire.get(*shown.get(index)?));
        let since = before.and_then(|before| row.ts.duration_since(before.ts).ok());
        for (n, text) in texts(app, row, inner.width).into_iter().enumerate().rev() {
            rows.push_front((*at, row, text, if n == 0 { Part::Begins(since) } else { Part::GoesOn }));
        }
        if rows.len() >= usize::from(inner.height) {
            break;
        }
    }
    let skip = rows.len().saturating_sub(usize::from(inner.height));
    for (y, (at, row, text, part)) in (inner.top()..inner.bottom()).zip(rows.into_iter().skip(skip)) {
        let area = Rect { y, height: 1, ..inner };
        line(paint, area, row, text, &part, searched);
        if cursor == Some(at) {
            paint.lay(area, Role::Selected);
        }
    }
}

/// Which part of a wrapped row a line is.
enum Part {
    /// The first, with the time since the row before.
    Begins(Option<Duration>),
    /// Another.
    GoesOn,
}

/// The cells before the text, and whether the time since the line before stands there.
const fn indent(width: u16) -> (u16, bool) {
    match width {
        0..40 => (3, false),
        40..70 => (17, false),
        _ => (28, true),
    }
}

/// A row's text as it is shown: wrapped, or one line from a column on.
fn texts<'a>(app: &App, row: &'a WireRow, width: u16) -> Vec<&'a str> {
    let rung = row.rung.as_deref().map_or(0, |rung| cells(rung) + 2);
    let room = width.saturating_sub(indent(width).0);
    if !app.wire_wrap || room <= rung {
        return vec![sideways(&row.text, app.wire_column)];
    }
    wrap(&row.text, room - rung)
}

/// `+0.038`: seconds since the line before, in nine cells at most.
fn show_since(since: Duration) -> String {
    match since.as_secs() {
        0..1000 => format!("+{}.{:03}", since.as_secs(), since.subsec_millis()),
        seconds => format!("+{}", show_age(Duration::from_secs(seconds))),
    }
}

fn line(paint: &mut Paint, area: Rect, row: &WireRow, text: &str, part: &Part, searched: &str) {
    let app = paint.app;
    let (indent, has_since) = indent(area.width);
    let mut x = area.x;
    let right = area.right();
    let role_of_text = if row.direction == WireDirection::Client { Role::Strong } else { Role::Text };
    let Part::Begins(since) = part else {
        let x = x + indent;
        paint.put_cut(x, area.y, right.saturating_sub(x), text, role_of_text);
        paint.underline(x, area.y, right.saturating_sub(x), text, searched);
        return;
    };
    if area.width >= 40 {
        let time = show_wall(row.ts, &app.options.zone, Precision::Millis);
        x = paint.put(x, area.y, right.saturating_sub(x), &time, Role::Dim).saturating_add(2);
    }
    if has_since {
        let since = (*since).map_or_else(String::new, show_since);
        paint.put_right(x, area.y, 9, &since, Role::Dim);
        x += 11;
    }
    let (mark, role) = match row.direction {
        WireDirection::Client => ("C", Role::Client),
        WireDirection::Server => ("S", Role::Server),
    };
    x = paint.put(x, area.y, right.saturating_sub(x), mark, role).saturating_add(2);
    let rung = row.rung.as_deref().unwrap_or("");
    let reserve = if rung.is_empty() { 0 } else { cells(rung) + 2 };
    let room = right.saturating_sub(x).saturating_sub(reserve);
    paint.put_cut(x, area.y, room, text, role_of_text);
    paint.underline(x, area.y, room, text, searched);
    if right > x + reserve {
        paint.put_right(x, area.y, right - x, rung, Role::Live);
    }
}

/// The text from a column on.
fn sideways(text: &str, column: usize) -> &str {
    if column == 0 {
        return text;
    }
    text.grapheme_indices(true).nth(column).map_or("", |(index, _)| &text[index..])
}

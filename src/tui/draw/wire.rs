//! The trace of the selected watch: time, direction, line, and DONE's timings at the right.

use std::collections::VecDeque;
use std::time::Duration;

use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::fit::{cells, wrap};
use super::paint::{Frame, Paint, pad};
use crate::tui::app::{App, Pane};
use crate::tui::clock::{Precision, show_wall};
use crate::tui::layout::ScreenLayout;
use crate::tui::navigation::View;
use crate::tui::navigation::{Fit, above};
use crate::tui::theme::Role;
use crate::tui::titles;
use crate::tui::watch_history::{WatchHistory, WireRow};
use crate::tui::words::show_age;
use mailwatch_proto::model::WireDirection;

pub fn draw(paint: &mut Paint, layout: &ScreenLayout, area: Rect) {
    let app = paint.app;
    let subject = app.watches.selected.as_ref().map_or_else(String::new, ToString::to_string);
    let history = app.history();
    let needle = app.filters.of_pane(Pane::Wire).to_lowercase();
    let shown = history.map_or_else(Vec::new, |history| history.shown(&needle));
    let info = titles::info(app, Pane::Wire);
    let focused = app.panes.focused == Pane::Wire;
    let inner = paint.frame(
        layout,
        area,
        &Frame { digit: Some(4), name: Pane::Wire.name(), subject: &subject, info: &info, focused },
    );
    let Some(history) = history.filter(|history| !history.wire.is_empty()) else {
        paint.put_cut(inner.x + 1, inner.y, inner.width.saturating_sub(1), "nothing on the wire yet", Role::Dim);
        return;
    };
    let border = inner;
    let inner = pad(inner);
    let still = history.view != View::Follow;
    let pointed = history.view.cursor(history.wire.first(), history.wire.end());
    let pointed = shown.iter().rev().find(|at| Some(**at) <= pointed).copied().filter(|_| still);
    let cursor = pointed.filter(|_| focused);
    if let Some(beyond) = pointed.and_then(|at| history.wire.get(at)).map(|row| fit(app, row).beyond) {
        let all = usize::from(inner.height) + beyond;
        paint.scrollbar(border, history.view.row().min(beyond), all);
    }
    let searched = if still || !needle.is_empty() { app.filters.needle.as_str() } else { "" };
    let (rows, skip) = page(app, history, (&shown, pointed), inner);
    for (y, (at, row, text, part)) in (inner.top()..inner.bottom()).zip(rows.into_iter().skip(skip)) {
        let area = Rect { y, height: 1, ..inner };
        line(paint, area, row, text, &part, searched);
        if cursor == Some(at) {
            paint.select(area);
        }
    }
}

type Page<'a> = VecDeque<(u64, &'a WireRow, &'a str, Part)>;

/// The visible lines, and how many of them are above the edge.
fn page<'a>(
    app: &'a App,
    history: &'a WatchHistory,
    (shown, pointed): (&[u64], Option<u64>),
    inner: Rect,
) -> (Page<'a>, usize) {
    let height = usize::from(inner.height);
    let split = shown.partition_point(|at| *at < history.view.end(history.wire.first(), history.wire.end()));
    let parts = |index: usize| {
        let at = shown[index];
        let row = history.wire.get(at)?;
        let before = index.checked_sub(1).and_then(|index| history.wire.get(*shown.get(index)?));
        let since = before.and_then(|before| row.ts.duration_since(before.ts).ok());
        let part = move |n| if n == 0 { Part::Begins(since) } else { Part::GoesOn };
        let lines = texts(app, row, inner.width).into_iter().enumerate();
        Some(lines.map(|(n, text)| (at, row, text, part(n))).collect::<Vec<_>>())
    };
    let mut rows = Page::new();
    let mut first = split;
    while first > 0
        && (rows.len() < height || pointed.is_some_and(|pointed| shown.get(first).is_none_or(|at| *at > pointed)))
    {
        first -= 1;
        for part in parts(first).into_iter().flatten().rev() {
            rows.push_front(part);
        }
    }
    // A page without enough above goes on below: a filter was typed, or the pane has grown.
    let mut next = split;
    while rows.len() < height && next < shown.len() {
        rows.extend(parts(next).into_iter().flatten());
        next += 1;
    }
    // At the top of the list its first line is shown.
    let at_top = first == 0 && history.view != View::Follow;
    let skip = if at_top { 0 } else { rows.len().saturating_sub(height) };
    let is_pointed = |(at, ..): &(u64, &WireRow, &str, Part)| Some(*at) == pointed;
    let Some(start) = rows.iter().position(is_pointed) else { return (rows, skip) };
    let size = rows.iter().filter(|row| is_pointed(row)).count();
    let skip = above(skip, &(start..start + size), history.view.row(), height);
    (rows, skip)
}

/// How a row fits the pane.
pub fn fit(app: &App, row: &WireRow) -> Fit {
    let Some(inner) = ScreenLayout::of(app, app.size).inside(Pane::Wire).map(pad) else {
        return Fit { whole: true, beyond: 0 };
    };
    let beyond = texts(app, row, inner.width).len().saturating_sub(usize::from(inner.height).max(1));
    Fit { whole: beyond == 0, beyond }
}

/// How many of the oldest lines shown fill the pane.
pub fn top_page(app: &App) -> usize {
    let Some(inner) = ScreenLayout::of(app, app.size).inside(Pane::Wire).map(pad) else { return 1 };
    let Some(history) = app.history() else { return 1 };
    let mut lines = 0;
    let mut rows = 0;
    for row in
        history.shown(&app.filters.of_pane(Pane::Wire).to_lowercase()).into_iter().filter_map(|at| history.wire.get(at))
    {
        lines += texts(app, row, inner.width).len();
        rows += 1;
        if lines >= usize::from(inner.height) {
            break;
        }
    }
    rows.max(1)
}

/// The part of a wrapped row that a line is.
enum Part {
    /// The first, with the time since the row before.
    Begins(Option<Duration>),
    /// Another.
    GoesOn,
}

/// The cells before the text, how precisely the time is written, and whether the time since the line before is.
const fn indent(width: u16) -> (u16, Option<Precision>, bool) {
    match width {
        // With room for one of the two, the time since the line before says more.
        0..40 => (3, None, false),
        40..56 => (13, None, true),
        56..70 => (23, Some(Precision::Seconds), true),
        _ => (28, Some(Precision::Millis), true),
    }
}

/// A row's text as shown: wrapped, or one line from a column on.
fn texts<'a>(app: &App, row: &'a WireRow, width: u16) -> Vec<&'a str> {
    let timing = row.timing.as_deref().map_or(0, |timing| cells(timing) + 2);
    let room = width.saturating_sub(indent(width).0);
    if !app.panes.wire_wrap || room <= timing {
        return vec![sideways(&row.text, app.panes.wire_column)];
    }
    wrap(&row.text, room - timing)
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
    let (indent, precision, has_since) = indent(area.width);
    let mut x = area.x;
    let right = area.right();
    let role_of_text = if row.direction == WireDirection::Client { Role::Strong } else { Role::Text };
    let Part::Begins(since) = part else {
        let x = x + indent;
        paint.put_cut(x, area.y, right.saturating_sub(x), text, role_of_text);
        paint.underline(x, area.y, right.saturating_sub(x), text, searched);
        return;
    };
    if let Some(precision) = precision {
        let time = show_wall(row.ts, &app.options.zone, precision);
        x = paint.put(x, area.y, right.saturating_sub(x), &time, Role::Dim).saturating_add(2);
    }
    if has_since {
        let since = (*since).map_or_else(String::new, show_since);
        // Nine cells; beside seconds a blank less.
        paint.put_right(x, area.y, 9, &since, Role::Dim);
        x += 10 + u16::from(precision == Some(Precision::Millis));
    }
    let (mark, role) = match row.direction {
        WireDirection::Client => ("C", Role::Client),
        WireDirection::Server => ("S", Role::Server),
    };
    x = paint.put(x, area.y, right.saturating_sub(x), mark, role).saturating_add(2);
    let timing = row.timing.as_deref().unwrap_or("");
    let reserve = if timing.is_empty() { 0 } else { cells(timing) + 2 };
    let room = right.saturating_sub(x).saturating_sub(reserve);
    paint.put_cut(x, area.y, room, text, role_of_text);
    paint.underline(x, area.y, room, text, searched);
    if right > x + reserve {
        paint.put_right(x, area.y, right - x, timing, Role::Live);
    }
}

/// The text from a column on.
fn sideways(text: &str, column: usize) -> &str {
    if column == 0 {
        return text;
    }
    text.grapheme_indices(true).nth(column).map_or("", |(index, _)| &text[index..])
}

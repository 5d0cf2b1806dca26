//! The wire of the selected watch, as a story: time, connection, direction, line, and at the right what stands beside it.

use std::collections::VecDeque;
use std::time::Duration;

use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use super::fit::{cells, wrap};
use super::paint::{Frame, Paint, pad};
use crate::tui::app::{App, Pane};
use crate::tui::clock::{Precision, show_wall};
use crate::tui::layout::ScreenLayout;
use crate::tui::navigation::View;
use crate::tui::navigation::{Fit, above};
use crate::tui::story::{Beside, Opening, Stage, Story, StoryRow, Tone, What};
use crate::tui::theme::Role;
use crate::tui::titles;
use crate::tui::watch_history::WatchHistory;
use crate::tui::words::{show_age, show_span};
use mailwatch_proto::model::WireDirection;

pub fn draw(paint: &mut Paint, layout: &ScreenLayout, area: Rect) {
    let app = paint.app;
    let subject = app.watches.selected.as_ref().map_or_else(String::new, ToString::to_string);
    let history = app.history();
    let needle = app.filters.of_pane(Pane::Wire).to_lowercase();
    let shown = history.map_or_else(Vec::new, |history| history.story.shown(&needle));
    let info = titles::info(app, Pane::Wire);
    let focused = app.panes.focused == Pane::Wire;
    let inner = paint.frame(
        layout,
        area,
        &Frame { digit: Some(4), name: Pane::Wire.name(), subject: &subject, info: &info, focused },
    );
    let Some(history) = history.filter(|history| !history.story.is_empty()) else {
        paint.put_cut(inner.x + 1, inner.y, inner.width.saturating_sub(1), "nothing on the wire yet", Role::Dim);
        return;
    };
    let border = inner;
    let inner = pad(inner);
    let still = history.view != View::Follow;
    let pointed = pointed(history, &shown);
    let cursor = pointed.filter(|_| focused);
    if let Some(beyond) = pointed.map(|at| fit(app, at).beyond) {
        let all = usize::from(inner.height) + beyond;
        paint.scrollbar(border, history.view.row().min(beyond), all);
    }
    let searched = if still || !needle.is_empty() { app.filters.needle.as_str() } else { "" };
    let (rows, skip) = page(app, history, (&shown, pointed), inner);
    let columns = Columns::of(inner.width, &history.story);
    for (y, (at, row, text, part)) in (inner.top()..inner.bottom()).zip(rows.into_iter().skip(skip)) {
        let area = Rect { y, height: 1, ..inner };
        line(paint, area, &columns, &Line { row, text, part, inner: Story::is_inner(at) }, searched);
        if cursor == Some(at) {
            paint.select(area);
        }
    }
}

/// A shorter silence before a line says nothing.
const SAYS: Duration = Duration::from_secs(1);

/// The cells by which the lines of an opening are moved in.
const INNER: u16 = 2;

type Page<'a> = VecDeque<(u64, &'a StoryRow, &'a str, Part)>;

/// The visible lines, and how many of them are above the edge.
fn page<'a>(
    app: &'a App,
    history: &'a WatchHistory,
    (shown, pointed): (&[u64], Option<u64>),
    inner: Rect,
) -> (Page<'a>, usize) {
    let height = usize::from(inner.height);
    let split = shown.partition_point(|at| *at < history.view.end(history.story.first(), history.story.end()));
    let filtered = !app.filters.of_pane(Pane::Wire).is_empty();
    let parts = |index: usize| {
        let at = shown[index];
        let row = history.story.get(at)?;
        let before = if filtered {
            index.checked_sub(1).and_then(|index| history.story.get(*shown.get(index)?)).map(|before| before.ts)
        } else {
            history.story.moment_before(at)
        };
        let since = before.and_then(|before| row.ts.duration_since(before).ok()).filter(|since| *since >= SAYS);
        let part = move |n| if n == 0 { Part::Begins(since) } else { Part::GoesOn };
        let lines = texts(app, &history.story, (at, row), inner.width).into_iter().enumerate();
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
    let is_pointed = |(at, ..): &(u64, &StoryRow, &str, Part)| Some(*at) == pointed;
    let Some(start) = rows.iter().position(is_pointed) else { return (rows, skip) };
    let size = rows.iter().filter(|row| is_pointed(row)).count();
    let skip = above(skip, &(start..start + size), history.view.row(), height);
    (rows, skip)
}

/// The story's row at a position of the pane, where that is one that opens.
#[must_use]
pub fn opening_at(app: &App, at: Position) -> Option<u64> {
    let inner = ScreenLayout::of(app, app.size).inside(Pane::Wire).map(pad)?;
    let history = app.history()?;
    let shown = history.story.shown(&app.filters.of_pane(Pane::Wire).to_lowercase());
    let pointed = pointed(history, &shown);
    let (rows, skip) = page(app, history, (&shown, pointed), inner);
    let number = usize::from(at.y.checked_sub(inner.y)?);
    let (at, row, ..) = rows.into_iter().skip(skip).nth(number).filter(|_| inner.contains(at))?;
    matches!(row.what, What::Opening(_)).then_some(at)
}

/// The row that the cursor is on, while the view stands still.
fn pointed(history: &WatchHistory, shown: &[u64]) -> Option<u64> {
    let pointed = history.view.cursor(history.story.first(), history.story.end());
    shown.iter().rev().find(|at| Some(**at) <= pointed).copied().filter(|_| history.view != View::Follow)
}

/// How a row of the selected watch fits the pane.
pub fn fit(app: &App, at: u64) -> Fit {
    let inner = ScreenLayout::of(app, app.size).inside(Pane::Wire).map(pad);
    let story = app.history().map(|history| &history.story);
    let (Some(inner), Some(story)) = (inner, story) else { return Fit { whole: true, beyond: 0 } };
    let rows = story.get(at).map_or(0, |row| texts(app, story, (at, row), inner.width).len());
    let beyond = rows.saturating_sub(usize::from(inner.height).max(1));
    Fit { whole: beyond == 0, beyond }
}

/// How many of the oldest lines shown fill the pane.
pub fn top_page(app: &App) -> usize {
    let Some(inner) = ScreenLayout::of(app, app.size).inside(Pane::Wire).map(pad) else { return 1 };
    let Some(story) = app.history().map(|history| &history.story) else { return 1 };
    let mut lines = 0;
    let mut rows = 0;
    for at in story.shown(&app.filters.of_pane(Pane::Wire).to_lowercase()) {
        lines += story.get(at).map_or(0, |row| texts(app, story, (at, row), inner.width).len());
        rows += 1;
        if lines >= usize::from(inner.height) {
            break;
        }
    }
    rows.max(1)
}

/// The part of a wrapped row that a line is.
#[derive(Clone, Copy)]
enum Part {
    /// The first, with a silence before it that says something.
    Begins(Option<Duration>),
    /// Another.
    GoesOn,
}

/// A line of the pane.
struct Line<'a> {
    row: &'a StoryRow,
    text: &'a str,
    part: Part,
    /// Whether it is an opening's.
    inner: bool,
}

/// How precisely the time is written, and the cells that it and the blank behind it take.
const fn time(width: u16) -> (Option<Precision>, u16) {
    match width {
        0..48 => (None, 0),
        48..70 => (Some(Precision::Seconds), 10),
        _ => (Some(Precision::Millis), 14),
    }
}

/// The cells of a connection's number as it is most often, and the blank behind it.
const CONNECTION: u16 = 4;

/// The columns before the text.
struct Columns {
    time: Option<Precision>,
    connection: u16,
    mark: u16,
    text: u16,
}

impl Columns {
    fn of(width: u16, story: &Story) -> Self {
        let (time, connection) = time(width);
        let mark = connection + (story.digits() + 2).max(CONNECTION);
        Self { time, connection, mark, text: mark + if width < 48 { 2 } else { 3 } }
    }
}

/// `#3`.
fn number(row: &StoryRow) -> String {
    row.conn.map_or_else(String::new, |conn| format!("#{}", conn.0))
}

/// A row's text as shown: wrapped, or one line from a column on.
fn texts<'a>(app: &App, story: &Story, (at, row): (u64, &'a StoryRow), width: u16) -> Vec<&'a str> {
    if matches!(row.what, What::Opening(_)) {
        return vec![&row.text];
    }
    let before = Columns::of(width, story).text + if Story::is_inner(at) { INNER } else { 0 };
    let room = width.saturating_sub(before);
    let beside = row.beside.as_ref().map_or(0, |beside| cells(&said(beside, &row.text, room)) + 2);
    if !app.panes.wire_wrap || room <= beside {
        return vec![sideways(&row.text, app.panes.wire_column)];
    }
    wrap(&row.text, room - beside)
}

/// What stands beside a line: without the command that it answers, where the line would be cut for that.
fn said(beside: &Beside, line: &str, room: u16) -> String {
    let whole = beside.whole();
    if cells(line) + cells(&whole) + 2 > room { beside.text.clone() } else { whole }
}

/// `+1.2 s`, `+26 s`, `+3:41`: a silence before a line.
fn show_since(since: Duration) -> String {
    if since.as_secs() < 60 { format!("+{}", show_span(since)) } else { format!("+{}", show_age(since)) }
}

fn line(paint: &mut Paint, area: Rect, columns: &Columns, line: &Line, searched: &str) {
    let app = paint.app;
    let Line { row, text, part, inner } = line;
    let right = area.right();
    let mut x = area.x + columns.text + if *inner { INNER } else { 0 };
    let room = |x: u16| right.saturating_sub(x);
    let Part::Begins(since) = part else {
        let role = if row.what == What::Line(WireDirection::Client) { Role::Strong } else { Role::Text };
        paint.put_cut(x, area.y, room(x), text, role);
        return paint.underline(x, area.y, room(x), text, searched);
    };
    if let Some(precision) = columns.time {
        paint.put(area.x, area.y, room(area.x), &show_wall(row.ts, &app.options.zone, precision), Role::Dim);
    }
    let at = area.x + columns.connection;
    paint.put(at, area.y, room(at), &number(row), Role::Header);
    let marked = area.x + columns.mark + if *inner { INNER } else { 0 };
    let (mark, role, role_of_text) = match &row.what {
        What::Opening(opening) => return opened(paint, (marked, area.y, right), row, opening, searched),
        What::Line(WireDirection::Client) => ("C", Role::Client, Role::Strong),
        What::Line(WireDirection::Server) => ("S", Role::Server, Role::Text),
        What::Note(Tone::Trouble) => (app.glyphs().state.down, Role::Down, Role::Warn),
        What::Note(Tone::Calm) => (app.glyphs().text.dot, Role::Dim, Role::Dim),
    };
    paint.put(marked, area.y, room(marked), mark, role);
    let aside = beside(row, text, *since, room(x));
    let reserve: u16 = aside.iter().map(|(_, text)| cells(text) + 2).sum();
    let width = room(x).saturating_sub(reserve);
    let end = paint.put_cut(x, area.y, width, text, role_of_text);
    paint.underline(x, area.y, width, text, searched);
    x = right.saturating_sub(reserve.saturating_sub(2)).max(end);
    for (role, text) in &aside {
        if right > x {
            x = paint.put(x, area.y, right - x, text, *role).saturating_add(2);
        }
    }
}

/// What stands at the right of a line: a silence before it, where there is room for it besides, and how long its answer
/// took.
fn beside(row: &StoryRow, text: &str, since: Option<Duration>, room: u16) -> Vec<(Role, String)> {
    let said = row.beside.as_ref().map(|beside| {
        let role = if beside.late { Role::Warn } else { Role::Live };
        (role, said(beside, &row.text, room))
    });
    let taken = cells(text) + said.as_ref().map_or(0, |(_, said)| cells(said) + 2);
    let since = since.map(|since| (Role::Dim, show_since(since)));
    let since = since.filter(|(_, since)| taken + cells(since) + 2 <= room);
    since.into_iter().chain(said).collect()
}

/// A connection's making: a rule with its words, and the key that opens it.
fn opened(paint: &mut Paint, (x, y, right): (u16, u16, u16), row: &StoryRow, opening: &Opening, searched: &str) {
    let glyphs = paint.app.glyphs();
    let stroke = glyphs.graph.rule;
    let (mark, shade, text) = match &opening.stage {
        Stage::Failed(_) => (format!("{}  ", glyphs.state.down), Role::Down, Role::Warn),
        Stage::Making => (format!("{} ", stroke.repeat(2)), Role::Dim, Role::Busy),
        Stage::Made | Stage::Left => (format!("{} ", stroke.repeat(2)), Role::Dim, Role::Text),
    };
    let room = |x: u16| right.saturating_sub(x);
    let x = paint.put(x, y, room(x), &mark, shade);
    let opens = opening.lines() > 0;
    let key = if opens { glyphs.text.enter } else { "" };
    let reserve = if opens { cells(key) + 2 } else { 0 };
    let width = room(x).saturating_sub(reserve);
    // Of long words the beginning and the figures are seen.
    let figures = opening.figures();
    let head = row.text.strip_suffix(figures.as_str()).unwrap_or(&row.text);
    let of_head = width.saturating_sub(cells(&figures));
    let end = paint.put_cut(x, y, of_head, head, text);
    paint.underline(x, y, of_head, head, searched);
    let end = paint.put(end, y, (x + width).saturating_sub(end), &figures, text);
    if opens && right > end + reserve {
        let width = usize::from(right - end - reserve);
        paint.put(end + 1, y, right - end, &stroke.repeat(width), Role::Dim);
    }
    paint.put_right(x, y, room(x), key, Role::Key);
}

/// The text from a column on.
fn sideways(text: &str, column: usize) -> &str {
    if column == 0 {
        return text;
    }
    text.grapheme_indices(true).nth(column).map_or("", |(index, _)| &text[index..])
}

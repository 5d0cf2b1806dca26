//! The log. Only the visible lines are wrapped and drawn, from the bottom up: ratatui's `List` would make all 10,000.

use std::collections::VecDeque;

use ratatui::layout::Rect;

use super::fit::{cells, wrap_hanging};
use super::paint::{Frame, Paint, pad};
use super::watch_cells::name;
use crate::tui::app::{App, Pane};
use crate::tui::clock::{Precision, show_wall};
use crate::tui::layout::ScreenLayout;
use crate::tui::log::{Entry, Log};
use crate::tui::navigation::View;
use crate::tui::navigation::{Fit, above};
use crate::tui::theme::Role;
use crate::tui::titles;

/// What a cut entry ends with, where that takes nothing from the text that matters.
const MORE: &str = " y copies all";

/// From this width on it does not.
const ROOM_FOR_MORE: u16 = 40;

/// With less room for the text a line that goes on goes on below the watch's name.
const NARROW: u16 = 36;

/// The log's columns: how the time is written, the watch's width; where the text begins and its width: in an entry's first
/// line, in its others, in one of no watch.
struct Columns {
    time: Precision,
    watch: u16,
    text: (u16, u16),
    hanging: (u16, u16),
    of_none: (u16, u16),
}

impl Columns {
    /// Where an entry's line begins, and its width.
    const fn of_line(&self, entry: &Entry, number: usize) -> (u16, u16) {
        match (&entry.watch, number) {
            (None, _) => self.of_none,
            (Some(_), 0) => self.text,
            (Some(_), _) => self.hanging,
        }
    }
}

fn columns(app: &App, width: u16) -> Columns {
    let (time, time_cells) = if width < 45 { (Precision::Minutes, 5) } else { (Precision::Seconds, 8) };
    // A quarter for the watch's name; nothing if hardly the text fits.
    let most = if width < 30 { 0 } else { (width / 4).max(11) };
    let name = |id: &mailwatch_proto::model::WatchId| id.account.len() + 1 + id.mailbox.len();
    let widest = app.board.watches.keys().map(name).max().unwrap_or(0);
    let watch = most.min(u16::try_from(widest).unwrap_or(most));
    let from = |indent: u16| (indent, width.saturating_sub(indent));
    let text = from(time_cells + 1 + if watch > 0 { watch + 1 } else { 0 });
    let hanging = if text.1 < NARROW { from(time_cells + 2) } else { text };
    Columns { time, watch, text, hanging, of_none: from(time_cells + 1) }
}

pub fn draw(paint: &mut Paint, layout: &ScreenLayout, area: Rect) {
    let app = paint.app;
    let log = &app.log;
    let filter = app.filters.of_pane(Pane::Log);
    let info = titles::info(app, Pane::Log);
    let focused = app.panes.focused == Pane::Log;
    let subject = log.only().map_or_else(String::new, |only| format!("only {only}"));
    let names = titles::log_and_mail(app, Pane::Log);
    let inner = paint.frame(
        layout,
        area,
        &Frame { digit: Some(Pane::Log.digit()), name: &names, subject: &subject, info: &info, focused },
    );
    let border = inner;
    let inner = pad(inner);
    if inner.is_empty() {
        return;
    }
    let columns = columns(app, inner.width);
    if log.first() == log.end() {
        let text = if log.is_empty() { "nothing has happened yet" } else { "nothing passes the filter" };
        paint.put_cut(inner.x, inner.y, inner.width, text, Role::Dim);
        return;
    }
    let (page, skip) = page(app, &columns, usize::from(inner.height));
    let lines = page
        .iter()
        .flat_map(|(at, entry, lines)| lines.iter().enumerate().map(move |(n, line)| (*at, n, *entry, *line)));
    let still = log.view != View::Follow;
    let cursor = log.cursor().filter(|_| still && focused);
    if let Some(beyond) = log.cursor().filter(|_| still).map(|at| fit(app, at).beyond) {
        let all = usize::from(inner.height) + beyond;
        paint.scrollbar(border, log.view.row().min(beyond), all);
    }
    let needle = if still || !filter.is_empty() { app.filters.needle.as_str() } else { "" };
    for (y, (at, number, entry, line)) in (inner.top()..inner.bottom()).zip(lines.skip(skip)) {
        let (indent, width) = columns.of_line(entry, number);
        // The topmost line has its time and watch even if its entry began above.
        if number == 0 || (y == inner.y && columns.of_line(entry, 0).0 == indent) {
            head(paint, inner, y, entry, &columns);
        }
        let x = inner.x + indent.min(inner.width);
        let end = paint.put_cut(x, y, width, line, entry.role);
        if cells(line) > width && width >= ROOM_FOR_MORE {
            paint.put(end - cells(MORE) - 1, y, 1, app.glyphs().text.ellipsis, entry.role);
            paint.put(end - cells(MORE), y, cells(MORE), MORE, Role::Dim);
        }
        paint.underline(x, y, width, line, needle);
        if cursor == Some(at) {
            paint.select(Rect { y, height: 1, ..inner });
        }
    }
}

type Page<'a> = VecDeque<(u64, &'a Entry, Vec<&'a str>)>;

/// The visible entries, wrapped, and how many lines of the first are above the edge.
fn page<'a>(app: &'a App, columns: &Columns, height: usize) -> (Page<'a>, usize) {
    let log = &app.log;
    let bottom = log.view.end(log.first(), log.end());
    let mut page = Page::new();
    let mut count = 0;
    let mut at = bottom;
    let pointed = log.cursor().filter(|_| log.view != View::Follow);
    while (count < height || pointed.is_some_and(|pointed| at > pointed)) && at > log.first() {
        at -= 1;
        let Some(entry) = log.get(at) else { break };
        let lines = lines(entry, columns, room(log, at, height));
        count += lines.len();
        page.push_front((at, entry, lines));
    }
    // A page without enough above goes on below: a pane may have grown.
    for next in bottom..log.end() {
        let Some(entry) = log.get(next).filter(|_| count < height) else { break };
        let lines = lines(entry, columns, room(log, next, height));
        count += lines.len();
        page.push_back((next, entry, lines));
    }
    // At the top of the list its first line is shown.
    let at_top = at == log.first() && log.view != View::Follow;
    let skip = if at_top { 0 } else { count.saturating_sub(height) };
    // While the list is followed an entry that has not room for all begins with its first line, at the top too.
    if log.view == View::Follow
        && let Some((_, entry, topmost)) = page.front_mut()
        && (1..topmost.len()).contains(&skip)
    {
        *topmost = lines(entry, columns, topmost.len() - skip);
        return (page, 0);
    }
    let Some(index) = page.iter().position(|(at, ..)| Some(*at) == pointed) else { return (page, skip) };
    let start = page.iter().take(index).map(|(_, _, lines)| lines.len()).sum();
    let skip = above(skip, &(start..start + page[index].2.len()), log.view.row(), height);
    (page, skip)
}

/// How many lines an entry may take: half the pane, so that a stranger's long text does not fill it; all of them at the
/// cursor.
fn room(log: &Log, at: u64, height: usize) -> usize {
    let pointed = log.view != View::Follow && log.cursor() == Some(at);
    if pointed { usize::MAX } else { (height / 2).max(1) }
}

/// How a shown entry fits the pane.
pub fn fit(app: &App, at: u64) -> Fit {
    let Some(inner) = ScreenLayout::of(app, app.size).inside(Pane::Log).map(pad) else {
        return Fit { whole: true, beyond: 0 };
    };
    let height = usize::from(inner.height);
    let lines = app.log.get(at).map_or(0, |entry| wrapped(entry, &columns(app, inner.width)).len());
    Fit { whole: lines <= (height / 2).max(1), beyond: lines.saturating_sub(height.max(1)) }
}

fn wrapped<'a>(entry: &'a Entry, columns: &Columns) -> Vec<&'a str> {
    let [(_, first), (_, rest)] = [0, 1].map(|number| columns.of_line(entry, number));
    wrap_hanging(&entry.text, first, rest)
}

/// An entry's lines, at most `most`.
fn lines<'a>(entry: &'a Entry, columns: &Columns, most: usize) -> Vec<&'a str> {
    let mut lines = wrapped(entry, columns);
    if lines.len() > most {
        lines.truncate(most);
        // The last line holds all that is left, so that its ellipsis says that there is more.
        if let Some(last) = lines.last_mut() {
            *last = &entry.text[last.as_ptr() as usize - entry.text.as_ptr() as usize..];
        }
    }
    if lines.is_empty() {
        lines.push("");
    }
    lines
}

fn head(paint: &mut Paint, inner: Rect, y: u16, entry: &Entry, columns: &Columns) {
    let time = show_wall(entry.ts, &paint.app.options.zone, columns.time);
    let x = paint.put(inner.x, y, inner.width, &time, Role::Dim).saturating_add(1);
    if let Some(watch) = &entry.watch
        && columns.watch > 0
    {
        let room = columns.watch.min(inner.right().saturating_sub(x));
        name(paint, (x, y, room), watch, Role::Text);
    }
}

/// How many of the oldest shown entries fill the log's pane.
pub fn top_page(app: &App) -> usize {
    let Some(inner) = ScreenLayout::of(app, app.size).inside(Pane::Log).map(pad) else { return 1 };
    let columns = columns(app, inner.width);
    let mut count = 0;
    let mut entries = 0;
    for position in app.log.first()..app.log.end() {
        let Some(entry) = app.log.get(position) else { break };
        count += lines(entry, &columns, room(&app.log, position, usize::from(inner.height))).len();
        entries += 1;
        if count >= usize::from(inner.height) {
            break;
        }
    }
    entries.max(1)
}

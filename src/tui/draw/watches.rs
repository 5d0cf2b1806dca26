//! The table of watches. Columns come and go with the width; only visible rows are made. ratatui's `Table` would cut
//! names and verdicts without an ellipsis, and an account's sentence goes across its columns.

use ratatui::layout::{Position, Rect};

use super::accounts;
use super::columns::{Column, columns};
use super::fit::end_of;
use super::hosts;
use super::paint::{Frame, Paint};
use super::watch_cells::{name, next, optional};
use crate::tui::app::{App, Pane};
use crate::tui::clock::{Precision, show_wall};
use crate::tui::layout::ScreenLayout;
use crate::tui::stall;
use crate::tui::table::{Row, Sort};
use crate::tui::theme::Role;
use crate::tui::titles;
use crate::tui::words::{self, show_age};
use mailwatch_proto::model::{Phase, Snapshot};

pub fn draw(paint: &mut Paint, layout: &ScreenLayout, area: Rect) {
    let app = paint.app;
    let all = app.board.watches.len();
    let focused = app.panes.focused == Pane::Watches;
    let info = titles::info(app, Pane::Watches);
    let inner = paint.frame(
        layout,
        area,
        &Frame { digit: Some(1), name: Pane::Watches.name(), subject: "", info: &info, focused },
    );
    let Some(table) = layout.watch_table() else { return };
    if app.watches.rows.is_empty() {
        let text = if all == 0 { "no watch yet" } else { "no watch passes the filter" };
        paint.put_cut(table.x + 1, table.y, table.width.saturating_sub(1), text, Role::Dim);
        return;
    }
    let selected = app.watches.position();
    let visible = app.watches.rows.iter().skip(app.watches.top).take(usize::from(table.height));
    let columns = columns_of(app, inner.width);
    if let Some(area) = layout.watch_header() {
        header(paint, area, &columns);
    }
    for ((y, shown), at) in (table.y..).zip(visible).zip(app.watches.top..) {
        let line = Rect { y, height: 1, ..table };
        match shown {
            Row::Host(host) => hosts::row(paint, line, host, &columns),
            Row::Account(account) => accounts::row(paint, line, account, &columns),
            Row::Watch(id) => {
                let Some(snapshot) = app.board.watches.get(id) else { continue };
                row(paint, line, snapshot, &columns);
                if app.is_unheard(id) {
                    paint.grey(line);
                }
            }
        }
        if selected == Some(at) {
            paint.put(line.x, y, line.width.min(1), app.glyphs().list.pointer, Role::TitleFocused);
            paint.set_style(line, Role::Selected);
        }
    }
    if layout.bordered {
        paint.scrollbar(table, app.watches.top, app.watches.rows.len());
    }
}

fn columns_of(app: &App, width: u16) -> Vec<(Column, u16)> {
    let widest = app.watches.rows.iter().map(name_cells).max().unwrap_or(0);
    columns(width, u16::try_from(widest).unwrap_or(u16::MAX))
}

/// The order that the column name at a position asks for.
#[must_use]
pub fn sort_at(app: &App, at: Position) -> Option<Sort> {
    let area = ScreenLayout::of(app, app.size).watch_header().filter(|area| area.contains(at))?;
    let mut x = area.x + 3;
    for (column, width) in columns_of(app, area.width) {
        // The gap belongs to the column to its left.
        if at.x >= x && at.x < x + width + 2 {
            return column.sort();
        }
        x = x.saturating_add(width + 2);
    }
    None
}

/// A name's length in bytes, which is at least its width.
fn name_cells(row: &Row) -> usize {
    match row {
        Row::Host(host) => host.len() + 2,
        Row::Account(account) => account.len() + 2,
        Row::Watch(id) => id.account.len() + 1 + id.mailbox.len(),
    }
}

fn header(paint: &mut Paint, area: Rect, columns: &[(Column, u16)]) {
    let mut x = area.x + 3;
    let answer = format!("DONE{}OK", paint.app.glyphs().text.arrow);
    let sort = paint.app.watches.arrangement.sort;
    let mark = if sort.is_rising() { paint.app.glyphs().list.rising } else { paint.app.glyphs().list.falling };
    for &(column, width) in columns {
        let name = match column {
            Column::Watch => "WATCH",
            Column::Phase => "PHASE",
            Column::For => "FOR",
            Column::New => "NEW",
            Column::Unseen => "UNSEEN",
            Column::Next => "NEXT DONE",
            Column::Answer => &answer,
            Column::Heard => "HEARD",
            Column::Blind => "BLIND",
            Column::Verdict => "VERDICT",
        };
        let width = width.min(area.right().saturating_sub(x));
        let (name, role) = match column.sort() {
            Some(own) if own == sort => (format!("{name} {mark}"), Role::TitleFocused),
            Some(_) | None => (name.to_owned(), Role::Header),
        };
        if column.is_right() {
            paint.put_right(x, area.y, width, &name, role);
        } else {
            paint.put(x, area.y, width, &name, role);
        }
        x = x.saturating_add(width + 2);
    }
}

fn row(paint: &mut Paint, line: Rect, snapshot: &Snapshot, columns: &[(Column, u16)]) {
    let app = paint.app;
    let (y, glyphs, now) = (line.y, app.glyphs(), app.now.at);
    let (glyph, word, role) = words::phase_word(snapshot, glyphs);
    paint.put(line.x + 1, y, line.width.saturating_sub(1).min(1), glyph, role);
    let since = |at| show_age(now.saturating_duration_since(at));
    let mut x = line.x + 3;
    for &(column, width) in columns {
        let width = width.min(line.right().saturating_sub(x));
        match column {
            Column::Watch if app.watches.arrangement.grouped => {
                let room = width.saturating_sub(2);
                paint.put(x + 2, y, room, &end_of(&snapshot.id.mailbox, room, glyphs.text.ellipsis), Role::Strong);
            }
            Column::Watch => name(paint, (x, y, width), &snapshot.id, Role::Strong),
            Column::Phase => {
                // The one phase whose name is too long for most tables.
                let cut = word.len() > usize::from(width) && word == Phase::Authenticating.name();
                paint.put_cut(x, y, width, if cut { "auth" } else { word }, role);
            }
            Column::For if snapshot.phase.is_at_rest() => paint.put_right(x, y, width, glyphs.text.none, Role::Dim),
            Column::For => paint.put_right(x, y, width, &since(snapshot.since), Role::Text),
            Column::New => {
                let (text, role) = match snapshot.mailbox.new {
                    0 => (glyphs.text.none.to_owned(), Role::Dim),
                    n => (format!("+{n}"), Role::Mail),
                };
                paint.put_right(x, y, width, &text, role);
            }
            Column::Unseen => optional(paint, (x, y, width), snapshot.mailbox.unseen.map(|n| n.to_string())),
            Column::Next => next(paint, x, y, width, snapshot),
            Column::Answer => {
                let took = snapshot.receipt.as_ref().and_then(mailwatch_proto::model::Receipt::took);
                optional(paint, (x, y, width), took.map(words::show_span));
            }
            Column::Heard => optional(paint, (x, y, width), snapshot.connection.heard.map(since)),
            Column::Blind => {
                let blind = snapshot.blind.today;
                optional(paint, (x, y, width), (!blind.is_zero()).then(|| words::show_span(blind)));
            }
            Column::Verdict => {
                let stall = app.stall(snapshot).filter(|_| stall::may_replace_verdict(snapshot));
                let (text, role) = match stall {
                    Some(stall) => (stall.show(glyphs, width), Role::Warn),
                    None => words::verdict_word(snapshot, now, width),
                };
                let text = if text.is_empty() { glyphs.text.none } else { &text };
                paint.put_cut(x, y, width, text, role);
            }
        }
        x = x.saturating_add(width + 2);
    }
}

/// Since when a watch rests, for the timers' pane.
pub fn resting_since(paint: &Paint, snapshot: &Snapshot) -> String {
    let app = paint.app;
    let ago = app.now.at.saturating_duration_since(snapshot.since);
    let wall = app.now.wall.checked_sub(ago).unwrap_or(app.now.wall);
    format!("since {}", show_wall(wall, &app.options.zone, Precision::Minutes))
}

//! The table of watches. Columns come and go with the width; only visible rows are made. ratatui's `Table` would cut
//! names and verdicts without an ellipsis, and an account's sentence goes across its columns.

use ratatui::layout::{Position, Rect};

use super::columns::{Widths, columns, is_right, sort};
use super::figures::{age, answer, cells_of_state, figure, has_age, push};
use super::fit::{cells, end_of};
use super::paint::{Frame, Paint};
use super::watch_cells::{Wait, muted, name, next, optional, wait};
use super::{accounts, hosts, hour};
use crate::tui::app::{App, Pane};
use crate::tui::clock::{Precision, show_wall};
use crate::tui::layout::ScreenLayout;
use crate::tui::settings::Column;
use crate::tui::table::{Row, Sort};
use crate::tui::theme::Role;
use crate::tui::titles;
use crate::tui::words::{State, show_age};
use mailwatch_proto::model::Snapshot;

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
            paint.select(line);
        }
    }
    if layout.bordered {
        paint.scrollbar(table, app.watches.top, app.watches.rows.len());
    }
}

fn columns_of(app: &App, width: u16) -> Widths {
    let widest = u16::try_from(app.watches.widest).unwrap_or(u16::MAX);
    columns(&app.options.preferences.columns, width, widest)
}

/// The order that the column name at a position asks for.
#[must_use]
pub fn sort_at(app: &App, at: Position) -> Option<Sort> {
    let area = ScreenLayout::of(app, app.size).watch_header().filter(|area| area.contains(at))?;
    let Widths { name, others } = columns_of(app, area.width);
    let mut x = area.x + 3;
    if at.x < x + name + 1 {
        return (at.x >= x).then_some(Sort::Name);
    }
    x += name;
    for (column, width) in others {
        // The gap belongs to the column to its right.
        if at.x >= x && at.x < x + width + 2 {
            return sort(column);
        }
        x = x.saturating_add(width + 2);
    }
    None
}

fn header(paint: &mut Paint, area: Rect, columns: &Widths) {
    let sorted = paint.app.watches.arrangement.sort;
    let mark = if sorted.is_rising() { paint.app.glyphs().list.rising } else { paint.app.glyphs().list.falling };
    let named = |name: &str, own: Option<Sort>| match own {
        Some(own) if own == sorted => (format!("{name} {mark}"), Role::TitleFocused),
        Some(_) | None => (name.to_owned(), Role::Header),
    };
    let (name, role) = named("WATCH", Some(Sort::Name));
    let mut x = area.x + 3;
    paint.put(x, area.y, columns.name.min(area.right().saturating_sub(x)), &name, role);
    x = x.saturating_add(columns.name + 2);
    for &(column, width) in &columns.others {
        let name = match column {
            Column::State if paint.app.engine.gone.is_some() => "LAST STATE",
            Column::State => "STATE",
            Column::Hour => "LAST HOUR",
            // Of an engine that is gone nothing is next: how long the last state had lasted stands there.
            Column::Next if paint.app.engine.gone.is_some() && !tells_age(columns) => "",
            Column::Next => "NEXT",
            Column::Push => "PUSH",
            Column::Answer => paint.app.glyphs().text.answer,
            Column::New => "NEW",
            Column::Unseen => "UNSEEN",
            Column::Heard => "HEARD",
            Column::Blind => "BLIND",
            Column::Verdict => "VERDICT",
        };
        let width = width.min(area.right().saturating_sub(x));
        let (mut name, role) = named(name, sort(column));
        if cells(&name) > width {
            name.truncate(name.find(' ').unwrap_or(name.len()));
        }
        if is_right(column) {
            paint.put_right(x, area.y, width, &name, role);
        } else {
            paint.put(x, area.y, width, &name, role);
        }
        x = x.saturating_add(width + 2);
    }
}

fn row(paint: &mut Paint, line: Rect, snapshot: &Snapshot, columns: &Widths) {
    let app = paint.app;
    let (y, glyphs) = (line.y, app.glyphs());
    let stall = app.stall(snapshot);
    let mut state = State::of(snapshot, stall, glyphs);
    if app.engine.gone.is_some() {
        state = state.last(glyphs);
    }
    paint.put(line.x + 1, y, line.width.saturating_sub(1).min(1), state.glyph, state.role);
    if app.watches.marked.contains(&snapshot.id) {
        paint.put(line.x + 2, y, line.width.saturating_sub(2).min(1), glyphs.list.marked, Role::Key);
    }
    let mut x = line.x + 3;
    let width = muted(paint, (x, y, columns.name.min(line.right().saturating_sub(x))), snapshot);
    if app.watches.arrangement.grouped {
        let room = width.saturating_sub(2);
        paint.put(x + 2, y, room, &end_of(&snapshot.id.mailbox, room, glyphs.text.ellipsis), Role::Strong);
    } else {
        name(paint, (x, y, width), &snapshot.id, Role::Strong);
    }
    x = x.saturating_add(columns.name + 2);
    let wait = wait(app, snapshot);
    let last = app.engine.gone.is_some() && !tells_age(columns);
    let mut others = columns.others.iter().peekable();
    while let Some(&(column, width)) = others.next() {
        let mut width = width.min(line.right().saturating_sub(x));
        if column == Column::Next && matches!(wait, Wait::Words { .. }) {
            // What the next columns would say is not known of a watch that is down or on its way.
            while let Some((_, more)) = others.next_if(|(next, _)| matches!(next, Column::Push | Column::Answer)) {
                width = width.saturating_add(more + 2).min(line.right().saturating_sub(x));
            }
        }
        let at = (x, y, width);
        match column {
            Column::State => cells_of_state(paint, at, snapshot, state),
            Column::Hour => hour::strip(paint, at, snapshot),
            Column::Next if last => optional(paint, at, age(app, snapshot, state).map(show_age)),
            Column::Next => next(paint, x, y, width, &wait),
            Column::Push => push(paint, at, snapshot),
            Column::Answer => answer(paint, at, snapshot, stall),
            Column::New | Column::Unseen | Column::Heard | Column::Blind | Column::Verdict => {
                figure(paint, column, at, snapshot);
            }
        }
        x = x.saturating_add(width + 2);
    }
}

/// Whether the column of states has room for how long each lasts.
fn tells_age(columns: &Widths) -> bool {
    columns.others.iter().any(|(column, width)| *column == Column::State && has_age(*width))
}

/// Since when a watch rests, for the timers' pane.
pub fn resting_since(paint: &Paint, snapshot: &Snapshot) -> String {
    let app = paint.app;
    let ago = app.now.at.saturating_duration_since(snapshot.since);
    let wall = app.now.wall.checked_sub(ago).unwrap_or(app.now.wall);
    format!("since {}", show_wall(wall, &app.options.zone, Precision::Minutes))
}

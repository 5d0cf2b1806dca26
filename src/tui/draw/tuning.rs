//! The tuning popup: whose timers, every timer with value, origin and its bar, the effect of the selected one,
//! and the evidence, arranged for the room.

mod effect;
mod evidence;
mod rows;

use std::ops::Range;

use ratatui::layout::Size;

use super::content::Content;
use super::fit::{cells, wrap};
use super::row::Row;
use crate::tui::app::{App, TUNED, Tuning, TuningHit};
use crate::tui::theme::Role;

/// From this width on the evidence stands beside the timers.
const BESIDE: u16 = 150;

/// The timers' width beside the evidence.
const LEFT: u16 = 76;

/// Between the two.
const GAP: u16 = 3;

/// In fewer rows the selected timer's effect stands right below it.
const LOW: usize = 14;

/// The popup's rows, with what a click hits and what must stay visible.
pub struct Built {
    pub content: Content,
    /// The rows of the selected timer, and of its effect if that stands below it.
    focus: Range<usize>,
    /// The row of each timer, in the order of [`TUNED`].
    timers: Vec<usize>,
    scope: usize,
    count: usize,
}

/// The popup's width on a screen.
pub fn width(size: Size) -> u16 {
    const NARROW: u16 = 96;
    const WIDE: u16 = 176;
    let room = size.width.saturating_sub(4);
    if size.width >= BESIDE { room.min(WIDE) } else { room.min(NARROW) }
}

/// The rows in `width` cells, `height` of them visible at once.
pub fn build(app: &App, tuning: Tuning, width: u16, height: usize) -> Built {
    let subject = app.watches.selected.as_ref().map_or_else(String::new, ToString::to_string);
    let mut built = Built {
        content: Content { name: "Timers", subject, rows: Vec::new() },
        focus: 0..1,
        timers: Vec::new(),
        scope: 0,
        count: 0,
    };
    let Some(snapshot) = app.selection() else { return built };
    let beside = app.size.width >= BESIDE;
    let left = if beside { LEFT } else { width };
    let low = height < LOW;
    let mut rows = vec![rows::scope(app, tuning, left)];
    let said = |rows: &mut Vec<Row>, indent: u16| {
        for (role, text) in effect::sentences(app, snapshot, tuning, low) {
            let blank = " ".repeat(usize::from(indent));
            let lines = wrap(&text, left.saturating_sub(indent));
            rows.extend(lines.into_iter().map(|line| vec![(Role::Text, blank.clone()), (role, line.to_owned())]));
        }
    };
    for timer in TUNED {
        let selected = timer == tuning.timer();
        built.timers.push(rows.len());
        let start = rows.len();
        rows.push(rows::timer(app, snapshot, timer, selected, left));
        if let Some(typed) = app.timers.typed.as_ref().filter(|typed| typed.timer == timer) {
            let mut row = vec![(Role::Text, "  ".to_owned())];
            row.extend(super::timers::typing(typed));
            rows.push(row);
        }
        if selected {
            if low {
                said(&mut rows, 2);
            }
            built.focus = start..rows.len();
        }
    }
    rows.push(rows::status(app, snapshot, tuning));
    if !low {
        said(&mut rows, 0);
    }
    if beside {
        let right = evidence::rows(app, snapshot, width - left - GAP, 22);
        rows = joined(rows, right, left);
    } else {
        // The table below the plot takes 3 rows, the text above it 3.
        let plot = u16::try_from(height.saturating_sub(rows.len() + 6)).unwrap_or(u16::MAX);
        rows.extend(evidence::rows(app, snapshot, width, plot));
    }
    built.count = rows.len();
    built.content.rows = rows;
    built
}

/// Two columns of rows beside each other.
fn joined(left: Vec<Row>, right: Vec<Row>, width: u16) -> Vec<Row> {
    let count = left.len().max(right.len());
    let mut right = right.into_iter();
    let mut rows: Vec<Row> = left.into_iter().chain(std::iter::repeat(Row::new())).take(count).collect();
    for row in &mut rows {
        let taken: u16 = row.iter().map(|(_, text)| cells(text)).sum();
        row.push((Role::Text, " ".repeat(usize::from((width + GAP).saturating_sub(taken)))));
        row.extend(right.next().unwrap_or_default());
    }
    rows
}

impl Built {
    /// The first visible row without scrolling: the selected timer is visible, with as much of its effect as fits.
    pub fn resting(&self, height: usize) -> usize {
        let most = self.count.saturating_sub(height);
        self.focus.end.saturating_sub(height).min(self.focus.start).min(most)
    }

    /// The first visible row.
    pub fn offset(&self, tuning: Tuning, height: usize) -> usize {
        let most = self.count.saturating_sub(height);
        tuning.scrolled.map_or_else(|| self.resting(height), |row| row.min(most))
    }

    /// What a click on a row and column hits.
    pub fn touched(&self, app: &App, row: usize, column: u16, width: u16) -> Option<TuningHit> {
        let left = if app.size.width >= BESIDE { LEFT } else { width };
        if column >= left {
            return None;
        }
        if row == self.scope {
            return rows::scope_at(app, left, column).map(TuningHit::Scope);
        }
        let timer = TUNED[self.timers.iter().position(|at| *at == row)?];
        let bar = app.selection().and_then(|snapshot| rows::bar_at(app, snapshot, timer, left, column));
        Some(bar.map_or(TuningHit::Timer(timer), |track| TuningHit::Bar(timer, track)))
    }
}

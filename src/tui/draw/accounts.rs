//! An account's row in the table of watches: folded, how many watches are in which state and a mark for each of them,
//! with the name of the first that is in trouble.

use ratatui::layout::Rect;

use super::columns::Widths;
use super::fit::cells;
use super::paint::Paint;
use super::row::Row;
use super::{figures, hour};
use crate::tui::app::of_account;
use crate::tui::settings::Column;
use crate::tui::theme::Role;
use crate::tui::words::{self, State};
use mailwatch_proto::model::{PhaseGroup, Snapshot};

/// In fewer cells the sentence on an account says nothing.
const LEAST_ABOUT: u16 = 20;

/// What the name of the first watch in trouble takes at least, and at most.
const NAMED: (u16, u16) = (10, 26);

pub fn row(paint: &mut Paint, line: Rect, account: &str, columns: &Widths) {
    let app = paint.app;
    let watches: Vec<&Snapshot> =
        of_account(&app.board, account).filter_map(|id| app.board.watches.get(id)).map(AsRef::as_ref).collect();
    let folded = app.watches.arrangement.folded.contains(account);
    let mark = if folded { app.glyphs().list.folded } else { app.glyphs().list.open };
    paint.put(line.x + 1, line.y, line.width.saturating_sub(1).min(1), mark, Role::Title);
    let mut x = line.x + 3;
    let name = columns.name.min(line.right().saturating_sub(x));
    paint.put_cut(x, line.y, name, account, Role::Strong);
    x = x.saturating_add(columns.name + 2);
    let mut others = columns.others.iter().peekable();
    // The states and what stands between them and the figures are one room: for the counts, and the line of marks.
    let mut wide: u16 = 0;
    while let Some((_, width)) = others.next_if(|(column, _)| !is_figure(*column)) {
        wide = wide.saturating_add(width + 2);
    }
    let room = wide.saturating_sub(2).min(line.right().saturating_sub(x));
    let state = |snapshot: &&Snapshot| {
        let state = State::of(snapshot, app.stall(snapshot), app.glyphs());
        if app.engine.gone.is_some() { state.last(app.glyphs()) } else { state }
    };
    let states: Vec<State> = watches.iter().map(state).collect();
    let at = paint.put_row(x, line.y, room, &counts(paint, &watches));
    let free = (x + room).saturating_sub(at + 2);
    match app.options.about.get(account).filter(|_| !folded) {
        Some(about) if free >= LEAST_ABOUT => {
            paint.put_cut(at + 2, line.y, free, about, Role::Dim);
        }
        Some(_) | None if folded => line_of_marks(paint, (at + 2, line.y, free), &watches, &states),
        Some(_) | None => {}
    }
    x = x.saturating_add(wide);
    for &(column, width) in others {
        let width = width.min(line.right().saturating_sub(x));
        sums(paint, column, (x, line.y, width), &watches);
        x = x.saturating_add(width + 2);
    }
}

/// Whether a column has a figure that an account's watches add up to.
const fn is_figure(column: Column) -> bool {
    match column {
        Column::New | Column::Unseen | Column::Heard | Column::Blind | Column::Verdict => true,
        Column::State | Column::Hour | Column::Next | Column::Push | Column::Answer => false,
    }
}

/// A mark for each watch, then the first that is in trouble.
fn line_of_marks(paint: &mut Paint, (x, y, room): (u16, u16, u16), watches: &[&Snapshot], states: &[State]) {
    let worst = states.iter().zip(watches).filter(|(state, _)| state.is_trouble()).min_by_key(|(it, _)| it.urgency());
    let marks = u16::try_from(states.len()).unwrap_or(u16::MAX);
    let Some((state, snapshot)) = worst.filter(|_| room >= NAMED.0 + 12) else {
        hour::marks(paint, (x, y, room), states);
        return;
    };
    let named = room.saturating_sub(marks + 2).clamp(NAMED.0, NAMED.1);
    let at = hour::marks(paint, (x, y, room.saturating_sub(named + 2)), states) + 2;
    let text = format!("{} {}", snapshot.id.mailbox, state.word);
    let room = (x + room).saturating_sub(at);
    let text = if cells(&text) > room { snapshot.id.mailbox.to_string() } else { text };
    paint.put_cut(at, y, room, &text, state.role);
}

/// How many watches are in each state: a mark and a number.
pub fn counts(paint: &Paint, watches: &[&Snapshot]) -> Row {
    let mut row = Row::new();
    if paint.app.engine.gone.is_some() {
        row.push((Role::Dim, "was".to_owned()));
    }
    for group in [PhaseGroup::Live, PhaseGroup::Busy, PhaseGroup::Down, PhaseGroup::Resting] {
        // As the headline counts: what is live and not announced is not well.
        let (not_pushing, others): (Vec<&Snapshot>, Vec<_>) = watches
            .iter()
            .filter(|snapshot| words::group(snapshot) == group)
            .partition(|snapshot| words::is_unannounced(snapshot));
        let warn = (paint.app.glyphs().state.warn, Role::Warn);
        let marks = [(others.len(), words::group_mark(group, paint.app.glyphs())), (not_pushing.len(), warn)];
        for (count, (glyph, role)) in marks.into_iter().filter(|(count, _)| *count > 0) {
            let gap = if row.is_empty() { "" } else { " " };
            row.push((role, format!("{gap}{glyph}{count}")));
        }
    }
    row
}

/// What the watches' figures come to.
fn sums(paint: &mut Paint, column: Column, at: (u16, u16, u16), watches: &[&Snapshot]) {
    let Some(first) = watches.first() else { return };
    let mut whole = (*first).clone();
    let (mailbox, blind) = (&mut whole.mailbox, &mut whole.blind);
    mailbox.new = watches.iter().fold(0, |sum, snapshot| sum.saturating_add(snapshot.mailbox.new));
    mailbox.unseen = watches.iter().filter_map(|snapshot| snapshot.mailbox.unseen).reduce(u32::saturating_add);
    blind.today = watches.iter().map(|snapshot| snapshot.blind.today).sum();
    match column {
        Column::New | Column::Unseen | Column::Blind => figures::figure(paint, column, at, &whole),
        Column::State
        | Column::Hour
        | Column::Next
        | Column::Push
        | Column::Answer
        | Column::Heard
        | Column::Verdict => {}
    }
}

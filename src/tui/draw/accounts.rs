//! An account's row in the table of watches: a summary of its watches, in the same columns.

use std::time::Duration;

use ratatui::layout::Rect;

use super::columns::Column;
use super::paint::Paint;
use super::row::Row;
use super::watch_cells::{next, optional};
use crate::tui::app::of_account;
use crate::tui::stall;
use crate::tui::theme::Role;
use crate::tui::words;
use mailwatch_proto::model::{PhaseGroup, Snapshot};

/// In fewer cells the sentence on an account says nothing.
const LEAST_ABOUT: u16 = 20;

pub fn row(paint: &mut Paint, line: Rect, account: &str, columns: &[(Column, u16)]) {
    let app = paint.app;
    let watches: Vec<&Snapshot> =
        of_account(&app.board, account).filter_map(|id| app.board.watches.get(id)).map(AsRef::as_ref).collect();
    let folded = app.watches.arrangement.folded.contains(account);
    let mark = if folded { app.glyphs().list.folded } else { app.glyphs().list.open };
    paint.put(line.x + 1, line.y, line.width.saturating_sub(1).min(1), mark, Role::Title);
    let about = app.options.about.get(account).filter(|_| !folded);
    let mut x = line.x + 3;
    for &(column, width) in columns {
        let width = width.min(line.right().saturating_sub(x));
        let at = (x, line.y, width);
        match column {
            Column::Watch => {
                paint.put_cut(x, line.y, width, account, Role::Strong);
            }
            Column::Phase => {
                paint.put_row(x, line.y, width, &counts(paint, &watches));
            }
            Column::New | Column::Unseen | Column::Blind if about.is_some() => {}
            Column::New => {
                let new: u64 = watches.iter().map(|snapshot| u64::from(snapshot.mailbox.new)).sum();
                if new > 0 {
                    paint.put_right(x, line.y, width, &format!("+{new}"), Role::Mail);
                }
            }
            Column::Unseen => {
                let known = watches.iter().filter_map(|snapshot| snapshot.mailbox.unseen).reduce(u32::saturating_add);
                optional(paint, at, known.map(|unseen| unseen.to_string()));
            }
            // The first of all; when the account is open, that watch's row says it.
            Column::Next if folded => {
                let due = watches.iter().filter(|snapshot| snapshot.deadline.is_some());
                if let Some(first) = due.min_by_key(|snapshot| snapshot.deadline.map(|(at, _)| at)) {
                    next(paint, x, line.y, width, first);
                }
            }
            // The rows of the watches say it.
            Column::For | Column::Answer | Column::Heard | Column::Next => {}
            Column::Blind => {
                let blind: Duration = watches.iter().map(|snapshot| snapshot.blind.today).sum();
                if !blind.is_zero() {
                    optional(paint, at, Some(words::show_span(blind)));
                }
            }
            Column::Verdict => verdict(paint, at, &watches, folded),
        }
        x = x.saturating_add(width + 2);
    }
    if let Some(about) = about {
        let x = free_from(line, columns);
        let room = line.right().saturating_sub(x + 1);
        if room >= LEAST_ABOUT {
            paint.put_cut(x, line.y, room, about, Role::Dim);
        }
    }
}

/// Where an account's sentence can begin: after the counts, the last thing that its watches do not say.
fn free_from(line: Rect, columns: &[(Column, u16)]) -> u16 {
    let before = columns.iter().take_while(|(column, _)| matches!(column, Column::Watch | Column::Phase));
    before.fold(line.x + 3, |x, (_, width)| x.saturating_add(width + 2))
}

/// How many watches are in each state: a mark and a number.
pub fn counts(paint: &Paint, watches: &[&Snapshot]) -> Row {
    let mut row = Row::new();
    for group in [PhaseGroup::Live, PhaseGroup::Busy, PhaseGroup::Down, PhaseGroup::Resting] {
        let count = watches.iter().filter(|snapshot| words::group(snapshot) == group).count();
        if count > 0 {
            let (glyph, role) = words::group_mark(group, paint.app.glyphs());
            let gap = if row.is_empty() { "" } else { " " };
            row.push((role, format!("{gap}{glyph}{count}")));
        }
    }
    row
}

/// The worst verdict of its watches, if their rows are folded.
fn verdict(paint: &mut Paint, (x, y, width): (u16, u16, u16), watches: &[&Snapshot], folded: bool) {
    if !folded {
        return;
    }
    let app = paint.app;
    let stalled =
        watches.iter().find_map(|snapshot| app.stall(snapshot).filter(|_| stall::may_replace_verdict(snapshot)));
    let worst = watches.iter().map(|snapshot| words::verdict_word(snapshot, app.now.at, u16::MAX));
    let rank = |role: Role| [Role::Down, Role::Warn, Role::Busy].iter().position(|known| *known == role).unwrap_or(3);
    let worst = worst.min_by_key(|(_, role)| rank(*role));
    let (text, role) = match (worst, stalled) {
        (Some((_, role)), Some(stall)) if rank(role) > 1 => (stall.show(app.glyphs(), width), Role::Warn),
        (Some(worst), _) => worst,
        (None, _) => return,
    };
    paint.put_cut(x, y, width, &text, role);
}

//! The trace of the selected watch: direction, time, line, and DONE's rungs at the right.

use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::paint::{Frame, Paint, cells, pad};
use super::watches::caret;
use crate::model::WireDirection;
use crate::tui::app::Pane;
use crate::tui::clock::{Precision, show_wall};
use crate::tui::layout::Layout;
use crate::tui::ring::View;
use crate::tui::theme::Role;
use crate::tui::trail::WireRow;

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
    let info = if needle.is_empty() && app.typing != Some(Pane::Wire) {
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
    let passes = |row: &&WireRow| needle.is_empty() || row.text.to_lowercase().contains(&needle);
    let newest_first = (trail.wire.first()..end).rev().filter_map(|number| trail.wire.get(number)).filter(passes);
    let mut rows: Vec<_> = newest_first.take(usize::from(inner.height)).collect();
    rows.reverse();
    for (y, row) in (inner.top()..inner.bottom()).zip(rows) {
        line(paint, Rect { y, height: 1, ..inner }, row);
    }
}

fn line(paint: &mut Paint, area: Rect, row: &WireRow) {
    let app = paint.app;
    let mut x = area.x;
    let right = area.right();
    if area.width >= 40 {
        let time = show_wall(row.ts, &app.options.zone, Precision::Millis);
        x = paint.put(x, area.y, right.saturating_sub(x), &time, Role::Dim).saturating_add(2);
    }
    let (mark, role) = match row.direction {
        WireDirection::Client => ("C", Role::Client),
        WireDirection::Server => ("S", Role::Server),
    };
    x = paint.put(x, area.y, right.saturating_sub(x), mark, role).saturating_add(2);
    let rung = row.rung.as_deref().unwrap_or("");
    let reserve = if rung.is_empty() { 0 } else { cells(rung) + 2 };
    let text = sideways(&row.text, app.wire_column);
    let role = if row.direction == WireDirection::Client { Role::Strong } else { Role::Text };
    paint.put_cut(x, area.y, right.saturating_sub(x).saturating_sub(reserve), text, role);
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

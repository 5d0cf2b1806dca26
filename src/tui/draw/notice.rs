//! What the screen says after a key: in the row above the keys, which stay. The attention line is not covered either.

use ratatui::layout::Rect;

use super::fit::cells;
use super::paint::Paint;
use crate::tui::layout::ScreenLayout;
use crate::tui::theme::Role;

pub fn draw(paint: &mut Paint, layout: &ScreenLayout) {
    let Some(row) = row(layout) else { return };
    let app = paint.app;
    let text = match (&app.notices.notice, app.notices.pending) {
        (Some(notice), _) => notice.clone(),
        (None, Some(pending)) => format!("{pending}{}", app.glyphs().text.ellipsis),
        (None, None) => return,
    };
    let margin = if row.width > 30 { 2 } else { 0 };
    let room = row.width.saturating_sub(2 * margin);
    let width = cells(&text).saturating_add(2).min(room);
    let x = row.x + margin;
    // Without a border it would run into the row that it lies on.
    paint.clear(if layout.bordered { Rect { x, width, ..row } } else { row });
    paint.put_cut(x + 1, row.y, width.saturating_sub(2), &text, Role::Busy);
}

/// The row above the keys; where that is the attention line's, the one above it.
pub fn row(layout: &ScreenLayout) -> Option<Rect> {
    let footer = layout.footer?;
    let above = footer.y.checked_sub(1)?;
    let taken = layout.attention.is_some_and(|attention| attention.y == above);
    let y = if taken { above.checked_sub(1)? } else { above };
    (y > 0).then_some(Rect { y, height: 1, ..footer })
}

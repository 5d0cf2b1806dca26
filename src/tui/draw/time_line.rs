//! The time line of a file that is looked at: its beginning and end, the moment that is shown, where something went wrong.

use ratatui::layout::Rect;

use super::fit::cells;
use super::paint::Paint;
use crate::tui::app::App;
use crate::tui::clock::{Precision, show_wall};
use crate::tui::layout::ScreenLayout;
use crate::tui::theme::Role;

/// Narrower screens have no room for the ends' times.
const WITH_ENDS: u16 = 60;

/// The ends' times, and where the line between them stands.
fn parts(app: &App, area: Rect) -> Option<(String, String, Rect)> {
    let file = app.options.viewed.as_ref()?;
    let (begin, end) = file.span();
    let show =
        |at| if area.width < WITH_ENDS { String::new() } else { show_wall(at, &app.options.zone, Precision::Date) };
    let (begin, end) = (show(begin), show(end));
    let (before, after) = (cells(&begin) + 2, cells(&end) + 2);
    let width = area.width.checked_sub(before + after).filter(|width| *width > 0)?;
    Some((begin, end, Rect { x: area.x + before, width, ..area }))
}

pub fn draw(paint: &mut Paint, area: Rect) {
    let app = paint.app;
    let (Some((begin, end, line)), Some(file)) = (parts(app, area), &app.options.viewed) else { return };
    paint.put(area.x + 1, area.y, line.x - area.x - 1, &begin, Role::Dim);
    paint.put(line.right() + 1, area.y, area.right().saturating_sub(line.right() + 1), &end, Role::Dim);
    let (moment, troubles) = file.marks(usize::from(line.width));
    let glyphs = app.glyphs();
    for (x, (part, trouble)) in (line.x..).zip(troubles.into_iter().enumerate()) {
        let (mark, role) = if part == moment {
            (glyphs.graph.bar[7], Role::Key)
        } else if trouble {
            (glyphs.state.warn, Role::Warn)
        } else {
            (glyphs.graph.rule, Role::Border)
        };
        paint.put(x, area.y, 1, mark, role);
    }
}

/// The part of the line at a column, and how many there are.
#[must_use]
pub fn part_at(app: &App, at: ratatui::layout::Position) -> Option<(usize, usize)> {
    let area = ScreenLayout::of(app, app.size).time_line?;
    let (_, _, line) = parts(app, area)?;
    line.contains(at).then(|| (usize::from(at.x - line.x), usize::from(line.width)))
}

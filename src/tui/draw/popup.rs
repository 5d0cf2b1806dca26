//! Popups: where they stand, which of their rows are visible, what a click hits.

use ratatui::layout::{Position, Rect};

use super::content::{Content, Marks};
use super::paint::{Frame, Paint};
use super::{details, form, help, palette, problem, question, reading, tuning, welcome};
use crate::tui::app::{App, Hit, Popup, Track, TuningHit};

/// The width at which a sentence reads easily.
const WIDTH: u16 = 86;

/// The width of two columns.
const WIDE: u16 = 180;

/// On narrower screens a popup takes all but the last row.
const WHOLE: u16 = 50;

/// The list of commands keeps its height, whatever is found.
const LIST: u16 = 18;

/// A popup, laid out.
struct Placed {
    content: Content,
    marks: Marks,
    area: Rect,
    /// The first visible row.
    offset: usize,
    tuning: Option<tuning::Built>,
}

/// The popup's area; empty if none is open.
#[must_use]
pub fn area(app: &App) -> Rect {
    placed(app).map_or_else(Rect::default, |placed| placed.area)
}

/// How many rows the popup has, and how many of them are visible.
#[must_use]
pub fn extent(app: &App) -> (usize, usize) {
    placed(app).map_or((0, 1), |placed| (placed.content.rows.len(), inside(placed.area)))
}

/// The popup's first visible row.
#[must_use]
pub fn offset(app: &App) -> usize {
    placed(app).map_or(0, |placed| placed.offset)
}

/// What a click hits.
#[must_use]
pub fn hit(app: &App, at: Position) -> Option<Hit> {
    let Placed { marks, area, offset, .. } = placed(app)?;
    let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
    let row = usize::from(at.y.checked_sub(inside.y)?) + offset;
    let (_, hit) = marks.hits.iter().find(|(known, _)| *known == row)?;
    inside.contains(at).then_some(*hit)
}

/// What a click in the tuning popup hits.
#[must_use]
pub fn tuning_at(app: &App, at: Position) -> Option<TuningHit> {
    let Placed { area, offset, tuning, .. } = placed(app)?;
    let row = usize::from(at.y.checked_sub(area.y + 1)?);
    let column = at.x.checked_sub(area.x + pad(area))?;
    if row >= inside(area) {
        return None;
    }
    let left = area.x + pad(area);
    Some(match tuning?.touched(app, offset + row, column, area.width.saturating_sub(4))? {
        TuningHit::Bar(timer, track) => TuningHit::Bar(timer, Track { x: track.x + left, ..track }),
        hit @ (TuningHit::Scope(_) | TuningHit::Timer(_)) => hit,
    })
}

/// The tuning popup's first visible row, and the one without scrolling.
#[must_use]
pub fn tuning_offsets(app: &App) -> (usize, usize) {
    let Some(placed) = placed(app) else { return (0, 0) };
    (placed.offset, placed.tuning.map_or(0, |built| built.resting(inside(placed.area))))
}

fn first_row(app: &App, rows: usize, marks: &Marks, built: Option<&tuning::Built>, height: usize) -> usize {
    let most = rows.saturating_sub(height);
    let offset = match (&app.popups.open, built) {
        (Some(Popup::Tuning(tuning)), Some(built)) => built.offset(*tuning, height),
        (Some(Popup::Welcome(_)), _) => marks.focus.end.saturating_sub(height),
        (Some(Popup::Form), _) => {
            let chosen = app.popups.form.as_ref().and_then(|form| form.scroll);
            // If the focused rows do not fit, from the first of them on.
            chosen.unwrap_or_else(|| marks.focus.end.saturating_sub(height).min(marks.focus.start))
        }
        (Some(popup), _) => popup.offset().unwrap_or(0),
        (None, _) => 0,
    };
    offset.min(most)
}

/// The rows inside the border.
fn inside(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(2)).max(1)
}

fn pad(area: Rect) -> u16 {
    u16::from(area.width >= 4) + 1
}

fn placed(app: &App) -> Option<Placed> {
    let popup = app.popups.open.as_ref()?;
    let size = app.size;
    let floor = if size.height >= 4 { size.height - 1 } else { size.height };
    let room = size.width.saturating_sub(4);
    let wide = match popup {
        Popup::Tuning(_) => tuning::width(size),
        Popup::Details(_) if size.width.saturating_sub(8) >= details::TWO_COLUMNS => WIDE.min(room),
        Popup::Details(_)
        | Popup::Help(_)
        | Popup::Problem(_)
        | Popup::Welcome(_)
        | Popup::Form
        | Popup::Question(_)
        | Popup::Palette(_)
        | Popup::Reading(_) => WIDTH.min(room),
    };
    let width = if size.width < WHOLE { size.width } else { wide };
    let text = width.saturating_sub(4);
    let most = if size.width < WHOLE { floor } else { floor.saturating_sub(1) };
    let plain = |content| (content, Marks::default());
    let mut built = None;
    let (content, marks) = match popup {
        Popup::Help(_) => plain(help::content(app, text)),
        Popup::Details(open) => plain(details::content(app, open, text)),
        Popup::Tuning(tuning) => {
            let tuning = built.insert(tuning::build(app, *tuning, text, usize::from(most.saturating_sub(2))));
            plain(std::mem::take(&mut tuning.content))
        }
        Popup::Reading(open) => plain(reading::content(app, open, text)),
        Popup::Problem(problem) => plain(problem::content(app, &problem.error, text)),
        Popup::Question(open) => plain(question::content(app, open, text)),
        Popup::Welcome(row) => welcome::content(app, *row, text),
        Popup::Form => form::content(app, text),
        Popup::Palette(open) => palette::content(app, open, text, usize::from(most.min(LIST).saturating_sub(2))),
    };
    let wanted = u16::try_from(content.rows.len()).unwrap_or(u16::MAX).saturating_add(2);
    let height = if size.width < WHOLE { floor } else { wanted.min(most).max(floor.min(3)) };
    let area = Rect { x: (size.width - width) / 2, y: (floor - height) / 2, width, height };
    let offset = first_row(app, content.rows.len(), &marks, built.as_ref(), usize::from(height.saturating_sub(2)));
    Some(Placed { content, marks, area, offset, tuning: built })
}

pub fn draw(paint: &mut Paint) {
    let app = paint.app;
    let Some(Placed { content, area, offset, .. }) = placed(app) else { return };

    let area = area.intersection(paint.area());
    paint.clear(area);
    let height = usize::from(area.height.saturating_sub(2));
    let above = if offset > 0 { app.glyphs().list.up } else { "" };
    let below = if content.rows.len() > offset + height { app.glyphs().list.down } else { "" };
    let info = format!("{above}{below}");
    let frame = Frame { digit: None, name: content.name, subject: &content.subject, info: &info, focused: true };
    paint.border(area, &frame);
    let pad = pad(area);
    for (y, row) in (area.y + 1..area.bottom().saturating_sub(1)).zip(content.rows.iter().skip(offset)) {
        paint.put_row(area.x + pad, y, area.width.saturating_sub(2 * pad), row);
    }
}

//! DONE's answer time against the IDLE's age: in one row as a sparkline, in more as a chart. Ignored ones are marked.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::layout::Rect;

use super::paint::{Paint, Piece, Row, cells};
use crate::model::{Timer, show_clock};
use crate::tui::app::App;
use crate::tui::theme::Role;
use crate::tui::trail::{DoneRecord, Outcome};

/// A point: the IDLE's age, and the time to the answer, if there was one in time.
type Point = (Duration, Option<Duration>);

/// Answers from 1 ms to 10 s are told apart; what is beyond stands at the edge.
const DECADES: f64 = 4.0;

/// A chart lower than this is a sparkline.
pub const CHART_ROWS: u16 = 5;

fn point(done: &DoneRecord) -> Option<Point> {
    match done.outcome {
        Outcome::Owed => None,
        Outcome::Answered { took, late: false, .. } => Some((done.idle, Some(took))),
        Outcome::Answered { late: true, .. } | Outcome::Ignored { .. } => Some((done.idle, None)),
    }
}

/// The selected watch's points, by the IDLE's age.
fn points(app: &App) -> Vec<Point> {
    let mut points: Vec<Point> =
        app.trail().map_or_else(Vec::new, |trail| trail.dones.iter().filter_map(point).collect());
    points.sort_by_key(|(age, _)| *age);
    points
}

/// A share of the scale, from 0 to 1.
fn height_of(took: Duration) -> f64 {
    let millis = took.as_secs_f64() * 1000.0;
    (millis.max(1.0).log10() / DECADES).clamp(0.0, 1.0)
}

/// The answers as one row, oldest IDLE last; `None` while there is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of eight levels")]
pub fn spark(app: &App, width: u16) -> Option<Row> {
    let points = points(app);
    let first = points.len().saturating_sub(usize::from(width));
    let logs = || points.iter().filter_map(|(_, took)| took.map(height_of));
    let (low, high) = (logs().fold(1.0, f64::min), logs().fold(0.0, f64::max));
    // Relative to the others, a decade at least: the usual answer lies low and an outlier stands out.
    let span = (high - low).max(1.0 / DECADES);
    let row: Row = points[first..]
        .iter()
        .map(|(_, took)| match took {
            Some(took) => {
                let level = ((height_of(*took) - low) / span * 7.0).round() as usize;
                (if level >= 6 { Role::Busy } else { Role::Bar }, app.glyphs.column[level.min(7)].to_owned())
            }
            None => (Role::Warn, app.glyphs.down.to_owned()),
        })
        .collect();
    (!row.is_empty()).then_some(row)
}

/// How many were answered and how many not, and the youngest IDLE that was not.
pub fn summary(app: &App) -> Option<Piece> {
    let points = points(app);
    let ignored: Vec<_> = points.iter().filter(|(_, took)| took.is_none()).collect();
    let answered = points.len() - ignored.len();
    match (points.is_empty(), ignored.first()) {
        (true, _) => None,
        (false, None) => Some((Role::Dim, format!("{answered} answered, none ignored"))),
        (false, Some((age, _))) => {
            let text = format!("{answered} answered, {} ignored, the youngest at {}", ignored.len(), show_clock(*age));
            Some((Role::Warn, text))
        }
    }
}

/// The chart: the IDLE's age to the right, the answer's time upwards on a logarithmic scale.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares of an area in cells")]
pub fn draw(paint: &mut Paint, area: Rect) {
    const LABEL: u16 = 6;
    let app = paint.app;
    let points = points(app);
    let Some(&(oldest, _)) = points.last() else { return };
    if area.height < CHART_ROWS || area.width < LABEL + 12 {
        return;
    }
    let reissue = app.selection().map_or(Duration::ZERO, |snapshot| snapshot.timers.limit(Timer::Reissue));
    let span = oldest.max(reissue).as_secs_f64().max(1.0);
    let plot = Rect { x: area.x + LABEL + 1, y: area.y, width: area.width - LABEL - 1, height: area.height - 1 };
    for y in plot.top()..plot.bottom() {
        paint.put(plot.x - 1, y, 1, app.glyphs.border.vertical_left, Role::Border);
    }
    paint.put_right(area.x, plot.top(), LABEL, "10 s", Role::Dim);
    paint.put_right(area.x, plot.top() + plot.height / 2, LABEL, "100 ms", Role::Dim);
    paint.put_right(area.x, plot.bottom() - 1, LABEL, "1 ms", Role::Dim);
    let end = show_clock(Duration::from_secs_f64(span));
    let start = paint.put(plot.x, plot.bottom(), plot.width, "0:00", Role::Dim);
    paint.put_right(start, plot.bottom(), plot.right().saturating_sub(start), &end, Role::Dim);
    let title = "IDLE age";
    let middle = plot.x + plot.width.saturating_sub(cells(title)) / 2;
    paint.put(middle, plot.bottom(), plot.width, title, Role::Dim);
    // Where several fall on one column, the slowest counts, and one that was ignored most of all.
    let mut slowest: BTreeMap<u16, Option<Duration>> = BTreeMap::new();
    for (age, took) in points {
        let share = age.as_secs_f64() / span;
        let column = ((share * f64::from(plot.width - 1)).round() as u16).min(plot.width - 1);
        slowest.entry(column).and_modify(|seen| *seen = seen.zip(took).map(|(a, b)| a.max(b))).or_insert(took);
    }
    for (column, took) in slowest {
        let x = plot.x + column;
        match took {
            None => {
                paint.put(x, plot.top(), 1, app.glyphs.down, Role::Warn);
            }
            Some(took) => {
                let eighths = (height_of(took) * f64::from(plot.height) * 8.0).round().max(1.0) as u16;
                for row in 0..plot.height {
                    let part = eighths.saturating_sub(row * 8).min(8);
                    if part == 0 {
                        break;
                    }
                    let glyph = app.glyphs.column[usize::from(part) - 1];
                    paint.put(x, plot.bottom() - 1 - row, 1, glyph, Role::Bar);
                }
            }
        }
    }
}

//! DONE's answer time against the IDLE's age: in one row as a sparkline, in more as a chart. Ignored DONEs are marked:
//! a cell has a role of its own, which ratatui's `Sparkline` cannot give it.

use std::time::Duration;

use ratatui::layout::Rect;

use super::paint::Paint;
use super::plot::{Mark, Plot, height_of};
use super::row::{Piece, Row};
use crate::tui::app::App;
use crate::tui::theme::Role;
use crate::tui::watch_history::{DoneRecord, Outcome};
use mailwatch_proto::model::{Ages, IdleEnd, Timer, show_clock};

/// A point: the IDLE's age, and the time to the answer, if it came in time.
type Point = (Duration, Option<Duration>);

/// A decade of the scale.
const DECADE: f64 = 0.25;

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
        app.history().map_or_else(Vec::new, |history| history.dones.iter().filter_map(point).collect());
    points.sort_by_key(|(age, _)| *age);
    points
}

/// The answers as one row, oldest IDLE last; `None` while there is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of eight levels")]
pub fn spark(app: &App, width: u16) -> Option<Row> {
    let points = points(app);
    let first = points.len().saturating_sub(usize::from(width));
    let logs = || points.iter().filter_map(|(_, took)| took.map(height_of));
    let (low, high) = (logs().fold(1.0, f64::min), logs().fold(0.0, f64::max));
    // Relative to the others, but a decade at least: a usual answer is low and an outlier stands out.
    let span = (high - low).max(DECADE);
    let row: Row = points[first..]
        .iter()
        .map(|(_, took)| match took {
            Some(took) => {
                let level = ((height_of(*took) - low) / span * 7.0).round() as usize;
                (if level >= 6 { Role::Busy } else { Role::Bar }, app.glyphs().graph.column[level.min(7)].to_owned())
            }
            None => (Role::Warn, app.glyphs().state.down.to_owned()),
        })
        .collect();
    (!row.is_empty()).then_some(row)
}

/// How many DONEs were answered and how many not, and the youngest IDLE of those.
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

/// The chart, of the selected watch alone.
pub fn draw(paint: &mut Paint, area: Rect) {
    let app = paint.app;
    let mark = |took: Option<Duration>| took.map_or(Mark::Failed, Mark::Answered);
    let points: Vec<(Duration, Mark)> = points(app).into_iter().map(|(age, took)| (age, mark(took))).collect();
    let mut ages = Ages::default();
    for (age, mark) in &points {
        ages.note(*age, if *mark == Mark::Failed { IdleEnd::Failed } else { IdleEnd::Answered(None) });
    }
    let reissue = app.selection().map_or(Duration::ZERO, |snapshot| snapshot.timers.limit(Timer::Reissue));
    let plot = Plot { glyphs: app.glyphs(), points: &points, reissue, cliff: ages.cliff().map(|cliff| cliff.from) };
    for (y, row) in (area.y..area.bottom()).zip(plot.rows(area.width, area.height)) {
        paint.put_row(area.x, y, area.width, &row);
    }
}

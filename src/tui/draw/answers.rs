//! How a server has answered DONE by the IDLE's age, counted once: the timers' pane, the tuning popup and the details
//! take their counts and points from here.

use std::time::Duration;

use super::plot::{Mark, Plot, height_of};
use super::row::{Piece, Row};
use crate::tui::app::App;
use crate::tui::theme::Role;
use mailwatch_proto::model::{AgeStep, Ages, Snapshot, Timer};

/// A decade of the scale.
const DECADE: f64 = 0.25;

/// What is counted of the watch's account, where any IDLE has ended.
pub fn of<'a>(app: &'a App, snapshot: &Snapshot) -> Option<&'a Ages> {
    app.board.ages.get(&snapshot.id.account).map(AsRef::as_ref).filter(|ages| ages.steps().next().is_some())
}

/// `12 answered, 1 failed`: the DONEs that were sent for their IDLE's age.
pub fn counted(ages: &Ages) -> Piece {
    match ages.totals() {
        (0, 0) => (Role::Dim, "no IDLE ended for its age yet".to_owned()),
        (answered, 0) => (Role::Dim, format!("{answered} answered, 0 failed")),
        (answered, failed) => (Role::Warn, format!("{answered} answered, {failed} failed")),
    }
}

/// The points of a plot.
pub fn points(ages: &Ages) -> Vec<(Duration, Mark)> {
    let of = |(age, step): (Duration, &AgeStep)| {
        let usual = step.usual().unwrap_or_default();
        [
            (step.answered > 0).then_some((age, Mark::Answered(usual))),
            (step.early > 0).then_some((age, Mark::Early(usual))),
            step.youngest_failed.map(|age| (age, Mark::Failed)),
        ]
    };
    ages.steps().flat_map(of).flatten().collect()
}

/// The plot, as rows.
pub fn plot(app: &App, snapshot: &Snapshot, ages: &Ages, width: u16, height: u16) -> Vec<Row> {
    let points = points(ages);
    let reissue = app.timers_of(snapshot).value(Timer::Reissue).unwrap_or(Duration::ZERO);
    let cliff = ages.cliff().map(|cliff| cliff.from);
    Plot { glyphs: app.glyphs(), points: &points, reissue, cliff }.rows(width, height)
}

/// The ages as one row, a mark each, the oldest IDLE last.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of eight levels")]
pub fn spark(app: &App, ages: &Ages, width: u16) -> Row {
    let steps: Vec<&AgeStep> =
        ages.steps().map(|(_, step)| step).filter(|step| step.answered + step.failed > 0).collect();
    let first = steps.len().saturating_sub(usize::from(width));
    let logs = || steps.iter().filter_map(|step| step.usual().map(height_of));
    let (low, high) = (logs().fold(1.0, f64::min), logs().fold(0.0, f64::max));
    // Relative to the others, but a decade at least: a usual answer is low and an outlier stands out.
    let span = (high - low).max(DECADE);
    let mark = |step: &&AgeStep| {
        if step.failed >= step.answered {
            return (Role::Warn, app.glyphs().state.down.to_owned());
        }
        let level = step.usual().map_or(0, |usual| ((height_of(usual) - low) / span * 7.0).round() as usize);
        (if level >= 6 { Role::Busy } else { Role::Bar }, app.glyphs().graph.column[level.min(7)].to_owned())
    };
    steps[first..].iter().map(mark).collect()
}

//! A timer's setting that the mouse is still changing: shown at once, asked for once when the mouse rests.

use std::time::Duration;

use mailwatch_proto::model::{Setting, Timer, WatchId};

/// What is held back, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The timer.
    pub timer: Timer,
    /// Whose.
    pub watches: Vec<WatchId>,
    /// What it is set to for now.
    pub to: Setting,
    /// The bar that the pressed button draws along; `None` for the wheel.
    pub along: Option<Track>,
}

/// A bar's place on the screen and its scale, as they were when the button was pressed: what is drawn meanwhile must not
/// move them away from under the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Track {
    /// The column of the first cell between the bar's ends.
    pub x: u16,
    /// How many cells lie between them.
    pub cells: u16,
    /// What the whole bar stands for.
    pub end: Duration,
}

impl Track {
    /// The value whose limit stands at a column, in steps as the keys take them. The scale goes on beyond the bar.
    #[must_use]
    pub fn value_at(self, timer: Timer, column: u16) -> Duration {
        let spec = timer.spec();
        let cell = f64::from(column) - f64::from(self.x) + 1.0;
        let seconds = (self.end.as_secs_f64() * cell / f64::from(self.cells.max(1))).max(0.0);
        let value = Duration::from_secs_f64(seconds.min(spec.max.as_secs_f64()));
        let step = match value.as_secs() {
            0..10 => 1,
            10..60 => 5,
            60..600 => 30,
            _ => 60,
        };
        let rounded = Duration::from_secs((value.as_secs() + step / 2) / step * step);
        rounded.clamp(spec.min, spec.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bars_ends_and_what_lies_beyond_them_are_values_in_range_and_round() {
        let track = Track { x: 10, cells: 20, end: Duration::from_mins(6) };
        let at = |column| track.value_at(Timer::Reissue, column).as_secs();
        assert_eq!((at(29), at(22), at(9), at(0)), (360, 240, 1, 1));
        assert_eq!(at(200), 1740);
        for column in 10..60 {
            assert!(at(column) < 60 || at(column).is_multiple_of(30), "{}", at(column));
            assert!(at(column) <= at(column + 1));
        }
    }
}

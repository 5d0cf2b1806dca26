//! When to draw: on change, at most 30 times a second, and at a pace while a timer is visible. No clock here.

use std::time::{Duration, Instant};

use super::clock::{Grid, Now};

/// The shortest time between two frames.
pub const FRAME: Duration = Duration::from_millis(33);

/// The schedule of frames.
#[derive(Clone, Copy, Debug)]
pub struct Redraw {
    changed: bool,
    last: Option<Instant>,
    grid: Grid,
}

impl Redraw {
    /// A schedule whose first frame is due at once.
    #[must_use]
    pub fn new(now: Now) -> Self {
        Self { changed: true, last: None, grid: Grid::new(now) }
    }

    /// Something changed that a frame must show.
    pub const fn mark(&mut self) {
        self.changed = true;
    }

    /// When the next frame is due; `None` while nothing changes and no timer is visible: then nothing wakes up. `pace` is
    /// that of the visible timers: so many whole seconds.
    #[must_use]
    pub fn due(&self, now: Instant, pace: Option<Duration>) -> Option<Instant> {
        let earliest = self.last.map_or(now, |last| last + FRAME);
        if self.changed {
            return Some(earliest);
        }
        pace.map(|pace| self.grid.next(self.last.unwrap_or(now), pace).max(earliest))
    }

    /// A frame is drawn now; returns the moment that its counters show.
    pub fn draw(&mut self, now: Now) -> Now {
        self.changed = false;
        self.last = Some(now.at);
        self.grid.floor(now)
    }

    /// The moment that counters show at `now`.
    pub fn shown(&mut self, now: Now) -> Now {
        self.grid.floor(now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn now(base: Instant, millis: u64) -> Now {
        let since = Duration::from_millis(millis);
        Now { at: base + since, wall: SystemTime::UNIX_EPOCH + since }
    }

    #[test]
    fn nothing_running_and_nothing_changed_means_no_frame() {
        let base = Instant::now();
        let mut redraw = Redraw::new(now(base, 0));
        redraw.draw(now(base, 0));
        assert_eq!(redraw.due(base + Duration::from_hours(1), None), None);
    }

    #[test]
    fn changes_are_drawn_at_once_but_not_closer_than_a_frame() {
        let base = Instant::now();
        let mut redraw = Redraw::new(now(base, 0));
        assert_eq!(redraw.due(base, None), Some(base));
        redraw.draw(now(base, 0));
        redraw.mark();
        assert_eq!(redraw.due(base, None), Some(base + FRAME));
    }

    #[test]
    fn a_visible_timer_is_drawn_on_each_second_of_the_wall_clock() {
        let base = Instant::now();
        let mut redraw = Redraw::new(now(base, 0));
        redraw.draw(now(base, 400));
        assert_eq!(redraw.due(base + Duration::from_millis(400), Some(SECOND)), Some(base + Duration::from_secs(1)));
        redraw.draw(now(base, 1002));
        assert_eq!(redraw.due(base + Duration::from_millis(1002), Some(SECOND)), Some(base + Duration::from_secs(2)));
    }

    #[test]
    fn at_a_slower_pace_a_visible_timer_is_drawn_less_often_and_a_change_at_once() {
        let base = Instant::now();
        let mut redraw = Redraw::new(now(base, 0));
        redraw.draw(now(base, 400));
        assert_eq!(redraw.due(base + SECOND, Some(10 * SECOND)), Some(base + 10 * SECOND));
        redraw.mark();
        assert_eq!(redraw.due(base + SECOND, Some(10 * SECOND)), Some(base + Duration::from_millis(400) + FRAME));
    }
}

//! When to draw: on change, at most 30 times a second, and regularly while a timer is visible. Reads no clock.

use std::time::{Duration, Instant};

use super::clock::{Grid, Now};

/// The shortest time between two frames; one frame for a key may follow at once, and no second has more than 30 with
/// it.
pub const FRAME: Duration = Duration::from_millis(35);

/// The schedule of frames.
#[derive(Clone, Copy, Debug)]
pub struct Redraw {
    changed: bool,
    /// Whether a key waits for the frame.
    pressed: bool,
    last: Option<Instant>,
    /// When the time of the frames so far is over: the next may be drawn from then on (a virtual schedule, GCRA).
    free: Option<Instant>,
    grid: Grid,
}

impl Redraw {
    /// A schedule whose first frame is due at once.
    #[must_use]
    pub fn new(now: Now) -> Self {
        Self { changed: true, pressed: false, last: None, free: None, grid: Grid::new(now) }
    }

    /// Something changed that a frame must show.
    pub const fn mark(&mut self) {
        self.changed = true;
    }

    /// A key was pressed, whose effect a frame must show.
    pub const fn mark_pressed(&mut self) {
        self.changed = true;
        self.pressed = true;
    }

    /// Whether the next frame answers a key.
    #[must_use]
    pub const fn is_pressed(&self) -> bool {
        self.pressed
    }

    /// When the next frame is due; `None` while nothing changes and no timer is visible: then nothing wakes up. `pace`
    /// is that of the visible timers, in whole seconds.
    #[must_use]
    pub fn due(&self, now: Instant, pace: Option<Duration>) -> Option<Instant> {
        let earliest = self.free.unwrap_or(now);
        if self.changed {
            // One frame early: the next then waits for both.
            let ahead = earliest.checked_sub(FRAME).filter(|_| self.pressed);
            return Some(ahead.unwrap_or(earliest));
        }
        pace.map(|pace| self.grid.next(self.last.unwrap_or(now), pace).max(earliest))
    }

    /// A frame is drawn now; returns the moment that its counters show.
    pub fn draw(&mut self, now: Now) -> Now {
        self.changed = false;
        self.pressed = false;
        self.last = Some(now.at);
        self.free = Some(self.free.map_or(now.at, |free| free.max(now.at)) + FRAME);
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
    fn a_key_does_not_wait_for_the_frame_before_it() {
        let base = Instant::now();
        let mut redraw = Redraw::new(now(base, 0));
        redraw.draw(now(base, 0));
        redraw.mark_pressed();
        assert!(redraw.due(base + Duration::from_millis(5), Some(SECOND)) <= Some(base + Duration::from_millis(5)));
    }

    #[test]
    fn keys_without_end_are_no_more_frames_than_anything_else() {
        let base = Instant::now();
        let mut redraw = Redraw::new(now(base, 0));
        let mut frames = Vec::new();
        for millis in 0..5000 {
            redraw.mark_pressed();
            if redraw.due(base + Duration::from_millis(millis), Some(SECOND))
                <= Some(base + Duration::from_millis(millis))
            {
                redraw.draw(now(base, millis));
                frames.push(millis);
            }
        }
        // Whichever second one looks at, the one that begins with the frame after a pause included.
        for (index, first) in frames.iter().enumerate() {
            let within = frames[index..].iter().take_while(|millis| **millis < first + 1000).count();
            assert!(within <= 30, "{within} frames from {first} ms on");
        }
        assert!(frames.len() >= 5 * 28, "{}", frames.len());
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

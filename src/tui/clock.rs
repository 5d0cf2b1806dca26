//! Moments for the screen: monotonic ones to compare, the wall clock's to show. Reads no clock.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use mailwatch_proto::model::Now;

/// How far the wall clock may drift from the grid before the grid follows it.
const DRIFT: Duration = Duration::from_millis(250);

/// The seconds at which counters tick, aligned with the wall clock's. All counters are computed at a grid point: each
/// moves by exactly one a tick, however late the tick comes and whatever is drawn in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    base: Instant,
}

impl Grid {
    /// The grid of `now`'s whole seconds on the wall clock.
    #[must_use]
    pub fn new(now: Now) -> Self {
        let past = Duration::from_nanos(u64::from(subsecond_nanos(now.wall)));
        Self { base: now.at.checked_sub(past).unwrap_or(now.at) }
    }

    /// The last grid point, on both clocks.
    #[must_use]
    pub fn floor(&mut self, now: Now) -> Now {
        let phase = u64::from(subsecond_nanos(now.wall.checked_sub(self.past(now.at)).unwrap_or(now.wall)));
        if Duration::from_nanos(phase.min(1_000_000_000 - phase)) > DRIFT {
            *self = Self::new(now);
        }
        let past = self.past(now.at);
        let wall = now.wall.checked_sub(past).unwrap_or(now.wall);
        // Rounded to the nearest whole second, which the grid point stands for.
        Now { at: now.at.checked_sub(past).unwrap_or(now.at), wall: wall + Duration::from_millis(500) }
    }

    /// The grid point so many whole seconds after the last.
    #[must_use]
    pub fn next(&self, at: Instant, pace: Duration) -> Instant {
        at + pace.saturating_sub(self.past(at))
    }

    fn past(&self, at: Instant) -> Duration {
        Duration::from_nanos(u64::from(at.saturating_duration_since(self.base).subsec_nanos()))
    }
}

fn subsecond_nanos(wall: SystemTime) -> u32 {
    wall.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos())
}

/// How precisely a wall-clock time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// `Tue 14:03:27`
    Day,
    /// `Tue 14:03`
    DayMinutes,
    /// `Apr 30 14:03`
    Date,
    /// `14:03`
    Minutes,
    /// `14:03:27`
    Seconds,
    /// `14:03:27.211`
    Millis,
}

/// Writes a wall-clock time in `zone`.
#[must_use]
pub fn show_wall(wall: SystemTime, zone: &TimeZone, precision: Precision) -> String {
    let Ok(stamp) = Timestamp::try_from(wall) else { return "?".to_owned() };
    let time = stamp.to_zoned(zone.clone());
    let (h, m, s) = (time.hour(), time.minute(), time.second());
    match precision {
        Precision::Minutes => format!("{h:02}:{m:02}"),
        Precision::Seconds => format!("{h:02}:{m:02}:{s:02}"),
        Precision::Millis => format!("{h:02}:{m:02}:{s:02}.{:03}", time.millisecond()),
        Precision::DayMinutes => format!("{} {h:02}:{m:02}", time.strftime("%a")),
        Precision::Day => format!("{} {h:02}:{m:02}:{s:02}", time.strftime("%a")),
        Precision::Date => format!("{} {h:02}:{m:02}", time.strftime("%b %d")),
    }
}

/// Whether two moments lie on one day in `zone`.
#[must_use]
pub fn same_day(a: SystemTime, b: SystemTime, zone: &TimeZone) -> bool {
    let day = |wall| Timestamp::try_from(wall).map(|stamp| stamp.to_zoned(zone.clone()).date()).ok();
    day(a) == day(b)
}

/// When the day of a moment began.
#[must_use]
pub fn midnight(moment: SystemTime, zone: &TimeZone) -> SystemTime {
    let stamp = Timestamp::try_from(moment).ok();
    let begin = stamp.and_then(|stamp| stamp.to_zoned(zone.clone()).start_of_day().ok());
    begin.map_or(moment, |begin| begin.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(base: Instant, millis: u64) -> Now {
        let since = Duration::from_millis(millis);
        Now { at: base + since, wall: SystemTime::UNIX_EPOCH + Duration::from_hours(24) + since }
    }

    #[test]
    fn a_late_tick_and_a_draw_between_show_the_same_second() {
        let base = Instant::now();
        let mut grid = Grid::new(now(base, 250));
        let start = grid.floor(now(base, 1000));
        assert_eq!(grid.floor(now(base, 1013)).at, start.at);
        assert_eq!(grid.floor(now(base, 1999)).at, start.at);
        assert_eq!(grid.floor(now(base, 2000)).at, start.at + Duration::from_secs(1));
        let second = Duration::from_secs(1);
        assert_eq!(grid.next(base + Duration::from_millis(1013), second), base + 2 * second);
        assert_eq!(grid.next(base + Duration::from_secs(2), second), base + 3 * second);
        assert_eq!(grid.next(base + Duration::from_millis(1013), 10 * second), base + 11 * second);
    }

    #[test]
    fn a_wall_clock_that_was_set_moves_the_grid() {
        let base = Instant::now();
        let mut grid = Grid::new(now(base, 0));
        let mut set = now(base, 5000);
        set.wall += Duration::from_millis(400);
        let shown = grid.floor(set);
        assert_eq!(set.at - shown.at, Duration::from_millis(400));
    }

    #[test]
    fn the_wall_clock_is_written_in_the_zone() {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_millis(1_714_485_807_211);
        let cases = [
            (Precision::Day, "Tue 14:03:27"),
            (Precision::DayMinutes, "Tue 14:03"),
            (Precision::Date, "Apr 30 14:03"),
            (Precision::Minutes, "14:03"),
            (Precision::Seconds, "14:03:27"),
            (Precision::Millis, "14:03:27.211"),
        ];
        for (precision, text) in cases {
            assert_eq!(show_wall(wall, &TimeZone::UTC, precision), text);
        }
    }
}

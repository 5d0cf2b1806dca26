//! The moments of a file on this process's clock.

use std::time::{Instant, SystemTime};

/// Moments of the file's time on a monotonic clock that runs with it: the first entry is an instant of this process, so that
/// none before it is needed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    wall: SystemTime,
    at: Instant,
}

impl Clock {
    /// One on which this moment is that instant.
    pub(super) const fn new(wall: SystemTime, at: Instant) -> Self {
        Self { wall, at }
    }

    /// The instant of a moment.
    pub(super) fn at(&self, wall: SystemTime) -> Instant {
        let since = wall.duration_since(self.wall).unwrap_or_default();
        self.at.checked_add(since).unwrap_or(self.at)
    }
}

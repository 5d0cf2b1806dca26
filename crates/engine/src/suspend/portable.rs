//! Systems other than Linux: the wall clock compared with the monotonic clock.
//!
//! On macOS and the BSDs the monotonic clock stands still in suspend. A wall clock that was set forward looks the same, and
//! costs a DONE. Where the monotonic clock goes on (Windows), no suspend is seen, and dead connections are found by their
//! timers.

use std::io;
use std::time::{Duration, Instant, SystemTime};

use super::{Clocks, Woken};

/// The two clocks, from the moment this was made.
#[derive(Clone, Copy, Debug)]
pub struct System {
    wall: SystemTime,
    awake: Instant,
}

impl Default for System {
    fn default() -> Self {
        Self { wall: SystemTime::now(), awake: Instant::now() }
    }
}

impl Clocks for System {
    fn asleep(&self) -> Duration {
        let all = self.wall.elapsed().unwrap_or_default();
        all.saturating_sub(self.awake.elapsed())
    }
}

/// Never tells anything: no clock wakes the program at resume. [`super::check_at`] checks at other wake-ups.
///
/// # Errors
/// None here.
pub async fn watch(tell: impl FnMut(Woken)) -> io::Result<()> {
    drop(tell);
    std::future::pending().await
}

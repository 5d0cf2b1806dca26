//! Waiting for what nobody announces, such as a line in the server's files: looked at again and again, within a bound.

use std::thread;
use std::time::{Duration, Instant};

/// Far more than anything here needs on a slow machine: it is spent only where a test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks until there is something, or gives up after `within`.
pub fn look_for<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let by = Instant::now() + within;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= by {
            return None;
        }
        thread::sleep(PAUSE);
    }
}

//! Moments and durations as the database keeps them: milliseconds, since 1970 where they are moments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The moment in milliseconds since 1970; negative before.
pub(super) fn to_millis(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    }
}

/// The moment of that many milliseconds since 1970.
pub(super) fn from_millis(at: i64) -> SystemTime {
    let distance = Duration::from_millis(at.unsigned_abs());
    let moment = if at < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    moment.unwrap_or(UNIX_EPOCH)
}

/// The duration in milliseconds, at most the database's largest number.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The duration of that many milliseconds.
pub(super) fn duration(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

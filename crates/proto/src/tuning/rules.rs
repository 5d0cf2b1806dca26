//! The numbers that ceilings and failures share.

use std::time::{Duration, SystemTime};

/// A ceiling is tried again after so long: servers and firewalls change.
pub const RETRY: Duration = Duration::from_hours(7 * 24);

/// So many answers at an age prove it: for climbing on, and against a failure there.
pub const PROOF: u32 = 3;

/// So many answers beyond a failing age lift its ceiling.
pub const CONTRADICTIONS: u32 = PROOF;

/// Evidence older than this no longer counts: as long as a ceiling holds.
pub const TRUSTED: Duration = RETRY;

/// The distance between two moments in either order: a wall clock may be set back.
pub fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

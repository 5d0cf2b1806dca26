//! A moment on the wall clock, as it is kept in a file: milliseconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{HOST_REFUSALS, WINDOW};

/// How long a refusal counts: a moment is kept without its part of a millisecond.
pub(super) const COUNTED: Duration = WINDOW.saturating_add(Duration::from_millis(1));

/// A moment on the wall clock. Before 1970 is 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Moment(u64);

impl Moment {
    /// This one.
    #[must_use]
    pub fn of(at: SystemTime) -> Self {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// So much later.
    pub(super) fn after(self, pause: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long after the other; nothing where it is before.
    pub(super) const fn since(self, other: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(other.0))
    }
}

/// What lies in the future happened just now: the clock was set back. What is older counts no more.
pub(super) fn tidy_moments(moments: &mut Vec<Moment>, at: Moment) {
    for moment in moments.iter_mut() {
        *moment = (*moment).min(at);
    }
    moments.retain(|moment| at.since(*moment) < COUNTED);
    // A file that somebody else has written may hold any number.
    let over = moments.len().saturating_sub(HOST_REFUSALS);
    moments.drain(..over);
}

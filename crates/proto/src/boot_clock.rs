//! The clock that goes on in a suspend, which tokio's does not. Pure.

use std::time::{Duration, Instant};

/// Adds the time that the machine was suspended since the program began to a clock that stands still meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BootClock {
    /// How many suspends were counted.
    count: u64,
    slept: Duration,
}

impl BootClock {
    /// The machine has woken for the `count`th time. Each of an account's watches reports it; it counts once.
    pub fn woke(&mut self, count: u64, slept: Duration) {
        if count > self.count {
            self.count = count;
            self.slept += slept;
        }
    }

    /// A moment of the monotonic clock on the one that goes on in a suspend.
    #[must_use]
    pub fn boottime(&self, at: Instant) -> Instant {
        at + self.slept
    }

    /// The other way; a moment that passed in a suspend is past.
    #[must_use]
    pub fn monotonic(&self, at: Instant) -> Instant {
        at.checked_sub(self.slept).unwrap_or(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token_lifetime::Span;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn a_token_ages_in_a_suspend() {
        let mut clock = BootClock::default();
        let span = Span::new(clock.boottime(Instant::now()), 3600 * S);
        let before = clock.monotonic(span.renew);
        for _watch in 0..3 {
            clock.woke(1, 1000 * S);
        }
        assert_eq!(before - clock.monotonic(span.renew), 1000 * S);
        clock.woke(2, 500 * S);
        assert_eq!(before - clock.monotonic(span.renew), 1500 * S);
    }
}

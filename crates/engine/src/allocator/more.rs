//! When a connection more is tried than the server allowed.

use std::time::Duration;

use tokio::time::Instant;

/// So long after a refusal at the earliest; each refusal of such a try doubles it.
const FIRST: Duration = Duration::from_mins(15);

/// And so long at the latest.
const LATEST: Duration = Duration::from_hours(6);

/// Refusals that come so soon after one another are one.
const TOGETHER: Duration = Duration::from_mins(1);

/// What the server's refusals have taught.
#[derive(Clone, Copy, Debug, Default)]
pub struct More {
    pause: Option<Duration>,
    refused: Option<Instant>,
    due: Option<Instant>,
}

impl More {
    /// When the next try is.
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// The server refused a connection.
    pub fn refused(&mut self, now: Instant) {
        let together = self.refused.is_some_and(|at| now.saturating_duration_since(at) < TOGETHER);
        let pause = match self.pause {
            None => FIRST,
            Some(pause) if together => pause,
            Some(pause) => (pause * 2).min(LATEST),
        };
        (self.pause, self.refused, self.due) = (Some(pause), Some(now), Some(now + pause));
    }

    /// One more is tried. Where the server takes it, another follows as late.
    pub fn tried(&mut self, now: Instant) {
        self.due = self.pause.map(|pause| now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: Duration = Duration::from_mins(1);

    #[test]
    fn one_more_is_tried_ever_more_seldom_as_long_as_it_is_refused() {
        let (mut more, start) = (More::default(), Instant::now());
        assert_eq!(more.due(), None);
        more.refused(start);
        more.refused(start + M / 2);
        assert_eq!(more.due(), Some(start + M / 2 + 15 * M), "four watches are refused at once");
        more.tried(start + 16 * M);
        more.refused(start + 16 * M);
        assert_eq!(more.due(), Some(start + 46 * M));
        for n in 2..9 {
            more.refused(start + 60 * n * M);
        }
        assert_eq!(more.due(), Some(start + 480 * M + LATEST));
    }
}

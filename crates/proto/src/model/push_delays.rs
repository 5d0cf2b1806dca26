//! How late mails were told, counted by how late. Pure.

use std::time::Duration;

/// From this on a mail counts as late: a server that announces does so within seconds.
pub const LATE: Duration = Duration::from_secs(10);

/// The upper bounds of all but the last class, in seconds.
pub const DELAY_BOUNDS: [u64; 7] = [1, 5, 10, 30, 60, 120, 300];

/// How many classes there are.
pub const DELAY_CLASSES: usize = DELAY_BOUNDS.len() + 1;

/// How late mails were told, by the server's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PushDelays {
    /// Mails of each class: below each of the bounds, and those above all.
    pub counts: [u64; DELAY_CLASSES],
    /// Mails whose delay is not known.
    pub unknown: u64,
}

impl PushDelays {
    /// Counts a mail.
    pub fn add(&mut self, late: Option<Duration>) {
        let Some(late) = late else {
            self.unknown = self.unknown.saturating_add(1);
            return;
        };
        let class = DELAY_BOUNDS.iter().position(|bound| late < Duration::from_secs(*bound));
        let count = &mut self.counts[class.unwrap_or(DELAY_CLASSES - 1)];
        *count = count.saturating_add(1);
    }

    /// How many mails were counted whose delay is known.
    #[must_use]
    pub fn known(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_delay_is_counted_once_below_its_bound() {
        let mut delays = PushDelays::default();
        for late in [0, 999, 1000, 9_999, 10_000, 299_999, 300_000, 10_000_000] {
            delays.add(Some(Duration::from_millis(late)));
        }
        delays.add(None);
        assert_eq!((delays.counts, delays.unknown, delays.known()), ([2, 1, 1, 1, 0, 0, 1, 2], 1, 8));
    }
}

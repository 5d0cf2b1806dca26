//! Commands of the last minute, in slots of a few seconds: a count that is never too low, in a few bytes.

use std::time::{Duration, Instant};

/// The length of a slot.
const SLOT: Duration = Duration::from_secs(5);

/// Slots that any minute lies in: twelve, and one that it begins in.
const SLOTS: usize = 13;

/// The commands of the last minute.
#[derive(Clone, Debug, Default)]
pub struct Minute {
    /// When the first slot of all began.
    began: Option<Instant>,
    /// The newest slot's number.
    newest: u64,
    /// The newest slot's commands, and those before.
    slots: [u16; SLOTS],
}

impl Minute {
    /// So many were sent now.
    pub fn add(&mut self, commands: u32, now: Instant) {
        let began = *self.began.get_or_insert(now);
        let slot = number(began, now);
        // Time never goes back; what is told late counts as of the newest slot.
        let moved = usize::try_from(slot.saturating_sub(self.newest)).unwrap_or(SLOTS).min(SLOTS);
        self.slots.rotate_right(moved);
        self.slots[..moved].fill(0);
        self.newest = self.newest.max(slot);
        let commands = u16::try_from(commands).unwrap_or(u16::MAX);
        self.slots[0] = self.slots[0].saturating_add(commands);
    }

    /// How many may lie within the minute that ends now.
    #[must_use]
    pub fn count(&self, now: Instant) -> u32 {
        let Some(began) = self.began else { return 0 };
        let age = usize::try_from(number(began, now).saturating_sub(self.newest)).unwrap_or(SLOTS);
        self.slots.iter().take(SLOTS.saturating_sub(age)).map(|commands| u32::from(*commands)).sum()
    }

    /// When so many more leave no minute with more than `most`.
    #[must_use]
    pub fn earliest(&self, more: u32, most: u32, now: Instant) -> Instant {
        let Some(began) = self.began else { return now };
        let mut count = self.count(now);
        if count + more <= most {
            return now;
        }
        let kept = SLOTS as u64;
        for (age, commands) in self.slots.iter().enumerate().rev() {
            let Some(slot) = self.newest.checked_sub(age as u64) else { continue };
            let leaves = began + SLOT * u32::try_from(slot + kept).unwrap_or(u32::MAX);
            if leaves <= now {
                continue;
            }
            count = count.saturating_sub(u32::from(*commands));
            if count + more <= most {
                return leaves;
            }
        }
        // Alone it fits whenever nothing else is there.
        began + SLOT * u32::try_from(self.newest + kept).unwrap_or(u32::MAX)
    }
}

fn number(began: Instant, now: Instant) -> u64 {
    now.saturating_duration_since(began).as_secs() / SLOT.as_secs()
}

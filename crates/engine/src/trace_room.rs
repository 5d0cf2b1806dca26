//! How much of a connection's trace a front end is shown: all that a person can read, and of a flood how much was left out.

use std::time::Instant;

/// Lines that are shown at once: the login to an account of a thousand mailboxes.
const ROOM: u64 = 2000;

/// Lines a second that are shown in the long run.
const REGAINED: u64 = 100;

/// What is left of the room.
#[derive(Debug, Default)]
pub struct TraceRoom {
    used: u64,
    at: Option<Instant>,
    left_out: u64,
}

impl TraceRoom {
    /// Whether the next line is to be shown, and how many were left out right before it.
    pub fn take(&mut self, now: Instant) -> Option<u64> {
        let seconds = self.at.map_or(0, |at| now.saturating_duration_since(at).as_secs());
        if seconds > 0 || self.at.is_none() {
            self.used = self.used.saturating_sub(seconds.saturating_mul(REGAINED));
            self.at = Some(now);
        }
        if self.used >= ROOM {
            self.left_out += 1;
            return None;
        }
        self.used += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_flood_s_lines_are_shown_as_far_as_a_person_reads_and_the_rest_is_counted() {
        let (mut room, start) = (TraceRoom::default(), Instant::now());
        let shown = (0..100_000).filter(|_| room.take(start).is_some()).count();
        assert_eq!(shown, 2000);
        let later = start + Duration::from_secs(1);
        assert_eq!(room.take(later), Some(98_000));
        assert_eq!((1..1000).filter(|_| room.take(later).is_some()).count(), 99);
    }
}

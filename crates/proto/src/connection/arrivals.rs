//! How the mails that a task finds came to be known: what the watch knows of it when the task begins.

use std::time::{Instant, SystemTime};

use crate::boot_clock::BootClock;
use crate::model::{FoundBy, Mail};
use crate::push_proof::ClockOffset;

/// Announcements that are kept apart. A burst of more is taken as if it came with the last.
const APART: usize = 16;

/// Messages that were announced and not looked at: how many and when, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announced(Vec<(u32, Instant)>);

impl Announced {
    /// So many more were announced.
    pub fn add(&mut self, count: u32, at: Instant) {
        let full = self.0.len() >= APART;
        match self.0.last_mut().filter(|last| full || last.1 == at) {
            Some(last) => last.0 = last.0.saturating_add(count),
            None => self.0.push((count, at)),
        }
    }

    /// The one in this place, counted from 0, is gone.
    pub fn remove(&mut self, place: u32) {
        let mut before = 0;
        for run in &mut self.0 {
            if place < run.0.saturating_add(before) {
                run.0 -= 1;
                break;
            }
            before += run.0;
        }
        self.0.retain(|run| run.0 > 0);
    }

    /// When the first of them was announced, which is counted no longer.
    pub fn take(&mut self) -> Option<Instant> {
        let first = self.0.first_mut()?;
        let at = first.1;
        first.0 -= 1;
        if first.0 == 0 {
            self.0.remove(0);
        }
        Some(at)
    }

    /// The last announcement.
    #[must_use]
    pub fn last(&self) -> Option<Instant> {
        self.0.last().map(|run| run.1)
    }
}

/// How the mails of a mailbox came to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// How those were found that were not announced in IDLE.
    pub by: FoundBy,
    /// When the mailbox was last seen without them, on the clock that goes on in a suspend.
    pub since: Option<Instant>,
}

/// How the mails of a task came to be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// Those of the own mailbox that were announced while IDLE ran.
    pub announced: Announced,
    /// Of the own mailbox.
    pub own: Sought,
    /// Of the shared one that is looked at.
    pub shared: Option<Sought>,
    /// The server's clock, where it is known.
    pub clock: Option<ClockOffset>,
    /// The machine's clock that goes on in a suspend.
    pub boot: BootClock,
}

impl Arrivals {
    /// Notes how the next mail was found, when the server received it, and how late it is told. Returns when it was announced
    /// in IDLE.
    pub fn note(&mut self, mail: &mut Mail, received: Option<SystemTime>, now: Instant) -> Option<Instant> {
        let Sought { by, since } = self.shared.unwrap_or(self.own);
        let announced = if self.shared.is_none() { self.announced.take() } else { None };
        mail.found = if announced.is_some() { FoundBy::Push } else { by };
        mail.received = received;
        let clock = self.clock.zip(received);
        // A mail that was not there when it had been received was moved or copied.
        let fresh = clock.filter(|(clock, date)| since.is_none_or(|since| clock.waited(*date, since).is_zero()));
        mail.late = fresh.map(|(clock, date)| clock.waited(date, self.boot.boottime(now)));
        announced.map(|at| self.boot.monotonic(at))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn announcements_are_taken_in_their_order_and_follow_what_is_expunged() {
        let (first, second) = (Instant::now(), Instant::now() + Duration::from_secs(1));
        let mut announced = Announced::default();
        announced.add(2, first);
        announced.add(2, second);
        announced.remove(1);
        announced.remove(2);
        announced.remove(7);
        let taken: Vec<_> = std::iter::from_fn(|| announced.take()).collect();
        assert_eq!(taken, [first, second]);
    }

    #[test]
    fn a_flood_takes_no_more_room() {
        let mut announced = Announced::default();
        let now = Instant::now();
        (0..1_000).for_each(|ms| announced.add(1, now + Duration::from_millis(ms)));
        assert_eq!(announced.0.len(), APART);
        assert_eq!(std::iter::from_fn(|| announced.take()).count(), 1_000);
    }
}

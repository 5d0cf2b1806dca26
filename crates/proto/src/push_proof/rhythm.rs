//! Whether a server looks for mail by itself, each so often, and announces what it finds then. Pure.
//!
//! Such a server begins to count with IDLE (Courier: 60 s; Dovecot without inotify: `mailbox_idle_check_interval`). Its
//! announcements come after a multiple of its interval, and mails have waited for unlike times by then, as their own dates
//! show, whatever the server's clock says.

use std::num::NonZeroU32;
use std::time::{Duration, Instant, SystemTime};

use super::{Arrival, PROVES, Stood};

/// The intervals that servers are set to, in milliseconds, the longest first.
const INTERVALS: [u32; 6] = [300_000, 120_000, 60_000, 45_000, 30_000, 20_000];

/// An announcement may come so many milliseconds beside its multiple.
const BESIDE: u32 = 1_000;

/// Announcements that are remembered.
const LAST: usize = 5;

/// So many of them must agree.
const AGREE: usize = 4;

/// An announcement in IDLE.
#[derive(Clone, Copy, Debug)]
struct Announcement {
    /// Milliseconds since the IDLE's `+`.
    after: NonZeroU32,
    /// Seconds from the date of its newest mail, and of its oldest that may have come in this IDLE, by two clocks that may
    /// differ.
    newest: i32,
    oldest: i32,
}

/// A server's own interval, as far as the last announcements show one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rhythm {
    /// The newest first.
    last: [Option<Announcement>; LAST],
}

impl Rhythm {
    /// What was announced first in this IDLE. Moments are counted from `base`.
    pub(super) fn heard(&mut self, stood: Stood, mails: &[Arrival], base: Instant) {
        let Some(at) = mails.iter().filter_map(|mail| mail.announced).min() else { return };
        let after = at.saturating_duration_since(stood.began);
        let waits =
            || mails.iter().filter(|mail| mail.announced == Some(at)).filter_map(|mail| wait(base, at, mail.date?));
        let Some(newest) = waits().min() else { return };
        let most = newest.saturating_add(i32::try_from(after.as_secs()).unwrap_or(i32::MAX));
        let oldest = waits().filter(|wait| *wait <= most).max().unwrap_or(newest);
        let after = u32::try_from(after.as_millis()).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        self.last.rotate_right(1);
        self.last[0] = Some(Announcement { after, newest, oldest });
    }

    /// The interval, once it was seen.
    pub(super) fn interval(&self) -> Option<Duration> {
        let heard = || self.last.iter().flatten();
        let ms = *INTERVALS.iter().find(|interval| heard().all(|heard| is_multiple(heard.after.get(), **interval)))?;
        let least = heard().map(|heard| heard.newest).min()?;
        let interval = i32::try_from(ms / 1_000).unwrap_or(i32::MAX);
        let long = i32::try_from(PROVES.as_secs()).unwrap_or(i32::MAX).max(interval / 3);
        // One that waited for longer than the interval is a copy, and shows nothing.
        let waited = |heard: &&Announcement| (long..=interval + 2).contains(&heard.oldest.saturating_sub(least));
        (heard().count() >= AGREE && heard().filter(waited).count() >= 2).then(|| Duration::from_millis(ms.into()))
    }

    /// When the server last looked before it announced, where it has an interval: mail of that announcement was not there.
    pub(super) fn looked_before(&self, announced: Instant) -> Option<Instant> {
        announced.checked_sub(self.interval()? + Duration::from_millis(BESIDE.into()))
    }
}

fn is_multiple(after: u32, interval: u32) -> bool {
    let rest = after % interval;
    after + BESIDE >= interval && (rest <= BESIDE || interval - rest <= BESIDE)
}

/// Seconds from a date of the server's clock to a moment of this machine's, which counts from 1970 at `base`.
fn wait(base: Instant, at: Instant, date: SystemTime) -> Option<i32> {
    let date = i64::try_from(date.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok()?;
    let at = i64::try_from(at.saturating_duration_since(base).as_secs()).ok()?;
    i32::try_from(at - date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    struct Rig {
        base: Instant,
        now: Instant,
        rhythm: Rhythm,
    }

    impl Rig {
        fn new() -> Self {
            let base = Instant::now();
            Self { base, now: base, rhythm: Rhythm::default() }
        }

        /// An IDLE that ends with an announcement after so many milliseconds, of mails that had waited for so many seconds.
        fn idle(&mut self, after: u64, waited: &[u64]) {
            let (began, at) = (self.now, self.now + Duration::from_millis(after));
            let arrival = |waited: &u64| {
                // The server's clock is some years behind.
                let date = 1_400_000_000 + (at - self.base).as_secs() - waited;
                let date = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(date));
                Arrival { uid: 1, date, announced: Some(at), absent: Some(began), added: None }
            };
            let mails: Vec<_> = waited.iter().map(arrival).collect();
            self.rhythm.heard(Stood { began, from: at, until: at }, &mails, self.base);
            self.now = at;
        }
    }

    #[test]
    fn courier_looks_once_a_minute() {
        // As Courier 1.0.16 announced mails that were put into a Maildir at random.
        let mut rig = Rig::new();
        rig.idle(60_020, &[56, 5]);
        rig.idle(120_010, &[8]);
        assert_eq!(rig.rhythm.interval(), None, "two are not enough");
        rig.idle(119_950, &[55, 13]);
        rig.idle(120_100, &[3]);
        assert_eq!(rig.rhythm.interval(), Some(60 * S));
        let at = rig.now + 90 * S;
        assert_eq!(rig.rhythm.looked_before(at), at.checked_sub(61 * S));
    }

    #[test]
    fn dovecot_without_inotify_looks_each_half_minute() {
        let mut rig = Rig::new();
        for (after, waited) in [(30_000, [26, 13]), (60_010, [10, 10]), (60_000, [29, 29]), (30_020, [29, 8])] {
            rig.idle(after, &waited);
        }
        assert_eq!(rig.rhythm.interval(), Some(30 * S));
        rig.idle(47_000, &[0]);
        assert_eq!(rig.rhythm.interval(), None, "it announces by itself again");
    }

    #[test]
    fn mail_that_is_sent_each_minute_and_announced_at_once_shows_no_interval() {
        let mut rig = Rig::new();
        for _ in 0..8 {
            rig.idle(60_000, &[0]);
        }
        assert_eq!(rig.rhythm.interval(), None);
        // Copies keep their dates.
        rig.idle(60_000, &[0, 4_000, 70]);
        rig.idle(60_000, &[0, 90]);
        assert_eq!(rig.rhythm.interval(), None);
    }
}

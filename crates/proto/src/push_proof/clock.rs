//! The server's clock against this machine's: an interval, narrowed from both sides by the dates of mails. Pure.
//!
//! A mail's INTERNALDATE is never later than the moment at which the mail was seen to be there: that is one side. A mail that
//! has just been delivered is dated no earlier than the moment at which it was seen not to be there: that is the other.
//! Moments are those of the clock that goes on in a suspend.

use std::time::{Duration, Instant, SystemTime};

/// An interval that is wider says nothing of a single mail.
const KNOWN: i64 = 5_000;

/// INTERNALDATE has whole seconds (RFC 3501 §9, date-time).
const SECOND: i64 = 1_000;

/// A bound moves by a millisecond in so many: quartz is seldom worse than 50 ppm, and most clocks are set all the time.
const DRIFT: i64 = 20_000;

/// So many mails in a row that are dated before all that was believed: what was believed came of a date in the future, or a
/// clock was set.
const DOUBTS: u8 = 4;

/// A bound of the offset, in milliseconds, and when it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bound {
    offset: i64,
    at: i64,
}

/// What mails have taught of the server's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerClock {
    /// Where this machine's milliseconds are counted from.
    base: Option<Instant>,
    low: Option<Bound>,
    high: Option<Bound>,
    doubts: u8,
}

/// The offset where it is known: the server's time less this machine's lies between `low` and `high` milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    base: Instant,
    low: i64,
    high: i64,
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

/// Milliseconds from one moment to another, which may be the earlier.
fn since(base: Instant, at: Instant) -> i64 {
    match at.checked_duration_since(base) {
        Some(after) => millis(after),
        None => -millis(base.saturating_duration_since(at)),
    }
}

fn unix(date: SystemTime) -> i64 {
    match date.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    }
}

impl ServerClock {
    /// A mail of this date was there at `present`; it was not at `absent`, where that is known.
    ///
    /// A date of long ago was kept by a copy or set by a migration, and teaches nothing.
    pub fn observe(&mut self, date: SystemTime, absent: Option<Instant>, present: Instant) {
        let base = *self.base.get_or_insert(present);
        let (date, now) = (unix(date), since(base, present));
        let bound = |offset| Bound { offset, at: now };
        let least = date - now;
        let most = absent.map(|absent| date + SECOND - since(base, absent));
        let (low, high) = (self.low_at(now), self.high_at(now));
        if most.is_some_and(|most| low.is_some_and(|low| most < low)) {
            self.doubts += 1;
            if self.doubts >= DOUBTS {
                *self = Self { base: Some(base), low: Some(bound(least)), high: None, doubts: 0 };
            }
            return;
        }
        self.doubts = 0;
        if high.is_some_and(|high| high < least) {
            // One of the two dates was not the server's clock's. Which, the next will show.
            (self.low, self.high) = (Some(bound(least)), None);
            return;
        }
        if low.is_none_or(|low| least >= low) {
            self.low = Some(bound(least));
        }
        if let Some(most) = most
            && high.is_none_or(|high| most <= high)
        {
            self.high = Some(bound(most));
        }
    }

    /// The offset, where the interval is narrow enough to claim anything by it.
    #[must_use]
    pub fn known(&self, now: Instant) -> Option<ClockOffset> {
        let base = self.base?;
        let at = since(base, now);
        let (low, high) = (self.low_at(at)?, self.high_at(at)?);
        (high - low < KNOWN).then_some(ClockOffset { base, low, high })
    }

    /// Where moments are counted from, once a mail had a date.
    pub(super) const fn base(&self) -> Option<Instant> {
        self.base
    }

    fn low_at(&self, now: i64) -> Option<i64> {
        self.low.map(|bound| bound.offset - (now - bound.at).max(0) / DRIFT)
    }

    fn high_at(&self, now: i64) -> Option<i64> {
        self.high.map(|bound| bound.offset + (now - bound.at).max(0) / DRIFT)
    }
}

impl ClockOffset {
    /// How long a mail of this date was there at `until`, at least.
    #[must_use]
    pub fn waited(&self, date: SystemTime, until: Instant) -> Duration {
        let latest = unix(date) + SECOND - self.low;
        Duration::from_millis(u64::try_from(since(self.base, until) - latest).unwrap_or(0))
    }

    /// Whether a mail of this date was received before this moment, whatever the offset is.
    #[must_use]
    pub fn precedes(&self, date: SystemTime, at: Instant) -> bool {
        unix(date) + SECOND - self.low < since(self.base, at)
    }

    /// Whether a mail of this date may have been received before this moment.
    #[must_use]
    pub fn may_precede(&self, date: SystemTime, at: Instant) -> bool {
        unix(date) - self.high < since(self.base, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    /// A server whose clock is ahead by so many seconds.
    fn date(base: Instant, at: Instant, ahead: u64) -> SystemTime {
        let whole = (at - base).as_secs() + 1_700_000_000 + ahead;
        SystemTime::UNIX_EPOCH + Duration::from_secs(whole)
    }

    #[test]
    fn mails_from_both_sides_narrow_it() {
        let base = Instant::now();
        let mut clock = ServerClock::default();
        // It came 100 s after a look, and was announced at once.
        let at = base + 100 * S;
        clock.observe(date(base, at, 3600), Some(base), at);
        assert_eq!(clock.known(at), None, "it may have waited for 100 s");
        // One came a second after the next look and was found late.
        let came = at + 2 * S;
        clock.observe(date(base, came, 3600), Some(at + S), at + 200 * S);
        let known = clock.known(at + 200 * S).expect("both sides are known");
        let later = at + 300 * S;
        let waited = known.waited(date(base, later, 3600), later + 60 * S);
        assert!((57 * S..=60 * S).contains(&waited), "{waited:?}");
        assert!(!known.may_precede(date(base, later, 3600), at + 296 * S));
        assert!(known.may_precede(date(base, later, 3600), later + S));
    }

    #[test]
    fn a_date_that_a_copy_kept_teaches_nothing() {
        let base = Instant::now();
        let mut clock = ServerClock::default();
        let at = base + 10 * S;
        clock.observe(date(base, at, 0), Some(base + 9 * S), at);
        let known = clock.known(at);
        assert!(known.is_some());
        clock.observe(SystemTime::UNIX_EPOCH, Some(at), at + S);
        assert_eq!(clock.known(at), known);
    }

    #[test]
    fn a_date_in_the_future_is_forgotten_when_all_that_come_deny_it() {
        let base = Instant::now();
        let mut clock = ServerClock::default();
        clock.observe(date(base, base, 90_000), None, base);
        for n in 1..=6 {
            let before = base + 60 * S * n;
            let at = before + S;
            clock.observe(date(base, at, 0), Some(before), at);
        }
        let at = base + 420 * S;
        let known = clock.known(at).expect("it is known again");
        assert!(known.waited(date(base, at, 0), at) == Duration::ZERO && known.may_precede(date(base, at, 0), at + S));
    }

    #[test]
    fn what_was_known_long_ago_is_known_no_longer() {
        let base = Instant::now();
        let mut clock = ServerClock::default();
        clock.observe(date(base, base + S, 0), Some(base), base + S);
        assert!(clock.known(base + 3600 * S).is_some());
        assert!(clock.known(base + 48 * 3600 * S).is_none(), "the clocks may have drifted apart");
    }
}

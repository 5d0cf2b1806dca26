//! When a server that refused a command is asked again: each refusal doubles the pause. Over connections, for a refusal
//! is the server's and not the connection's.

use std::time::{Duration, Instant};

/// What a server's refusals of one command have taught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The first pause, and the longest.
    first: Duration,
    longest: Duration,
    /// How often in a row it was refused.
    refusals: u32,
    /// Not before then.
    until: Option<Instant>,
    /// The words that were told last.
    said: Option<Box<str>>,
}

impl Patience {
    /// Before anything was refused.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, refusals: 0, until: None, said: None }
    }

    /// The server refused with these words. Whether they are news: the same words are said once.
    pub fn refused(&mut self, words: &str, now: Instant) -> bool {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(self.refusals));
        self.refusals = self.refusals.saturating_add(1);
        self.until = Some(now + doubled.min(self.longest));
        let news = self.said.as_deref() != Some(words);
        if news {
            self.said = Some(words.into());
        }
        news
    }

    /// It is not asked again before the longest pause is over.
    pub fn exhaust(&mut self, now: Instant) {
        self.until = Some(now + self.longest);
    }

    /// It did what it was asked for.
    pub fn accepted(&mut self) {
        (self.refusals, self.until, self.said) = (0, None, None);
    }

    /// The user acts: it may be asked at once. What was said stays said.
    pub const fn forget(&mut self) {
        (self.refusals, self.until) = (0, None);
    }

    /// When it may be asked again, where it was refused.
    #[must_use]
    pub const fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Whether it may be asked now.
    #[must_use]
    pub fn allows(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn each_refusal_doubles_the_pause_up_to_the_longest_and_words_are_said_once() {
        let (mut patience, now) = (Patience::new(2 * S, 9 * S), Instant::now());
        assert!(patience.allows(now));
        let told = [("no", true), ("no", false), ("never", true), ("never", false), ("no", true)];
        let pauses: Vec<u64> = told
            .into_iter()
            .map(|(words, news)| {
                assert_eq!(patience.refused(words, now), news, "{words}");
                patience.until().map_or(0, |until| (until - now).as_secs())
            })
            .collect();
        assert_eq!(pauses, [2, 4, 8, 9, 9]);
        assert!(!patience.allows(now + 8 * S));
        assert!(patience.allows(now + 9 * S));
        patience.accepted();
        assert!(patience.allows(now) && patience.refused("no", now), "the next refusal is news again");
    }

    #[test]
    fn no_number_of_refusals_overflows() {
        let (mut patience, now) = (Patience::new(S, 9 * S), Instant::now());
        patience.refusals = u32::MAX;
        patience.refused("no", now);
        assert_eq!(patience.until(), Some(now + 9 * S));
    }
}

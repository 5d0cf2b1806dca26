//! How much may be sent to the terminal now: on a slow line no key waits behind what was sent before it. Reads no clock.
//!
//! A pseudo terminal, ssh and what else lies between keep many seconds of a slow line's bytes before a write blocks. So the
//! terminal is asked something now and then; its answer says that it has taken in all that came before the question. A line
//! on which nothing of consequence can wait is not asked about.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Bytes a second that any line takes: 9600 baud, ten bits a byte.
const SLOWEST: u64 = 960;

/// From this speed on (in bytes a second) a line counts as fast: a screen with all its cells takes it less than a second.
const FAST: u64 = 16 * 1024;

/// The bytes that may wait in the line for others to be sent, in percent of a second's.
const WINDOW: u64 = 25;

/// With so many in it there is no room for a key either.
const KEYS_WINDOW: u64 = 68;

/// What a key may send at once, where that waits behind no more than the others: its answer, if not all that it changes.
const KEYS_PART: u64 = 26;

/// With room for less nothing is sent: each part costs the sequences around it.
const LEAST_PART: u64 = 128;

/// How many bytes may have gone without a question: on a line that may be slow, and on a fast one.
const UNASKED: [u64; 2] = [200, 1000];

/// How many answers may be owed.
const MOST_OWED: usize = 4;

/// For how long the first answer is waited for: at 9600 baud, 0.2 s from the terminal. One that does not answer shows
/// nothing for so long, once.
const FIRST_PATIENCE: Duration = Duration::from_millis(300);

/// For how long a later one is.
const PATIENCE: Duration = Duration::from_secs(3);

/// After that a terminal that has fallen silent is one that does not answer.
const SILENT: Duration = Duration::from_secs(30);

/// No line of less than [`FAST`] brings question and answer in this time.
const AT_ONCE: Duration = Duration::from_millis(20);

/// The speed in bytes a second that such an answer lets expect.
const PRESUMED: u64 = 64 * 1024;

/// From so many bytes on a time says something of the speed.
const TELLING: u64 = 128;

/// A question that has no answer yet.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: Instant,
    /// How many bytes were sent before its end.
    upto: u64,
    /// How many of them may not have been taken in then.
    waiting: u64,
}

/// What is known of the line to the terminal.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// The line's own speed, where the system says so.
    given: Option<u64>,
    /// The speed that answers have shown.
    speed: Option<u64>,
    /// Of the answer that came soonest: the bytes before it, and its time.
    soonest: Option<(u64, Duration)>,
    owed: VecDeque<Asked>,
    /// When the last answer came.
    answered: Option<Instant>,
    sent: u64,
    /// How many of them have been taken in for certain.
    taken: u64,
    /// What was sent after the last question, less what any line has taken since: as of the moment.
    unasked: (u64, Option<Instant>),
}

impl Flow {
    /// A line whose speed the system knows: serial lines, and logins from them.
    #[must_use]
    pub fn with_baud(baud: u32) -> Self {
        Self { given: Some(u64::from(baud / 10).max(1)), ..Self::default() }
    }

    /// The terminal was asked, behind so many bytes.
    pub fn asked(&mut self, now: Instant, bytes: usize) {
        self.count(now, bytes);
        if self.given.is_some() {
            return;
        }
        let waiting = self.in_line(now);
        if self.owed.is_empty() {
            self.taken = self.sent.saturating_sub(waiting);
        }
        self.owed.push_back(Asked { at: now, upto: self.sent, waiting });
        self.unasked = (0, None);
    }

    /// So many bytes were sent; whether the terminal is to be asked behind them.
    #[must_use]
    pub fn sent(&mut self, now: Instant, bytes: usize) -> bool {
        self.count(now, bytes);
        if self.answered.is_some() && self.is_open(now) {
            self.forget();
        }
        let [slow, fast] = UNASKED;
        let most = if self.speed.is_some_and(|speed| speed >= FAST) { fast } else { slow };
        self.given.is_none()
            && self.answered.is_some()
            && self.owed.len() < MOST_OWED
            && !self.is_silent(now)
            && self.unasked_now(now) >= most
    }

    /// The terminal has answered.
    pub fn answered(&mut self, now: Instant) {
        let before = self.answered.replace(now);
        let Some(asked) = self.owed.pop_front() else { return };
        let (bytes, took) = match before.filter(|before| *before > asked.at) {
            // The line was busy all the time.
            Some(before) => (asked.upto.saturating_sub(self.taken), now.saturating_duration_since(before)),
            None => self.beyond_the_soonest(asked.waiting, now.saturating_duration_since(asked.at)),
        };
        self.taken = asked.upto;
        if bytes >= TELLING {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1000);
            self.learn(bytes * 1_000_000 / micros);
        }
    }

    /// No answer is waited for any more.
    pub fn forget(&mut self) {
        self.owed.clear();
    }

    /// Leaves out what the way there and back takes, without any bytes before it.
    fn beyond_the_soonest(&mut self, bytes: u64, took: Duration) -> (u64, Duration) {
        let soonest = self.soonest;
        if soonest.is_none_or(|(_, least)| took < least) {
            self.soonest = Some((bytes, took));
        }
        match soonest {
            None if took <= AT_ONCE => (PRESUMED, Duration::from_secs(1)),
            None => (0, took),
            Some((least, soonest)) => (bytes.saturating_sub(least), took.saturating_sub(soonest)),
        }
    }

    /// Answers that were read late together look like a fast line: no step is large but the first.
    fn learn(&mut self, speed: u64) {
        self.speed = Some(match self.speed {
            None => speed,
            Some(known) if speed > known => speed.min(known * 8),
            Some(known) => (known + 3 * speed) / 4,
        });
    }

    /// How many bytes may be sent now; for a key, where one was `pressed`.
    #[must_use]
    pub fn room(&self, now: Instant, pressed: bool) -> usize {
        if self.is_open(now) {
            return usize::MAX;
        }
        if self.answered.is_none() && self.given.is_none() {
            return 0;
        }
        let (window, least) = self.window(pressed);
        let room = window.saturating_sub(self.in_line(now));
        let most = if pressed { least } else { room };
        if room < least { 0 } else { usize::try_from(most).unwrap_or(usize::MAX) }
    }

    /// When there may be room though no answer has come.
    #[must_use]
    pub fn due(&self, now: Instant, pressed: bool) -> Instant {
        if let Some(oldest) = self.owed.front()
            && !self.is_silent(now)
        {
            return oldest.at + self.patience();
        }
        let (window, least) = self.window(pressed);
        let over = (self.in_line(now) + least).saturating_sub(window);
        now + Duration::from_millis(over * 1000 / self.draining(now).max(1) + 1)
    }

    /// Whether anything may be sent at any time: nothing speaks for a slow line, or nothing is known of it.
    fn is_open(&self, now: Instant) -> bool {
        let unknown = self.given.is_none() && self.answered.is_none();
        match self.owed.front() {
            Some(oldest) => {
                let waited = now.saturating_duration_since(oldest.at);
                (unknown && waited >= FIRST_PATIENCE) || waited >= SILENT
            }
            None => unknown,
        }
    }

    /// Whether an answer is overdue.
    fn is_silent(&self, now: Instant) -> bool {
        self.owed.front().is_some_and(|oldest| now.saturating_duration_since(oldest.at) >= self.patience())
    }

    fn patience(&self) -> Duration {
        if self.answered.is_some() { PATIENCE } else { FIRST_PATIENCE }
    }

    /// How much may wait in the line, and the least that is sent.
    fn window(&self, pressed: bool) -> (u64, u64) {
        let speed = self.given.or(self.speed).unwrap_or_default().max(SLOWEST);
        let of_speed = |percent| speed.saturating_mul(percent) / 100;
        if pressed { (of_speed(KEYS_WINDOW), of_speed(KEYS_PART)) } else { (of_speed(WINDOW), LEAST_PART) }
    }

    /// How many bytes may wait in the line.
    fn in_line(&self, now: Instant) -> u64 {
        // One that has fallen silent goes on at the speed that it had.
        if self.owed.is_empty() || self.is_silent(now) { self.unasked_now(now) } else { self.sent - self.taken }
    }

    fn count(&mut self, now: Instant, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.unasked = (self.unasked_now(now).saturating_add(bytes), Some(now));
        self.sent = self.sent.saturating_add(bytes);
    }

    fn unasked_now(&self, now: Instant) -> u64 {
        let (bytes, Some(as_of)) = self.unasked else { return 0 };
        let millis = u64::try_from(now.saturating_duration_since(as_of).as_millis()).unwrap_or(u64::MAX);
        bytes.saturating_sub(self.draining(now).saturating_mul(millis) / 1000)
    }

    /// Bytes a second that the line takes for certain.
    fn draining(&self, now: Instant) -> u64 {
        match (self.given, self.speed) {
            (Some(given), _) => given,
            (None, Some(speed)) if self.is_silent(now) => speed,
            (None, Some(speed)) => speed.min(SLOWEST),
            (None, None) => SLOWEST,
        }
    }
}

#[cfg(test)]
mod tests;

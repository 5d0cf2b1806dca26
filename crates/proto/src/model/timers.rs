//! The timers: one table of names, defaults, ranges and meanings, and the values a watch runs on.

use std::fmt;
use std::time::Duration;

/// A named duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Timer {
    /// DNS, TCP, TLS and greeting together.
    Connect,
    /// Any tagged reply or `+` the server owes, but DONE's.
    Reply,
    /// DONE's tagged reply.
    Done,
    /// The age at which an IDLE is ended and issued again.
    Reissue,
    /// No byte from the server for so long.
    Silence,
    /// Between polls without IDLE.
    Poll,
    /// The first backoff's upper bound.
    RetryMin,
    /// Every backoff's upper bound.
    RetryMax,
}

/// What is fixed about a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerSpec {
    /// Which timer this row is about.
    pub timer: Timer,
    /// Its name in the configuration, in events and on screen.
    pub name: &'static str,
    /// Its built-in value; `None` is `off`.
    pub default: Option<Duration>,
    /// The smallest value the configuration takes.
    pub min: Duration,
    /// The largest value the configuration takes.
    pub max: Duration,
    /// Whether it can be `off`.
    pub can_be_off: bool,
    /// What it means, in a sentence for help and the tuning popup.
    pub help: &'static str,
}

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

const fn spec(timer: Timer, name: &'static str, default: u64, min: u64, max: u64, help: &'static str) -> TimerSpec {
    TimerSpec { timer, name, default: Some(secs(default)), min: secs(min), max: secs(max), can_be_off: false, help }
}

/// Every timer, in the order of [`Timer`]'s variants.
pub const TIMERS: [TimerSpec; 8] = [
    spec(Timer::Connect, "connect", 20, 1, 600, "DNS, TCP, TLS and greeting together"),
    spec(Timer::Reply, "reply", 30, 1, 600, "any reply or + that the server owes, except the reply to DONE"),
    spec(Timer::Done, "done", 10, 1, 600, "the reply to DONE; nothing postpones it"),
    // Under 29 minutes: RFC 2177 §3. 4 minutes: the largest age that every provider in the reports answered at.
    spec(Timer::Reissue, "reissue", 240, 1, 1740, "the age at which an IDLE is ended with DONE and issued again"),
    TimerSpec {
        timer: Timer::Silence,
        name: "silence",
        default: None,
        min: secs(1),
        max: secs(1740),
        can_be_off: true,
        help: "how long the server may be silent before DONE tests whether it lives",
    },
    spec(Timer::Poll, "poll", 120, 1, 3600, "how often to look for mail if the server has no IDLE"),
    spec(Timer::RetryMin, "retry_min", 2, 1, 3600, "the longest pause after the first failure; it doubles each time"),
    spec(Timer::RetryMax, "retry_max", 300, 1, 3600, "the longest pause after any failure"),
];

impl Timer {
    /// The timer's row in [`TIMERS`].
    #[must_use]
    pub const fn spec(self) -> &'static TimerSpec {
        &TIMERS[self as usize]
    }

    /// The timer's name in the configuration, in events and on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// The timer of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        TIMERS.iter().find(|spec| spec.name == name).map(|spec| spec.timer)
    }
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where a timer's value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Origin {
    /// [`TimerSpec::default`].
    BuiltIn,
    /// The provider's preset.
    Provider,
    /// Learned from this server's answers.
    Learned,
    /// The configuration file.
    Config,
    /// Changed by the user while the program runs.
    You,
}

impl Origin {
    /// Every origin.
    pub const ALL: [Self; 5] = [Self::BuiltIn, Self::Provider, Self::Learned, Self::Config, Self::You];

    /// The origin's name, as events and the screen write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built in",
            Self::Provider => "provider",
            Self::Learned => "learned",
            Self::Config => "config",
            Self::You => "you",
        }
    }
}

/// What a timer is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Setting {
    /// A value; `None` is `off`.
    Value(Option<Duration>),
    /// Learned from the server's answers: only [`Timer::Reissue`] can be.
    Auto,
}

impl fmt::Display for Setting {
    /// As the configuration writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => f.pad(&show_duration(*value)),
            Self::Auto => f.pad("auto"),
        }
    }
}

/// A timer's value and where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tuned {
    /// The value; `None` is `off`.
    pub value: Option<Duration>,
    /// Where it came from.
    pub origin: Origin,
}

/// All timers of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timers {
    tuned: [Tuned; TIMERS.len()],
}

impl Default for Timers {
    fn default() -> Self {
        Self { tuned: TIMERS.map(|spec| Tuned { value: spec.default, origin: Origin::BuiltIn }) }
    }
}

impl Timers {
    /// The timer's value; `None` is `off`.
    #[must_use]
    pub const fn value(&self, timer: Timer) -> Option<Duration> {
        self.tuned[timer as usize].value
    }

    /// The timer's value, or its range's upper end where it is `off`.
    #[must_use]
    pub const fn limit(&self, timer: Timer) -> Duration {
        match self.value(timer) {
            Some(value) => value,
            None => timer.spec().max,
        }
    }

    /// The timer's value with its origin.
    #[must_use]
    pub const fn tuned(&self, timer: Timer) -> Tuned {
        self.tuned[timer as usize]
    }

    /// Sets a timer. The range is for configuration and screen to check: tests and the demo run on shorter ones.
    pub const fn set(&mut self, timer: Timer, value: Option<Duration>, origin: Origin) {
        self.tuned[timer as usize] = Tuned { value, origin };
    }

    /// The same timers with one changed.
    #[must_use]
    pub const fn with(mut self, timer: Timer, value: Option<Duration>, origin: Origin) -> Self {
        self.set(timer, value, origin);
        self
    }
}

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// Nothing there.
    Empty,
    /// A number without a unit, or a unit that is not `h`, `m` or `s`.
    Unit,
    /// Not a number, or out of `u64`.
    Number,
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a duration is missing; write 10s, 4m or 1m30s",
            Self::Unit => "a duration needs its unit: write 10s, 4m, 1m30s or 1h",
            Self::Number => "not a duration; write 10s, 4m, 1m30s or 1h",
        })
    }
}

impl std::error::Error for DurationError {}

/// Reads `10s`, `4m`, `1m30s`, `1h`. Units may stand once each, the larger first.
///
/// # Errors
/// Where a number, a unit or their order is wrong.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(DurationError::Empty);
    }
    let mut total: u64 = 0;
    let mut last_unit = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| DurationError::Number)?;
        let unit = match rest[digits..].chars().next() {
            Some('h') => 3600,
            Some('m') => 60,
            Some('s') => 1,
            Some(_) | None => return Err(DurationError::Unit),
        };
        if unit >= last_unit {
            return Err(DurationError::Number);
        }
        last_unit = unit;
        total = number.checked_mul(unit).and_then(|n| total.checked_add(n)).ok_or(DurationError::Number)?;
        rest = &rest[digits + 1..];
    }
    Ok(Duration::from_secs(total))
}

/// Writes a duration as [`parse_duration`] reads it: `4m`, `1m30s`, `off` for `None`. Milliseconds are cut.
#[must_use]
pub fn show_duration(value: Option<Duration>) -> String {
    let Some(value) = value else { return "off".to_owned() };
    let total = value.as_secs();
    let (h, m, s) = (total / 3600, total / 60 % 60, total % 60);
    let mut text = String::new();
    for (n, unit) in [(h, 'h'), (m, 'm'), (s, 's')] {
        if n > 0 {
            text.push_str(&n.to_string());
            text.push(unit);
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Writes a duration as a clock: `2:41`, `1:02:03`. Milliseconds are cut.
#[must_use]
pub fn show_clock(value: Duration) -> String {
    let total = value.as_secs();
    let (h, m, s) = (total / 3600, total / 60 % 60, total % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (index, spec) in TIMERS.iter().enumerate() {
            assert_eq!(spec.timer as usize, index);
            assert_eq!(Timer::by_name(spec.name), Some(spec.timer));
            assert!(spec.min <= spec.max);
            assert!(spec.default.is_none_or(|value| spec.min <= value && value <= spec.max));
        }
    }

    #[test]
    fn what_a_duration_shows_is_what_it_reads() {
        for seconds in [0, 1, 59, 60, 90, 240, 3599, 3600, 3661] {
            let value = Duration::from_secs(seconds);
            assert_eq!(parse_duration(&show_duration(Some(value))), Ok(value));
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused() {
        let cases = [
            ("", DurationError::Empty),
            ("10", DurationError::Unit),
            ("10x", DurationError::Unit),
            ("s", DurationError::Number),
            ("4m4m", DurationError::Number),
            ("30s1m", DurationError::Number),
            ("-4m", DurationError::Number),
            ("99999999999999999999s", DurationError::Number),
            ("18446744073709551615h", DurationError::Number),
        ];
        for (text, error) in cases {
            assert_eq!(parse_duration(text), Err(error), "{text:?}");
        }
    }
}

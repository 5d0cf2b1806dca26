//! Suspends of the machine, known when it resumes. Nothing here polls.
//!
//! On Linux a timer on the wall clock wakes the program when that clock is set, as it is on resuming; the kernel's two clocks
//! then tell a suspend from a step by NTP. Elsewhere [`check_at`] compares whenever it is woken.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

use std::io;
use std::time::Duration;

#[cfg(target_os = "linux")]
pub use self::linux::{System, watch};
#[cfg(not(target_os = "linux"))]
pub use self::portable::{System, watch};

/// Less than this is no suspend: the clocks are not read at the same instant, and no connection dies of it.
const NOTICED: Duration = Duration::from_secs(1);

/// Reads the time spent asleep.
pub trait Clocks {
    /// The time that the machine has slept in all. Only its growth has a meaning.
    fn asleep(&self) -> Duration;
}

impl<C: Clocks> Clocks for &C {
    fn asleep(&self) -> Duration {
        (**self).asleep()
    }
}

/// Remembers how long the machine had slept at the last check.
#[derive(Clone, Copy, Debug)]
pub struct Detector {
    asleep: Duration,
}

impl Detector {
    /// From now on.
    #[must_use]
    pub fn new(clocks: &impl Clocks) -> Self {
        Self { asleep: clocks.asleep() }
    }

    /// How long the machine has slept since the last check, if it has.
    pub fn check(&mut self, clocks: &impl Clocks) -> Option<Duration> {
        let asleep = clocks.asleep();
        let slept = asleep.saturating_sub(self.asleep);
        if slept > NOTICED {
            self.asleep = asleep;
            return Some(slept);
        }
        // Short sleeps add up. A smaller sum than before means that a clock was set back: count from there.
        self.asleep = self.asleep.min(asleep);
        None
    }
}

/// What happened to the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The machine slept for so long.
    Slept(Duration),
    /// It was awake: the wall clock was set.
    ClockSet,
}

/// Checks each time `wake` returns, and tells what happened.
///
/// Where no clock wakes the program at resume, `wake` is anything that wakes it anyway: a timer, a byte from a server.
///
/// # Errors
/// `wake`'s: it ends with that, and with nothing else.
pub async fn check_at<W>(
    clocks: impl Clocks,
    mut wake: impl FnMut() -> W,
    mut tell: impl FnMut(Woken),
) -> io::Result<()>
where
    W: Future<Output = io::Result<()>>,
{
    let mut detector = Detector::new(&clocks);
    loop {
        wake().await?;
        tell(detector.check(&clocks).map_or(Woken::ClockSet, Woken::Slept));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Clocks that a test sets.
    #[derive(Default)]
    struct Injected(Cell<Duration>);

    impl Clocks for Injected {
        fn asleep(&self) -> Duration {
            self.0.get()
        }
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_sleep_is_told_once_and_with_its_length() {
        let clocks = Injected(Cell::new(77_000 * MS));
        let mut detector = Detector::new(&clocks);
        assert_eq!(detector.check(&clocks), None, "what was slept before the program started is nobody's");
        clocks.0.set(77_000 * MS + 3_600_000 * MS);
        assert_eq!(detector.check(&clocks), Some(3_600_000 * MS));
        assert_eq!(detector.check(&clocks), None);
    }

    #[test]
    fn a_clock_that_was_set_while_awake_is_no_suspend() {
        // Setting CLOCK_REALTIME wakes the program, and moves neither of the two clocks that are compared.
        let clocks = Injected::default();
        let mut detector = Detector::new(&clocks);
        for jitter in [0, 3, 1, 0, 900] {
            clocks.0.set(jitter * MS);
            assert_eq!(detector.check(&clocks), None, "{jitter}");
        }
    }

    #[test]
    fn naps_too_short_to_tell_add_up() {
        let clocks = Injected::default();
        let mut detector = Detector::new(&clocks);
        clocks.0.set(700 * MS);
        assert_eq!(detector.check(&clocks), None);
        clocks.0.set(1400 * MS);
        assert_eq!(detector.check(&clocks), Some(1400 * MS));
    }

    #[test]
    fn a_clock_that_went_back_is_followed() {
        let clocks = Injected(Cell::new(10_000 * MS));
        let mut detector = Detector::new(&clocks);
        clocks.0.set(2_000 * MS);
        assert_eq!(detector.check(&clocks), None);
        clocks.0.set(5_000 * MS);
        assert_eq!(detector.check(&clocks), Some(3_000 * MS));
    }

    #[tokio::test]
    async fn it_looks_at_each_wake_up_and_ends_with_the_waker() {
        let clocks = Injected::default();
        let mut naps = [0, 5_000, 5_000, 65_000].into_iter();
        let mut told = Vec::new();
        let wake = || {
            let asleep = naps.next().ok_or_else(|| io::Error::other("no more"));
            std::future::ready(asleep.map(|asleep| clocks.0.set(asleep * MS)))
        };
        let end = check_at(&clocks, wake, |woken| told.push(woken)).await.map_err(|error| error.to_string());
        let slept = |ms| Woken::Slept(ms * MS);
        let expected = vec![Woken::ClockSet, slept(5_000), Woken::ClockSet, slept(60_000)];
        assert_eq!((told, end), (expected, Err("no more".to_owned())));
    }
}

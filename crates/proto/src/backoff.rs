//! How long a watch waits before its next connection. Pure: time and chance are arguments.

use std::time::{Duration, Instant};

use crate::model::{Next, Timer, Timers};

/// A connection that lived so long is proof that the server takes us: backoff starts again. Shorter proofs let a
/// server that accepts and drops be hammered (17 logins a second were seen elsewhere).
pub const PROVEN_LIFE: Duration = Duration::from_mins(5);

/// What a watch knows of its failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    attempt: u32,
    immediate: Option<Instant>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A new connection at once.
    None,
    /// A new connection after a while.
    For {
        /// Which attempt that will be, from 1.
        attempt: u32,
        /// How long.
        delay: Duration,
    },
}

impl Backoff {
    /// How many attempts have failed in a row.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The user acts: begin anew.
    pub const fn forget(&mut self) {
        self.attempt = 0;
        self.immediate = None;
    }

    /// A connection ended, or was never made. `idled_for` is how long it had been fit for work, if it ever was;
    /// `chance` lies in 0 to 1.
    pub fn failed(
        &mut self,
        now: Instant,
        idled_for: Option<Duration>,
        next: Next,
        timers: &Timers,
        chance: f64,
    ) -> Wait {
        if idled_for.is_some_and(|life| life >= PROVEN_LIFE) {
            self.attempt = 0;
        }
        let lately = self.immediate.is_some_and(|at| now.saturating_duration_since(at) < PROVEN_LIFE);
        if matches!(next, Next::Retry | Next::AtOnce) && idled_for.is_some() && !lately {
            self.immediate = Some(now);
            return Wait::None;
        }
        self.attempt = self.attempt.saturating_add(1);
        let max = timers.limit(Timer::RetryMax);
        let delay = match next {
            // The server or the account is over a limit: the upper half of the longest wait.
            Next::RetryLater => max.mul_f64(0.5 + chance / 2.0),
            Next::AtOnce | Next::Retry | Next::User => {
                let doubled = 2_u32.saturating_pow(self.attempt - 1);
                timers.limit(Timer::RetryMin).saturating_mul(doubled).min(max).mul_f64(chance)
            }
        };
        Wait::For { attempt: self.attempt, delay }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn delay(wait: Wait) -> Duration {
        match wait {
            Wait::None => Duration::ZERO,
            Wait::For { delay, .. } => delay,
        }
    }

    #[test]
    fn the_bound_doubles_up_to_retry_max() {
        let (mut backoff, timers, now) = (Backoff::default(), Timers::default(), Instant::now());
        let waits: Vec<u64> =
            (0..10).map(|_| delay(backoff.failed(now, None, Next::Retry, &timers, 1.0)).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(delay(backoff.failed(now, None, Next::Retry, &timers, 0.5)).as_secs(), 150, "full jitter");
    }

    #[test]
    fn no_number_of_failures_overflows() {
        let (mut backoff, timers, now) =
            (Backoff { attempt: u32::MAX, immediate: None }, Timers::default(), Instant::now());
        assert_eq!(delay(backoff.failed(now, None, Next::Retry, &timers, 1.0)).as_secs(), 300);
    }

    #[test]
    fn the_first_reconnect_after_idling_is_immediate_and_the_second_within_five_minutes_waits() {
        let (mut backoff, timers, start) = (Backoff::default(), Timers::default(), Instant::now());
        assert_eq!(backoff.failed(start, Some(S), Next::Retry, &timers, 1.0), Wait::None);
        let again = backoff.failed(start + 60 * S, Some(S), Next::Retry, &timers, 1.0);
        assert_eq!(again, Wait::For { attempt: 1, delay: 2 * S });
        assert_eq!(backoff.failed(start + 400 * S, Some(S), Next::Retry, &timers, 1.0), Wait::None);
    }

    #[test]
    fn only_survival_starts_it_again() {
        let (mut backoff, timers, now) = (Backoff { attempt: 6, immediate: None }, Timers::default(), Instant::now());
        backoff.immediate = Some(now);
        let short = backoff.failed(now + S, Some(S), Next::Retry, &timers, 1.0);
        assert_eq!(short, Wait::For { attempt: 7, delay: 128 * S });
        let long = backoff.failed(now + 2 * S, Some(PROVEN_LIFE), Next::Retry, &timers, 1.0);
        assert_eq!(long, Wait::For { attempt: 1, delay: 2 * S });
    }

    #[test]
    fn a_limit_waits_long_even_after_idling() {
        let (mut backoff, timers, now) = (Backoff::default(), Timers::default(), Instant::now());
        let wait = backoff.failed(now, Some(S), Next::RetryLater, &timers, 0.0);
        assert_eq!(wait, Wait::For { attempt: 1, delay: 150 * S });
    }
}

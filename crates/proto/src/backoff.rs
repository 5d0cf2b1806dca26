//! How long a watch waits before its next connection. Pure: time and chance are arguments.

use std::time::{Duration, Instant};

use crate::model::{Next, Timer, Timers};

/// A connection that lived so long is proof that the server takes us: backoff starts again. Shorter proofs let a
/// server that accepts and drops be hammered (17 logins a second were seen elsewhere).
pub const PROVEN_LIFE: Duration = Duration::from_mins(5);

/// The longest wait where the server's port refuses at once, or there is no way to it: nothing is asked of the server.
const SOON: Duration = Duration::from_secs(10);

/// The first wait of what needs the user, and the longest.
const USER_MIN: Duration = Duration::from_mins(30);
const USER_MAX: Duration = Duration::from_hours(6);

/// Watches that wait for the same moment do not all connect at once: each waits up to so much longer.
const SPREAD: Duration = Duration::from_secs(1);

/// What a watch knows of its failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    attempt: u32,
    /// How many of these asked nothing of the server.
    unasked: u32,
    /// How often in a row it needed the user.
    needed: u32,
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
        *self = Self { attempt: 0, unasked: 0, needed: 0, immediate: None };
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
            (self.attempt, self.unasked) = (0, 0);
        }
        if idled_for.is_some() {
            self.needed = 0;
        }
        let lately = self.immediate.is_some_and(|at| now.saturating_duration_since(at) < PROVEN_LIFE);
        if matches!(next, Next::Retry | Next::AtOnce) && idled_for.is_some() && !lately {
            self.immediate = Some(now);
            return Wait::None;
        }
        self.attempt = self.attempt.saturating_add(1);
        let max = timers.limit(Timer::RetryMax);
        let spread = SPREAD.mul_f64(chance);
        let delay = match next {
            // The server or the account is over a limit: the upper half of the longest wait.
            Next::RetryLater => max.mul_f64(0.5 + chance / 2.0),
            // What asked nothing of the server makes it no more patient: else a port that refused for a minute would have the
            // next lost connection wait for minutes.
            Next::AtOnce | Next::Retry => doubled(self.attempt - self.unasked, timers).min(max).mul_f64(chance),
            Next::Soon => {
                self.unasked = self.unasked.saturating_add(1).min(self.attempt);
                doubled(self.attempt, timers).min(max).min(SOON).mul_f64(chance)
            }
            Next::After(pause) | Next::UserAfter(pause) => pause + spread,
            Next::User => {
                self.needed = self.needed.saturating_add(1);
                USER_MIN.saturating_mul(2_u32.saturating_pow(self.needed - 1)).min(USER_MAX) + spread
            }
        };
        Wait::For { attempt: self.attempt, delay }
    }
}

/// The bound of the wait before this attempt.
fn doubled(attempt: u32, timers: &Timers) -> Duration {
    timers.limit(Timer::RetryMin).saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)))
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
            (Backoff { attempt: u32::MAX, ..Backoff::default() }, Timers::default(), Instant::now());
        for next in [Next::Retry, Next::Soon, Next::Retry] {
            let bound = if next == Next::Soon { SOON } else { 300 * S };
            assert_eq!(delay(backoff.failed(now, None, next, &timers, 1.0)), bound);
        }
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
        let (mut backoff, timers, now) =
            (Backoff { attempt: 6, ..Backoff::default() }, Timers::default(), Instant::now());
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

    #[test]
    fn a_port_that_refuses_at_once_is_tried_every_ten_seconds_at_least() {
        let (mut backoff, timers, now) = (Backoff::default(), Timers::default(), Instant::now());
        let waits: Vec<u64> =
            (0..6).map(|_| delay(backoff.failed(now, None, Next::Soon, &timers, 1.0)).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 10, 10, 10]);
    }

    #[test]
    fn what_a_port_refused_makes_nothing_else_wait_longer() {
        let (mut backoff, timers, mut now) = (Backoff::default(), Timers::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..5 {
            waits.push(delay(backoff.failed(now, Some(S), Next::Retry, &timers, 1.0)).as_secs());
            for _ in 0..10 {
                let soon = delay(backoff.failed(now, None, Next::Soon, &timers, 1.0));
                assert!(soon <= SOON, "{soon:?}");
            }
            now += 30 * S;
        }
        assert_eq!(waits, [0, 2, 4, 8, 16], "five outages of a minute");
        assert_eq!(backoff.attempt(), 54, "what is shown counts all");
    }

    #[test]
    fn what_needs_the_user_is_tried_after_half_an_hour_and_then_less_often() {
        let (mut backoff, timers, now) = (Backoff::default(), Timers::default(), Instant::now());
        let waits: Vec<u64> =
            (0..6).map(|_| delay(backoff.failed(now, None, Next::User, &timers, 0.0)).as_secs() / 60).collect();
        assert_eq!(waits, [30, 60, 120, 240, 360, 360]);
        assert_eq!(delay(backoff.failed(now, Some(S), Next::User, &timers, 0.0)).as_secs() / 60, 30, "it had idled");
        let told = backoff.failed(now, None, Next::After(7 * S), &timers, 0.0);
        assert_eq!(delay(told), 7 * S, "a moment that others know");
    }
}

//! How long a token is good for, and when the connection that was logged in with it is to be replaced. Pure.
//!
//! Moments here are of the clock that goes on in a suspend: [`crate::boot_clock::BootClock`] makes them.

use std::time::{Duration, Instant};

/// A token is renewed so long before its end, at most: an issuer that is away for minutes is no reason to go blind.
const MARGIN: Duration = Duration::from_mins(5);

/// And for a short life a quarter of it.
const MARGIN_PART: u32 = 4;

/// The connections of an account are not all replaced at the same moment: each waits up to this part of the margin.
const SPREAD_PART: u32 = 4;

/// How young a connection may be replaced: an issuer whose tokens live for seconds does not have us log in all day.
const YOUNGEST: Duration = Duration::from_secs(5);

/// A token that is to be renewed while the one in hand still holds is asked for again after this at the earliest: sooner
/// than one that could not be had at all, for its time runs.
pub const RENEW_AGAIN: Duration = Duration::from_secs(2);

/// How long a token holds. Its serial tells one token from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenLifetime {
    /// Counts the account's tokens.
    pub serial: u64,
    /// When it is to be renewed and when it ends, where its life is known.
    pub span: Option<Span>,
}

/// The end of a known life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it is to be renewed.
    pub renew: Instant,
    /// When it ends.
    pub ends: Instant,
}

impl Span {
    /// Of a token that lives for so long from then on.
    #[must_use]
    pub fn new(asked: Instant, lives: Duration) -> Self {
        // Adding centuries to a moment would overflow.
        let ends = asked + lives.min(Duration::from_hours(24 * 365));
        Self { renew: asked + (ends - asked).saturating_sub(margin(lives)), ends }
    }

    /// When a connection that was logged in with it `now` is to be replaced. `chance` lies in 0 to 1.
    #[must_use]
    pub fn replace(&self, now: Instant, chance: f64) -> Instant {
        let spread = (self.ends - self.renew) / SPREAD_PART;
        (self.renew + spread.mul_f64(chance)).max(now + YOUNGEST)
    }

    /// The last moment at which a second connection's permit is waited for.
    #[must_use]
    pub fn patience(&self) -> Instant {
        self.renew + (self.ends - self.renew) / 2
    }
}

fn margin(lives: Duration) -> Duration {
    (lives / MARGIN_PART).min(MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn a_token_is_renewed_five_minutes_before_its_end_and_a_short_one_in_its_last_quarter() {
        let asked = Instant::now();
        for (lives, renew) in [(3600, 3300), (1200, 900), (60, 45), (15, 11)] {
            let span = Span::new(asked, lives * S);
            assert_eq!((span.renew - asked).as_secs(), renew, "{lives}");
            assert_eq!((span.ends - asked).as_secs(), u64::from(lives));
        }
    }

    #[test]
    fn connections_are_replaced_one_by_one_between_renewal_and_end() {
        let asked = Instant::now();
        let span = Span::new(asked, 3600 * S);
        let at = |chance| (span.replace(asked, chance) - asked).as_secs();
        assert_eq!((at(0.0), at(1.0)), (3300, 3375));
        assert!(span.patience() > span.replace(asked, 1.0) && span.patience() < span.ends);
    }

    #[test]
    fn tokens_of_seconds_do_not_make_a_storm_of_logins() {
        let now = Instant::now();
        assert_eq!(Span::new(now, S).replace(now, 1.0) - now, 5 * S);
        assert_eq!(Span::new(now, Duration::ZERO).replace(now, 0.0) - now, 5 * S);
    }
}

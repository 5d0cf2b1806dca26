//! Whether a server's silence depends on the IDLE's age: what all DONEs at all ages show, and the reissue that follows.

use std::time::Duration;

use mailwatch_proto::model::{Ages, Cliff, Timer};

/// What the DONEs of an account show about ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ageing {
    /// From an age on most go unanswered, and below it they do not, as far as it was tried.
    From(Cliff),
    /// No age answers: none was ever answered, at more than one age.
    NeverAnswered {
        /// How many were not.
        failed: u32,
    },
    /// Some go unanswered at ages at which others are answered: the age is not the reason.
    AnyAge {
        /// How many were answered.
        answered: u32,
        /// How many were not.
        failed: u32,
    },
    /// Too little was tried.
    NotKnown,
}

impl Ageing {
    /// What the counts show.
    #[must_use]
    pub fn of(ages: &Ages) -> Self {
        let (answered, failed) = ages.totals();
        let failing = ages.steps().filter(|(_, step)| step.failed > 0).count();
        match ages.cliff() {
            Some(_) if answered == 0 && failing > 1 => Self::NeverAnswered { failed },
            Some(cliff) => Self::From(cliff),
            None if failed > 0 => Self::AnyAge { answered, failed },
            None => Self::NotKnown,
        }
    }

    /// The age that an IDLE should stay below.
    #[must_use]
    pub const fn limit(&self) -> Option<Duration> {
        match self {
            Self::From(cliff) => Some(cliff.from),
            Self::NeverAnswered { .. } | Self::AnyAge { .. } | Self::NotKnown => None,
        }
    }
}

/// A reissue a tenth below an age, in a round number; `None` where no reissue is that short.
#[must_use]
pub fn reissue_below(age: Duration) -> Option<Duration> {
    let below = (age * 9 / 10).as_secs();
    let step = match below {
        0..30 => 1,
        30..120 => 5,
        _ => 30,
    };
    let rounded = Duration::from_secs(below / step * step);
    let spec = Timer::Reissue.spec();
    (rounded >= spec.min).then(|| rounded.min(spec.max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::IdleEnd;

    fn ages(ends: &[(u64, u32, u32)]) -> Ages {
        let mut ages = Ages::default();
        for (age, answered, failed) in ends {
            for _ in 0..*answered {
                ages.note(Duration::from_secs(*age), IdleEnd::Answered(Some(Duration::from_millis(40))));
            }
            for _ in 0..*failed {
                ages.note(Duration::from_secs(*age), IdleEnd::Failed);
            }
        }
        ages
    }

    #[test]
    fn the_evidence_of_all_ages_decides_and_no_threshold() {
        let limit = |ends| Ageing::of(&ages(ends)).limit().map(|age| age.as_secs());
        assert_eq!(limit(&[(15, 4, 0), (25, 0, 2)]), Some(25), "seconds too, where the evidence is clear");
        assert_eq!(limit(&[(240, 9, 0), (300, 0, 3)]), Some(300));
        assert_eq!(limit(&[(240, 9, 1), (300, 3, 1)]), None, "others of that age are answered");
        assert_eq!(limit(&[(20, 0, 1), (60, 0, 1), (240, 0, 1)]), None, "a shorter one would be ignored too");
        assert_eq!(limit(&[(240, 0, 1)]), Some(240), "one age was tried");
        assert_eq!(Ageing::of(&Ages::default()), Ageing::NotKnown);
    }

    #[test]
    fn a_reissue_is_a_round_number_below_the_age() {
        for (age, below) in [(300, Some(270)), (1740, Some(1560)), (25, Some(22)), (60, Some(50)), (1, None)] {
            assert_eq!(reissue_below(Duration::from_secs(age)).map(|age| age.as_secs()), below, "{age}");
        }
    }
}

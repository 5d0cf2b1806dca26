//! How old one login's IDLEs grew and how they ended: the evidence that `reissue` is tuned by. Bounded, however long it
//! is kept: ages are counted in steps.

use std::collections::BTreeMap;
use std::time::Duration;

/// Up to this age a step is a second, so that a scaled demo can be read; beyond, [`STEP`].
const FINE: Duration = Duration::from_mins(1);

/// A step of age.
const STEP: Duration = Duration::from_secs(5);

/// IDLE ends before 29 minutes (RFC 2177 §3): what is older counts here.
const OLDEST: Duration = Duration::from_mins(30);

/// Seconds that an answer took at least. Kept in whole milliseconds: one within the first counts as half of it.
const FASTEST: f64 = 0.0005;

/// How an IDLE ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum IdleEnd {
    /// DONE, sent for the IDLE's age, was answered in time: after so long, where that is known.
    Answered(Option<Duration>),
    /// DONE for new mail or the user was answered: a server may answer such and still ignore one that comes for age.
    Early(Option<Duration>),
    /// DONE was not answered in time, or the connection proved dead.
    Failed,
}

/// The IDLEs of one step of age.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AgeStep {
    /// How many DONEs for age were answered in time.
    pub answered: u32,
    /// How many DONEs for another reason were.
    pub early: u32,
    /// How many IDLEs ended without an answer.
    pub failed: u32,
    /// The oldest that was answered for its age.
    pub oldest_answered: Option<Duration>,
    /// The youngest that failed.
    pub youngest_failed: Option<Duration>,
    /// The slowest answer.
    pub slowest: Option<Duration>,
    timed: u32,
    logs: f64,
}

impl AgeStep {
    /// The same with so many answers whose time is known, and their usual one.
    #[must_use]
    pub fn with_usual(mut self, timed: u32, usual: Duration) -> Self {
        self.timed = timed;
        self.logs = f64::from(timed) * usual.as_secs_f64().max(FASTEST).ln();
        self
    }

    /// Of how many answers the time is known.
    #[must_use]
    pub const fn timed(&self) -> u32 {
        self.timed
    }

    /// The usual time to the answer: the geometric mean, which one slow answer does not carry away.
    #[must_use]
    pub fn usual(&self) -> Option<Duration> {
        (self.timed > 0).then(|| Duration::from_secs_f64((self.logs / f64::from(self.timed)).exp().min(1e6)))
    }

    fn time(&mut self, took: Duration) {
        self.timed = self.timed.saturating_add(1);
        self.logs += took.as_secs_f64().max(FASTEST).ln();
        self.slowest = self.slowest.max(Some(took));
    }
}

/// The age from which DONE mostly goes unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cliff {
    /// The youngest IDLE that failed there.
    pub from: Duration,
    /// How many failed at that age or beyond.
    pub failed: u32,
    /// How many were answered at that age or beyond.
    pub answered: u32,
    /// The oldest that was answered before it.
    pub safe: Option<Duration>,
}

/// How the IDLEs of one login ended, by age.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ages {
    #[cfg_attr(feature = "serde", serde(with = "super::serialise::pairs"))]
    steps: BTreeMap<Duration, AgeStep>,
}

impl FromIterator<(Duration, AgeStep)> for Ages {
    /// From the steps by the age they begin at, as [`Ages::steps`] gives them.
    fn from_iter<I: IntoIterator<Item = (Duration, AgeStep)>>(steps: I) -> Self {
        Self { steps: steps.into_iter().collect() }
    }
}

impl Ages {
    /// Takes in how one IDLE ended.
    pub fn note(&mut self, age: Duration, end: IdleEnd) {
        let step = self.steps.entry(step_of(age)).or_default();
        match end {
            IdleEnd::Answered(took) => {
                step.answered = step.answered.saturating_add(1);
                step.oldest_answered = step.oldest_answered.max(Some(age));
                if let Some(took) = took {
                    step.time(took);
                }
            }
            IdleEnd::Early(took) => {
                step.early = step.early.saturating_add(1);
                if let Some(took) = took {
                    step.time(took);
                }
            }
            IdleEnd::Failed => {
                step.failed = step.failed.saturating_add(1);
                step.youngest_failed = Some(step.youngest_failed.map_or(age, |known| known.min(age)));
            }
        }
    }

    /// Takes in what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for (age, more) in &other.steps {
            let step = self.steps.entry(*age).or_default();
            step.answered = step.answered.saturating_add(more.answered);
            step.early = step.early.saturating_add(more.early);
            step.failed = step.failed.saturating_add(more.failed);
            step.oldest_answered = step.oldest_answered.max(more.oldest_answered);
            step.youngest_failed = [step.youngest_failed, more.youngest_failed].into_iter().flatten().min();
            step.slowest = step.slowest.max(more.slowest);
            step.timed = step.timed.saturating_add(more.timed);
            step.logs += more.logs;
        }
    }

    /// The steps in which something ended, by the age they begin at.
    #[must_use]
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = (Duration, &AgeStep)> {
        self.steps.iter().map(|(age, step)| (*age, step))
    }

    /// How many were answered for their age, and how many failed.
    #[must_use]
    pub fn totals(&self) -> (u32, u32) {
        self.steps.values().fold((0, 0), |(answered, failed), step| {
            (answered.saturating_add(step.answered), failed.saturating_add(step.failed))
        })
    }

    /// The youngest age from which on more failed than were answered; `None` where there is none: failures of all ages
    /// are the line's, not the age's.
    #[must_use]
    pub fn cliff(&self) -> Option<Cliff> {
        let mut cliff = None;
        let (mut failed, mut answered) = (0u32, 0u32);
        for (age, step) in self.steps.iter().rev() {
            failed = failed.saturating_add(step.failed);
            answered = answered.saturating_add(step.answered);
            if let Some(from) = step.youngest_failed
                && failed > answered
            {
                cliff = Some((*age, Cliff { from, failed, answered, safe: None }));
            }
        }
        let (age, cliff) = cliff?;
        let safe = self.steps.range(..age).filter_map(|(_, step)| step.oldest_answered).max();
        Some(Cliff { safe, ..cliff })
    }
}

/// The age that a step begins at.
fn step_of(age: Duration) -> Duration {
    let age = age.min(OLDEST);
    let size = if age < FINE { 1 } else { STEP.as_secs() };
    Duration::from_secs(age.as_secs() / size * size)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn ages(ends: &[(u64, u32, u32)]) -> Ages {
        let mut ages = Ages::default();
        for (age, answered, failed) in ends {
            for _ in 0..*answered {
                ages.note(S(*age), IdleEnd::Answered(Some(Duration::from_millis(40))));
            }
            for _ in 0..*failed {
                ages.note(S(*age), IdleEnd::Failed);
            }
        }
        ages
    }

    #[test]
    fn the_cliff_is_where_failures_outnumber_answers_from_there_on() {
        type Ends = &'static [(u64, u32, u32)];
        type Found = Option<(u64, Option<u64>)>;
        let cases: [(Ends, Found); 6] = [
            (&[(240, 200, 0), (300, 0, 3)], Some((300, Some(240)))),
            (&[(240, 200, 0), (270, 2, 1), (300, 0, 3), (360, 0, 1)], Some((270, Some(240)))),
            // A cable was pulled once.
            (&[(60, 1, 1), (240, 200, 1)], None),
            (&[(240, 200, 0)], None),
            (&[(240, 0, 2)], Some((240, None))),
            (&[], None),
        ];
        for (ends, expected) in cases {
            let found = ages(ends).cliff().map(|cliff| (cliff.from.as_secs(), cliff.safe.map(|age| age.as_secs())));
            assert_eq!(found, expected, "{ends:?}");
        }
    }

    #[test]
    fn an_answer_for_new_mail_beyond_the_cliff_does_not_hide_it() {
        let mut ages = ages(&[(240, 9, 0), (300, 0, 1)]);
        for _ in 0..9 {
            ages.note(S(600), IdleEnd::Early(Some(S(1))));
        }
        assert_eq!(ages.cliff().map(|cliff| cliff.from), Some(S(300)));
        assert_eq!(ages.totals(), (9, 1));
    }

    #[test]
    fn what_is_kept_stays_small_and_knows_the_exact_ages_and_times() {
        let mut counted = Ages::default();
        for millis in (0..10_000_000u64).step_by(977) {
            counted.note(Duration::from_millis(millis), IdleEnd::Answered(None));
        }
        assert_eq!(counted.steps().count(), 60 + 348 + 1);
        let mut one = Ages::default();
        one.note(Duration::from_millis(241_300), IdleEnd::Failed);
        one.note(Duration::from_millis(240_100), IdleEnd::Answered(Some(Duration::from_millis(10))));
        let mut other = Ages::default();
        other.note(Duration::from_millis(240_200), IdleEnd::Answered(Some(S(1))));
        one.merge(&other);
        let (age, step) = one.steps().next().expect("a step");
        assert_eq!((age, step.answered, step.failed), (S(240), 2, 1));
        assert_eq!(step.youngest_failed, Some(Duration::from_millis(241_300)));
        assert_eq!(step.oldest_answered, Some(Duration::from_millis(240_200)));
        assert_eq!(step.slowest, Some(S(1)));
        assert!(step.usual().is_some_and(|usual| usual.as_millis().abs_diff(100) <= 1), "{:?}", step.usual());
    }
}

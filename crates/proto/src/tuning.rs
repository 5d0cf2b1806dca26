//! `reissue = "auto"`: how old this server lets an IDLE grow, learned from how IDLEs ended. Pure: no clock inside.
//!
//! One value per host and login, fed by all watches of it. The rules:
//! - It starts at the preset. After 3 answered DONEs at the value or beyond, it climbs a step (a minute), to 28 minutes.
//! - A failure (a stall, a connection found dead) at an age that was not survived 3 times in the last 7 days is a limit
//!   at once: a ceiling is set a step below it, and the value falls to the oldest age that was answered below; where
//!   none was, to the preset, or to half the failing age if the preset is not below.
//! - A failure at an age that *was* survived 3 times is chance (a server restarted, a cable was pulled), until it comes
//!   twice in a row: within half a step of the same age, without an answer at that age between, and from IDLEs that did
//!   not share an outage (the later was issued after the earlier was known to be lost). Then the server has changed:
//!   what was survived above the preset counts no more.
//! - On a line where an answer belied 2 failures of the last 7 days, connections are lost by chance: one failure more
//!   is needed in both cases.
//! - Above the preset 3 failures within half a step are a limit, too, though answers came between them, where they are
//!   most of all failures of 7 days and more than one in ten of the IDLEs that grew so old.
//! - 3 answers at a ceiling's failing age or beyond lift it. A ceiling is tried again after 7 days; below the preset,
//!   where chance would cost most, after 1, 4, 16 and 64 hours while it rests on one, two, three and four failures.
//! - A DONE for new mail or the user says nothing of the age it was sent at.

mod ceilings;
mod failures;
mod levels;
#[cfg(test)]
mod properties;
mod rules;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use self::ceilings::Ceilings;
use self::failures::{Failure, Failures};
use self::levels::Levels;
use self::rules::{PROOF, TRUSTED, apart};
use crate::model::{Fate, Outcome};

/// What was learned of one account's server.
#[derive(Clone, Debug)]
pub struct Tuning {
    levels: Levels,
    current: Duration,
    /// Answers at `current` or beyond since it was reached.
    streak: u32,
    survived: BTreeMap<Duration, Survived>,
    failures: Failures,
    ceilings: Ceilings,
    tallies: BTreeMap<Duration, Tally>,
}

/// How IDLEs of one age ended: for the chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// DONE was answered in time.
    pub answered: u32,
    /// It was not, or the connection was found dead.
    pub failed: u32,
}

/// Answers at a level that still count as proof.
#[derive(Clone, Copy, Debug)]
struct Survived {
    count: u32,
    last: SystemTime,
}

impl Tuning {
    /// Knows nothing but the preset: the provider's, or 4 minutes. Under a minute (a scaled demo) a step is a quarter
    /// of it.
    #[must_use]
    pub fn new(preset: Duration) -> Self {
        let levels = Levels::new(preset);
        Self {
            levels,
            current: levels.preset(),
            streak: 0,
            survived: BTreeMap::new(),
            failures: Failures::default(),
            ceilings: Ceilings::default(),
            tallies: BTreeMap::new(),
        }
    }

    /// Learns again from what was kept of this host and login, the oldest first. A moment after `now` is taken for
    /// `now`: the clock was wrong then or is now.
    #[must_use]
    pub fn replay<'a>(preset: Duration, outcomes: impl IntoIterator<Item = &'a Outcome>, now: SystemTime) -> Self {
        let mut tuning = Self::new(preset);
        for outcome in outcomes {
            tuning.learn(outcome.age, outcome.fate, outcome.at.min(now));
        }
        tuning
    }

    /// Where it began.
    #[must_use]
    pub const fn preset(&self) -> Duration {
        self.levels.preset()
    }

    /// Takes how one IDLE ended, on any watch of the account.
    pub fn note(&mut self, outcome: &Outcome) {
        self.learn(outcome.age, outcome.fate, outcome.at);
    }

    /// The age at which an IDLE is to be ended and issued again.
    #[must_use]
    pub fn value(&self, now: SystemTime) -> Duration {
        let value = self.climbs_to(now).unwrap_or(self.current);
        self.ceiling(now).map_or(value, |ceiling| value.min(ceiling))
    }

    /// The oldest age up to the value that is proven, or the preset where it is the younger. Where an account has
    /// several watches one may try [`Tuning::value`] while the others keep to this: then a limit costs one stall and
    /// not one per watch.
    #[must_use]
    pub fn proven(&self, now: SystemTime) -> Duration {
        let value = self.value(now);
        let proven =
            self.trusted(now).filter(|(level, count)| *level <= value && *count >= PROOF).map(|(level, _)| level);
        proven.max().unwrap_or_else(|| value.min(self.levels.preset()))
    }

    /// The age that the value will not pass for now; `None` where none was found, or it is being tried again.
    #[must_use]
    pub fn ceiling(&self, now: SystemTime) -> Option<Duration> {
        self.ceilings.lowest(&self.levels, now)
    }

    /// How IDLEs ended, by the level (the whole minute, or the preset) that they had reached; zero below the first.
    #[must_use]
    pub const fn counts_by_age(&self) -> &BTreeMap<Duration, Tally> {
        &self.tallies
    }

    fn learn(&mut self, age: Duration, fate: Fate, at: SystemTime) {
        if let Some(next) = self.climbs_to(at) {
            self.current = next;
            self.streak = 0;
        }
        match fate {
            Fate::Answered => self.answered(age, at),
            Fate::Stalled | Fate::Dropped => self.failed(age, at),
            Fate::CutShort => {}
        }
    }

    fn climbs_to(&self, now: SystemTime) -> Option<Duration> {
        let next = self.levels.next(self.current).filter(|_| self.streak >= PROOF)?;
        self.ceiling(now).is_none_or(|ceiling| next <= ceiling).then_some(next)
    }

    fn answered(&mut self, age: Duration, at: SystemTime) {
        let level = self.levels.reached(age);
        let tally = self.tallies.entry(level).or_default();
        tally.answered = tally.answered.saturating_add(1);
        let survived = self.survived.entry(level).or_insert(Survived { count: 0, last: at });
        // A proof that has lapsed does not come back with the next answer.
        let before = if apart(survived.last, at) < TRUSTED { survived.count } else { 0 };
        *survived = Survived { count: before.saturating_add(1), last: at };
        let age = self.levels.snap(age);
        self.failures.survived(age);
        self.ceilings.survived(age);
        if age >= self.current {
            self.streak = self.streak.saturating_add(1);
        }
    }

    fn failed(&mut self, age: Duration, at: SystemTime) {
        let tally = self.tallies.entry(self.levels.reached(age)).or_default();
        tally.failed = tally.failed.saturating_add(1);
        let failure = Failure { age: self.levels.snap(age), at };
        self.failures.note(failure);
        let floor = self.levels.floor();
        if self.current == floor && failure.age < floor + self.levels.step() {
            // It cannot fall: a ceiling here would only keep it from trying more.
            return;
        }
        if !self.ceilings.explain(failure, &self.levels) {
            let proofs: u32 = self.trusted(at).filter(|(level, _)| *level >= failure.age).map(|(_, count)| count).sum();
            let Some(failures) = self.failures.limit(failure, proofs, &self.levels) else { return };
            let trusted = if proofs >= PROOF { self.levels.preset() } else { levels::MAX };
            self.survived.retain(|level, _| *level < failure.age && *level <= trusted);
            self.ceilings.set(failure, failures);
        }
        self.fall(failure.age, at);
    }

    /// Goes below the ceiling, if the value is not there.
    fn fall(&mut self, failed: Duration, at: SystemTime) {
        let Some(ceiling) = self.ceiling(at).filter(|ceiling| *ceiling < self.current) else { return };
        // What was answered a little above the ceiling proves the ceiling.
        let answered = self.trusted(at).map(|(level, _)| level).filter(|level| *level < failed).max();
        let preset = self.levels.preset();
        let guess = if preset <= ceiling { preset } else { self.levels.reached(failed / 2) };
        // An IDLE may have been answered below the first level: so young it is never ended on purpose.
        self.current = answered.unwrap_or(guess).clamp(self.levels.floor(), ceiling);
        self.streak = 0;
    }

    /// The levels that answers prove, with how many.
    fn trusted(&self, now: SystemTime) -> impl Iterator<Item = (Duration, u32)> + '_ {
        let counts = move |(level, survived): (&Duration, &Survived)| {
            (apart(survived.last, now) < TRUSTED).then_some((*level, survived.count))
        };
        self.survived.iter().filter_map(counts)
    }
}

//! The ages found to fail, each with how sure that is and when it is tried again.

use std::time::{Duration, SystemTime};

use super::failures::Failure;
use super::levels::Levels;
use super::rules::{CONTRADICTIONS, RETRY, apart};

/// A ceiling below the preset may well be chance, and costs most where it is: it is tried again after so long, by the
/// number of failures that it rests on, and after [`RETRY`] where it rests on more.
const BELOW_PRESET: [Duration; 4] =
    [Duration::from_hours(1), Duration::from_hours(4), Duration::from_hours(16), Duration::from_hours(64)];

/// An age found to fail.
#[derive(Clone, Copy, Debug)]
struct Ceiling {
    fails: Duration,
    since: SystemTime,
    failures: usize,
    survived: u32,
}

impl Ceiling {
    fn holds(&self, levels: &Levels, now: SystemTime) -> bool {
        let is_below_preset = levels.below(self.fails) < levels.preset();
        let sooner: &[Duration] = if is_below_preset { &BELOW_PRESET } else { &[] };
        let patience = sooner.get(self.failures.saturating_sub(1)).copied().unwrap_or(RETRY);
        apart(self.since, now) < patience
    }
}

/// All of them. A lower one does not wipe out those above: it may prove to be chance.
#[derive(Clone, Debug, Default)]
pub struct Ceilings {
    all: Vec<Ceiling>,
}

impl Ceilings {
    /// The lowest that holds now.
    pub fn lowest(&self, levels: &Levels, now: SystemTime) -> Option<Duration> {
        self.all.iter().filter(|ceiling| ceiling.holds(levels, now)).map(|ceiling| levels.below(ceiling.fails)).min()
    }

    /// An IDLE was answered at this age.
    pub fn survived(&mut self, age: Duration) {
        for ceiling in &mut self.all {
            if ceiling.fails <= age {
                ceiling.survived += 1;
            }
        }
        self.all.retain(|ceiling| ceiling.survived < CONTRADICTIONS);
    }

    /// A failure that an existing ceiling explains makes it surer; one that was being tried again holds anew. Whether
    /// there was one.
    pub fn explain(&mut self, failure: Failure, levels: &Levels) -> bool {
        let mut explained = false;
        for ceiling in self.all.iter_mut().filter(|ceiling| ceiling.fails <= failure.age) {
            explained = true;
            ceiling.survived = 0;
            if failure.began_after(ceiling.since) {
                ceiling.failures = ceiling.failures.saturating_add(1);
            }
            if !ceiling.holds(levels, failure.at) {
                ceiling.since = failure.at;
            }
        }
        explained
    }

    /// A new one, that rests on so many failures of which this is the latest. What failed above a while ago, on the way
    /// down, speaks for it, too.
    pub fn set(&mut self, latest: Failure, failures: usize) {
        let speaks = |ceiling: &&Ceiling| {
            let lately = apart(ceiling.since, latest.at) < BELOW_PRESET[0];
            lately && ceiling.survived == 0 && latest.began_after(ceiling.since)
        };
        let above: usize = self.all.iter().filter(speaks).map(|ceiling| ceiling.failures).sum();
        let Failure { age: fails, at: since } = latest;
        self.all.push(Ceiling { fails, since, failures: failures.saturating_add(above), survived: 0 });
    }
}

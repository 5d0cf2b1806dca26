//! The ages found to fail, each with how sure that is and when it is tried again.

use std::time::{Duration, SystemTime};

use super::failures::Failure;
use super::levels::Levels;
use super::{CONTRADICTIONS, apart};

/// A ceiling is tried again after so long: servers and firewalls change.
pub const RETRY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A ceiling that may well be chance is tried again after so long, once: it rests on a single failure, and either lies
/// below the preset or is on a line that drops at random.
const RETRY_DOUBTFUL: Duration = Duration::from_secs(60 * 60);

/// An age found to fail.
#[derive(Clone, Copy, Debug)]
struct Ceiling {
    fails: Duration,
    since: SystemTime,
    failures: u32,
    survived: u32,
    /// Whether the line was known to drop at random when it was found.
    bad_line: bool,
}

impl Ceiling {
    fn holds(&self, levels: &Levels, now: SystemTime) -> bool {
        let doubtful = self.failures == 1 && (self.bad_line || levels.below(self.fails) < levels.preset());
        apart(self.since, now) < if doubtful { RETRY_DOUBTFUL } else { RETRY }
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

    /// A new one. What failed above and was not belied speaks for it, too.
    pub fn set(&mut self, failure: Failure, bad_line: bool) {
        let speaks = |ceiling: &&Ceiling| ceiling.survived == 0 && failure.began_after(ceiling.since);
        let failures = self.all.iter().filter(speaks).map(|ceiling| ceiling.failures).sum::<u32>().saturating_add(1);
        let Failure { age: fails, at: since } = failure;
        self.all.push(Ceiling { fails, since, failures, survived: 0, bad_line });
    }
}

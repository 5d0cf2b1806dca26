//! The failures of the last days, and whether they are the server's age limit or chance.

use std::time::{Duration, SystemTime};

use super::levels::Levels;
use super::rules::{PROOF, TRUSTED, apart};

/// So many failures in a row at one age mean a limit, without an answer at that age between: of an age that was not
/// survived before, of one that was, and one more of each on a line that drops at random.
const IN_A_ROW: (usize, usize) = (1, 2);

/// So many failures that survival has belied since make a line that drops at random.
const BAD_LINE: usize = 2;

/// So many failures at one age, being most of all failures, mean a limit too, though answers came between them: some
/// of a server's machines ignore DONE at that age, others do not.
const CLUSTER: usize = 3;

/// ... if at least one in so many IDLEs that grew so old failed: below, the cure costs more than the failures.
const ONE_IN: usize = 10;

/// An IDLE that ended in a stall, or whose connection was found dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its age, snapped to a level where it is one.
    pub age: Duration,
    /// When it was known.
    pub at: SystemTime,
}

impl Failure {
    /// Whether this IDLE was issued after that moment, so that it does not share an outage with what was known then.
    pub fn began_after(&self, moment: SystemTime) -> bool {
        self.at.checked_sub(self.age).is_some_and(|began| began >= moment)
    }
}

/// What is remembered of failures.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    kept: Vec<Kept>,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    failure: Failure,
    /// The oldest age that an IDLE has survived since.
    survived: Duration,
}

impl Kept {
    fn is_belied(&self) -> bool {
        self.survived >= self.failure.age
    }
}

impl Failures {
    pub fn note(&mut self, failure: Failure) {
        self.kept.retain(|kept| apart(kept.failure.at, failure.at) < TRUSTED);
        self.kept.push(Kept { failure, survived: Duration::ZERO });
    }

    /// An IDLE was answered at this age: what failed below was no limit.
    pub fn survived(&mut self, age: Duration) {
        for kept in &mut self.kept {
            kept.survived = kept.survived.max(age);
        }
    }

    /// Whether connections on this line are known to die at any age.
    pub fn line_is_bad(&self, now: SystemTime) -> bool {
        let belied = |kept: &&Kept| kept.is_belied() && apart(kept.failure.at, now) < TRUSTED;
        self.kept.iter().filter(belied).count() >= BAD_LINE
    }

    /// On how many failures it rests that the latest was at a limit and not chance; `None` where it may well be chance.
    pub fn limit(&self, latest: Failure, proofs: u32, levels: &Levels) -> Option<usize> {
        let alike = |kept: &&Kept| kept.failure.age.abs_diff(latest.age) <= levels.step() / 2;
        let between = |kept: &&Kept| kept.survived < kept.failure.age.min(latest.age);
        let in_a_row = independent(self.kept.iter().filter(alike).filter(between));
        let needed = if proofs >= PROOF { IN_A_ROW.1 } else { IN_A_ROW.0 } + usize::from(self.line_is_bad(latest.at));
        if in_a_row >= needed {
            return Some(in_a_row);
        }
        let clustered = independent(self.kept.iter().filter(alike));
        let all = independent(self.kept.iter());
        let is_often = clustered * ONE_IN >= usize::try_from(proofs).unwrap_or(usize::MAX);
        // The preset is a good guess: it takes more than a cluster to go below it.
        let is_cluster = clustered >= CLUSTER && 2 * clustered > all && is_often && latest.age > levels.preset();
        is_cluster.then_some(clustered)
    }
}

/// How many of these failures do not share an outage: each IDLE was issued after the failure before was known.
fn independent<'a>(kept: impl Iterator<Item = &'a Kept>) -> usize {
    let mut before: Option<SystemTime> = None;
    let mut count = 0;
    for Kept { failure, .. } in kept {
        if before.is_none_or(|moment| failure.began_after(moment)) {
            count += 1;
            before = Some(failure.at);
        }
    }
    count
}

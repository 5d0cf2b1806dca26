//! The failures of the last days, and whether they are the server's age limit or chance.

use std::time::{Duration, SystemTime};

use super::levels::Levels;
use super::{TRUSTED, apart};

/// A failure at an age that is known to be survived means a limit when it comes twice in a row ...
const IN_A_ROW: usize = 2;

/// ... or three times, where the line is known to drop at random.
const IN_A_ROW_ON_A_BAD_LINE: usize = 3;

/// So many failures that survival has belied since make a line that drops at random.
const BAD_LINE: usize = 2;

/// So many failures at one age, being most of all failures, mean a limit too, though answers came between them: some
/// of a server's machines ignore DONE at that age, others do not.
const CLUSTER: usize = 3;

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
    /// An IDLE has since survived this age.
    belied: bool,
}

impl Failures {
    pub fn note(&mut self, failure: Failure) {
        self.kept.retain(|kept| apart(kept.failure.at, failure.at) < TRUSTED);
        self.kept.push(Kept { failure, belied: false });
    }

    /// An IDLE was answered at this age: what failed below was no limit.
    pub fn survived(&mut self, age: Duration) {
        for kept in &mut self.kept {
            kept.belied |= kept.failure.age <= age;
        }
    }

    /// Whether connections on this line are known to die at any age.
    pub fn line_is_bad(&self, now: SystemTime) -> bool {
        let belied = |kept: &&Kept| kept.belied && apart(kept.failure.at, now) < TRUSTED;
        self.kept.iter().filter(belied).count() >= BAD_LINE
    }

    /// Whether the latest failure, at an age that is known to be survived, is a limit all the same.
    pub fn is_a_limit(&self, latest: Failure, levels: &Levels) -> bool {
        let alike = |kept: &&Kept| kept.failure.age.abs_diff(latest.age) <= levels.step() / 2;
        let in_a_row = independent(self.kept.iter().filter(alike).filter(|kept| !kept.belied));
        let needed = if self.line_is_bad(latest.at) { IN_A_ROW_ON_A_BAD_LINE } else { IN_A_ROW };
        if in_a_row >= needed {
            return true;
        }
        let clustered = independent(self.kept.iter().filter(alike));
        let below = |kept: &&Kept| kept.failure.age <= latest.age + levels.step() / 2;
        let all = independent(self.kept.iter().filter(below));
        // The preset is a good guess: it takes more than a cluster to go below it.
        clustered >= CLUSTER && 2 * clustered > all && latest.age > levels.preset()
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

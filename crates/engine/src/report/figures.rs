//! What the long lists come to, taken in one reading each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use super::lists::Lists;
use crate::history::{Interrupted, KeptPush, KeptReceipt, Stall, WatchKey};
use mailwatch_proto::model::FoundBy;

/// A quarantined connection is kept for half an hour; a later line with its number belongs to another run.
pub(super) const LATE_UNTIL: Duration = Duration::from_mins(35);

/// The DONE of a stall is no older than its wait and this.
const BEFORE: Duration = Duration::from_hours(1);

/// A mail that was found by looking and had waited for so long was not announced, whatever the clocks say.
const NOT_ANNOUNCED: Duration = Duration::from_secs(10);

/// Of receipts, pushes and the log.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    /// The watches of any row.
    pub watches: BTreeSet<WatchKey>,
    /// DONEs that were written.
    pub dones: usize,
    /// How long the answers in time took, in milliseconds.
    pub answers: Spread,
    /// The receipts around the stalls, on their connections.
    pub around: Vec<KeptReceipt>,
    /// Each watch's mails.
    pub mails: BTreeMap<WatchKey, MailFigures>,
    /// Lines of the log.
    pub lines: usize,
}

/// How a watch's mails were found, and how late they were.
#[derive(Clone, Debug, Default)]
pub(super) struct MailFigures {
    /// By each way, in the order of `FoundBy::ALL`.
    pub found: [usize; FoundBy::ALL.len()],
    /// How late the mails were that came while somebody listened, where the server's clock was known, in seconds.
    pub late: Spread,
    /// Mails that had waited without being announced, and the longest wait.
    pub missed: usize,
    pub longest: Duration,
}

/// How often each value was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread(BTreeMap<u64, usize>);

impl Spread {
    pub(super) fn add(&mut self, value: u64) {
        *self.0.entry(value).or_default() += 1;
    }

    pub(super) fn count(&self) -> usize {
        self.0.values().sum()
    }

    pub(super) fn median(&self) -> Option<u64> {
        let mut before = self.count() / 2;
        let median = self.0.iter().find(|(_, count)| before.checked_sub(**count).map(|rest| before = rest).is_none());
        median.map(|(value, _)| *value)
    }

    pub(super) fn most(&self) -> Option<u64> {
        self.0.last_key_value().map(|(value, _)| *value)
    }
}

impl MailFigures {
    pub(super) fn add(&mut self, push: &KeptPush) {
        for (count, by) in self.found.iter_mut().zip(FoundBy::ALL) {
            *count += usize::from(by == push.by);
        }
        let Some(late) = push.late else { return };
        if push.by != FoundBy::Connect {
            self.late.add(late.as_secs());
        }
        if push.by == FoundBy::Done && late >= NOT_ANNOUNCED {
            self.missed += 1;
            self.longest = self.longest.max(late);
        }
    }

    pub(super) fn count(&self) -> usize {
        self.found.iter().sum()
    }
}

impl Figures {
    pub(super) fn read(lists: &dyn Lists, stalls: &[Stall]) -> Result<Self, Interrupted> {
        let mut figures = Self::default();
        let mut times: BTreeMap<(&WatchKey, u64), Vec<(SystemTime, SystemTime)>> = BTreeMap::new();
        for stall in stalls {
            let from = stall.at.checked_sub(stall.waited + BEFORE).unwrap_or(SystemTime::UNIX_EPOCH);
            times.entry((&stall.key, stall.conn)).or_default().push((from, stall.at + LATE_UNTIL));
        }
        lists.receipts(&mut |receipt| {
            figures.note(&receipt.key);
            if !receipt.late {
                figures.dones += 1;
                if let Some(took) = receipt.answered {
                    figures.answers.add(took.as_millis().try_into().unwrap_or(u64::MAX));
                }
            }
            let times = times.get(&(&receipt.key, receipt.conn));
            if times.is_some_and(|times| times.iter().any(|(from, to)| (*from..=*to).contains(&receipt.at))) {
                figures.around.push(receipt);
            }
            Ok(())
        })?;
        lists.pushes(&mut |push| {
            if !push.canary {
                figures.mails.entry(push.key.clone()).or_default().add(&push);
            }
            Ok(())
        })?;
        lists.log(&mut |line| {
            figures.lines += 1;
            if let Some(key) = &line.key {
                figures.note(key);
            }
            Ok(())
        })?;
        Ok(figures)
    }

    fn note(&mut self, key: &WatchKey) {
        if !self.watches.contains(key) {
            self.watches.insert(key.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Spread;

    proptest! {
        #[test]
        fn the_median_is_that_of_the_sorted_list(mut values in proptest::collection::vec(0_u64..50, 0..40)) {
            let mut spread = Spread::default();
            for value in &values {
                spread.add(*value);
            }
            values.sort_unstable();
            prop_assert_eq!(spread.median(), values.get(values.len() / 2).copied());
            prop_assert_eq!((spread.most(), spread.count()), (values.last().copied(), values.len()));
        }
    }
}

//! What happens to many watches at once, as one line of the log: which line that is, and what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use mailwatch_proto::model::WatchId;

/// What happens later than this after the last of its kind is something new.
const TOGETHER: Duration = Duration::from_secs(10);

/// No more kinds are kept: the oldest are over by then.
const MOST: usize = 64;

/// A line that speaks for several watches.
#[derive(Clone, Debug)]
pub struct Fold {
    lead: u64,
    last: SystemTime,
    base: String,
    watches: BTreeSet<WatchId>,
}

impl Fold {
    /// A line of one watch.
    #[must_use]
    pub fn new(lead: u64, ts: SystemTime, base: String, watch: WatchId) -> Self {
        Self { lead, last: ts, base, watches: [watch].into() }
    }

    /// Whom it speaks for, and what it says.
    fn text(&self) -> String {
        let accounts: BTreeSet<_> = self.watches.iter().map(|watch| &watch.account).collect();
        let count = self.watches.len();
        match (accounts.first(), accounts.len()) {
            (Some(account), 1) => format!("{account}: {count} watches: {}", self.base),
            (_, accounts) => format!("{count} watches of {accounts} accounts: {}", self.base),
        }
    }
}

/// The lines that more may join.
#[derive(Clone, Debug, Default)]
pub struct Folds(BTreeMap<String, Fold>);

impl Folds {
    /// The line of this kind that something at this time belongs to.
    #[must_use]
    pub fn find(&self, key: &str, ts: SystemTime) -> Option<u64> {
        let fold = self.0.get(key)?;
        // A clock that was set back says nothing against it.
        let since = ts.duration_since(fold.last).unwrap_or_default();
        (since <= TOGETHER).then_some(fold.lead)
    }

    /// Begins a line of a kind.
    pub fn begin(&mut self, key: String, fold: Fold) {
        if self.0.len() >= MOST {
            self.0.retain(|_, old| fold.last.duration_since(old.last).is_ok_and(|since| since <= TOGETHER));
        }
        if self.0.len() < MOST {
            self.0.insert(key, fold);
        }
    }

    /// Adds a watch to the line of a kind; what the line says now, and for whom.
    pub fn add(&mut self, key: &str, ts: SystemTime, watch: WatchId) -> (String, BTreeSet<WatchId>) {
        let Some(fold) = self.0.get_mut(key) else { return Default::default() };
        fold.last = fold.last.max(ts);
        fold.watches.insert(watch);
        (fold.text(), fold.watches.clone())
    }
}

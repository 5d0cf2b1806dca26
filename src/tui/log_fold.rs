//! What happens to many watches at once, as one line of the log: which line that is, and what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use super::words::show_span;
use mailwatch_proto::model::WatchId;

/// What happens later than this after the last of its kind is something new.
const TOGETHER: Duration = Duration::from_secs(10);

/// No more kinds are kept: the oldest are over by then.
const MOST: usize = 64;

/// What may happen to several watches at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// What it is: lines of one kind are one.
    pub key: String,
    /// What the line says for several, where one watch's own words have figures that are not the others'.
    pub several: Option<&'static str>,
    /// The same for watches of several accounts, where one's own words name its server.
    pub accounts: Option<&'static str>,
    /// How long this watch was blind for it, where it was.
    pub blind: Duration,
}

impl Together {
    /// Something that is said of several as of one.
    #[must_use]
    pub fn same(key: impl Into<String>) -> Self {
        Self { key: key.into(), several: None, accounts: None, blind: Duration::ZERO }
    }

    /// Something that each watch says with its own figures.
    #[must_use]
    pub fn several(key: impl Into<String>, several: &'static str) -> Self {
        Self { several: Some(several), ..Self::same(key) }
    }
}

/// A line that speaks for several watches.
#[derive(Clone, Debug)]
pub struct Fold {
    lead: u64,
    last: SystemTime,
    base: String,
    accounts: Option<&'static str>,
    /// The longest blind time of a watch.
    blind: Duration,
    watches: BTreeSet<WatchId>,
}

impl Fold {
    /// A line of one watch.
    #[must_use]
    pub fn new(lead: u64, ts: SystemTime, own: String, (watch, what): (WatchId, &Together)) -> Self {
        let base = what.several.map_or(own, str::to_owned);
        Self { lead, last: ts, base, accounts: what.accounts, blind: what.blind, watches: [watch].into() }
    }

    /// Whom it speaks for, and what it says.
    fn text(&self) -> String {
        let accounts: BTreeSet<_> = self.watches.iter().map(|watch| &watch.account).collect();
        let count = self.watches.len();
        let blind =
            if self.blind.is_zero() { String::new() } else { format!(", blind for {} at most", show_span(self.blind)) };
        match (accounts.first(), accounts.len()) {
            (Some(account), 1) => format!("{account}: {count} watches: {}{blind}", self.base),
            (_, accounts) => {
                let base = self.accounts.unwrap_or(&self.base);
                format!("{count} watches of {accounts} accounts: {base}{blind}")
            }
        }
    }
}

/// The lines that more may join.
#[derive(Clone, Debug, Default)]
pub struct Folds(BTreeMap<String, Fold>);

impl Folds {
    /// The line of this kind that something at this time belongs to. What a watch says again with other figures belongs to
    /// no line that speaks for that watch alone.
    #[must_use]
    pub fn find(&self, what: &Together, ts: SystemTime, watch: &WatchId) -> Option<u64> {
        let fold = self.0.get(&what.key)?;
        let alone = fold.watches.len() == 1 && fold.watches.contains(watch);
        // A clock that was set back says nothing against it.
        let since = ts.duration_since(fold.last).unwrap_or_default();
        (since <= TOGETHER && !(alone && what.several.is_some())).then_some(fold.lead)
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
    pub fn add(&mut self, what: &Together, ts: SystemTime, watch: WatchId) -> (String, BTreeSet<WatchId>) {
        let Some(fold) = self.0.get_mut(&what.key) else { return Default::default() };
        fold.last = fold.last.max(ts);
        fold.blind = fold.blind.max(what.blind);
        fold.watches.insert(watch);
        (fold.text(), fold.watches.clone())
    }
}

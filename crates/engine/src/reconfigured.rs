//! What another configuration changes, in watches.

use std::collections::BTreeSet;
use std::fmt;

use crate::configured_timers::ConfiguredTimers;
use mailwatch_proto::model::{Account, WatchId};

/// What another configuration changed, in watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconfigured {
    /// Not there before.
    pub added: usize,
    /// There before, and connected anew, retuned, or given other hooks.
    pub changed: usize,
    /// Ended.
    pub removed: usize,
    /// Untouched.
    pub kept: usize,
}

impl fmt::Display for Reconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [(self.added, "added"), (self.changed, "changed"), (self.removed, "removed")];
        if parts.iter().all(|(count, _)| *count == 0) {
            return f.write_str("config read: no watch changed");
        }
        f.write_str("config read: ")?;
        for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{count} {what}, ")?;
        }
        write!(f, "{} kept", self.kept)
    }
}

impl Reconfigured {
    /// What changes where an account's settings give way to others.
    pub(crate) fn between(old: Option<&Account>, new: Option<&Account>) -> Self {
        match (old, new) {
            (None, None) => Self::default(),
            (None, Some(new)) => Self { added: rows(new), ..Self::default() },
            (Some(old), None) => Self { removed: rows(old), ..Self::default() },
            (Some(old), Some(new)) if old.is_plain() != new.is_plain() => {
                Self { added: rows(new), removed: rows(old), ..Self::default() }
            }
            (Some(old), Some(new)) if old.is_plain() => {
                let (before, after) = (ids(old), ids(new));
                let both = before.intersection(&after).count();
                Self { added: after.len() - both, removed: before.len() - both, ..Self::staying(both, old, new) }
            }
            (Some(old), Some(new)) if old.mailboxes == new.mailboxes => Self::staying(rows(old), old, new),
            (Some(_), Some(new)) => Self { changed: rows(new), ..Self::default() },
        }
    }

    /// Of so many that are there before and after.
    fn staying(count: usize, old: &Account, new: &Account) -> Self {
        let same =
            goes_on(old, new) && ConfiguredTimers::of(old) == ConfiguredTimers::of(new) && old.hooks == new.hooks;
        if same { Self { kept: count, ..Self::default() } } else { Self { changed: count, ..Self::default() } }
    }

    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            added: self.added + other.added,
            changed: self.changed + other.changed,
            removed: self.removed + other.removed,
            kept: self.kept + other.kept,
        }
    }
}

/// Whether these settings can be had without connecting anew: they differ in timers, mailboxes and hooks at most.
pub(crate) fn goes_on(old: &Account, new: &Account) -> bool {
    let kept = Account {
        timers: old.timers,
        reissue_auto: old.reissue_auto,
        mailboxes: old.mailboxes.clone(),
        hooks: old.hooks.clone(),
        ..new.clone()
    };
    // What is learned is tried by the first mailbox.
    let learns = old.reissue_auto || new.reissue_auto;
    kept == *old && (!learns || old.mailboxes.first() == new.mailboxes.first())
}

/// How many watches an account counts for: where it is not known which mailboxes there are, its entries.
fn rows(account: &Account) -> usize {
    if account.is_plain() { ids(account).len() } else { account.mailboxes.len() }
}

fn ids(account: &Account) -> BTreeSet<WatchId> {
    account.mailboxes.iter().map(|mailbox| WatchId::new(&account.name, mailbox)).collect()
}

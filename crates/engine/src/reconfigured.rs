//! What another configuration changes, in watches.

use std::collections::BTreeSet;
use std::fmt;

use mailwatch_proto::configured_timers::ConfiguredTimers;
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

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::{Auth, Hooks, Network, Quirks, SecretSource, Timers, TlsMode};

    fn account(mailboxes: &[&str], max_connections: u16) -> Account {
        Account {
            name: "work".to_owned(),
            host: "localhost".to_owned(),
            port: 143,
            tls: TlsMode::Off,
            ca: None,
            network: Network::default(),
            user: "me".to_owned(),
            auth: Auth::Password,
            secret: SecretSource::Keyring,
            mailboxes: mailboxes.iter().map(ToString::to_string).collect(),
            max_connections,
            timers: Timers::default(),
            reissue_auto: false,
            quirks: Quirks::default(),
            hooks: Hooks::default(),
        }
    }

    fn told(old: Option<&Account>, new: Option<&Account>) -> String {
        Reconfigured::between(old, new).to_string()
    }

    #[test]
    fn named_mailboxes_are_counted_one_by_one() {
        let old = account(&["INBOX", "a"], 3);
        let new = account(&["INBOX", "b", "c"], 3);
        assert_eq!(told(Some(&old), Some(&old)), "config read: no watch changed");
        assert_eq!(told(Some(&old), Some(&new)), "config read: 2 added, 1 removed, 1 kept");
        let elsewhere = Account { host: "example.org".to_owned(), ..new };
        assert_eq!(told(Some(&old), Some(&elsewhere)), "config read: 2 added, 1 changed, 1 removed, 0 kept");
        let learning = Account { reissue_auto: true, ..old.clone() };
        assert_eq!(told(Some(&old), Some(&learning)), "config read: 2 changed, 0 kept");
    }

    #[test]
    fn mailboxes_that_share_or_are_listed_are_counted_by_their_entries() {
        let old = account(&["INBOX", "a"], 1);
        assert_eq!(told(None, Some(&old)), "config read: 2 added, 0 kept");
        assert_eq!(told(Some(&old), None), "config read: 2 removed, 0 kept");
        assert_eq!(told(Some(&old), Some(&account(&["*"], 1))), "config read: 1 changed, 0 kept");
        assert_eq!(told(Some(&old), Some(&account(&["INBOX"], 1))), "config read: 1 added, 2 removed, 0 kept");
    }

    #[test]
    fn what_is_learned_is_learned_by_the_first_mailbox() {
        let old = Account { reissue_auto: true, ..account(&["INBOX", "a"], 2) };
        let new = Account { mailboxes: vec!["a".to_owned()], ..old.clone() };
        assert!(!goes_on(&old, &new));
        assert!(goes_on(&account(&["INBOX", "a"], 2), &account(&["a"], 2)));
    }
}

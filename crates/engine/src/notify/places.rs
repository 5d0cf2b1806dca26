//! Whether a mailbox holds the user's own mail, as its server says (RFC 6154). Asked for when a mail comes that nothing else
//! tells: the mail waits for the answer, for a while. The time is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mailwatch_proto::model::{Mail, WatchId};

/// How long a mail waits for the answer: a login and two commands.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that told nothing is asked again after so long.
const AGAIN: Duration = Duration::from_hours(1);

/// What is known of each account.
#[derive(Debug, Default)]
pub(super) struct Places {
    accounts: BTreeMap<Arc<str>, Known>,
}

#[derive(Debug)]
enum Known {
    /// Its server is asked; these wait.
    Asked { since: Instant, waiting: Vec<(WatchId, Mail)> },
    /// These mailboxes are for what the user has written.
    Told(BTreeSet<String>),
    /// It told nothing.
    Silent { since: Instant },
}

/// Whose mail a mailbox holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// That of others, as far as is known.
    Others,
    /// The user's own.
    Own,
    /// The server is to be asked; the mail waits.
    Ask,
    /// The server is being asked; the mail waits.
    Asking,
}

impl Places {
    /// Whose mail the mailbox of this mail holds.
    pub fn place(&mut self, watch: &WatchId, mail: &Mail, now: Instant) -> Place {
        if &*watch.mailbox == "INBOX" {
            return Place::Others;
        }
        match self.accounts.get_mut(&watch.account) {
            Some(Known::Told(own)) if own.contains(&*watch.mailbox) => Place::Own,
            Some(Known::Told(_)) => Place::Others,
            Some(Known::Silent { since }) if now.saturating_duration_since(*since) < AGAIN => Place::Others,
            Some(Known::Asked { waiting, .. }) => {
                waiting.push((watch.clone(), mail.clone()));
                Place::Asking
            }
            Some(Known::Silent { .. }) | None => {
                let waiting = vec![(watch.clone(), mail.clone())];
                self.accounts.insert(Arc::clone(&watch.account), Known::Asked { since: now, waiting });
                Place::Ask
            }
        }
    }

    /// An account's server has answered, or will not. Returns what waited and is others' mail.
    pub fn told(&mut self, account: &str, own: Option<BTreeSet<String>>, now: Instant) -> Vec<(WatchId, Mail)> {
        let Some(known) = self.accounts.get_mut(account) else { return Vec::new() };
        let next = own.map_or(Known::Silent { since: now }, Known::Told);
        let mut waited = std::mem::replace(known, next).waiting();
        if let Known::Told(own) = known {
            waited.retain(|(watch, _)| !own.contains(&*watch.mailbox));
        }
        waited
    }

    /// When the next mail has waited long enough.
    pub fn due(&self) -> Option<Instant> {
        let due = |known: &Known| match known {
            Known::Asked { since, .. } => Some(*since + PATIENCE),
            Known::Told(_) | Known::Silent { .. } => None,
        };
        self.accounts.values().filter_map(due).min()
    }

    /// What has waited long enough. An answer that comes later is of use all the same.
    pub fn tick(&mut self, now: Instant) -> Vec<(WatchId, Mail)> {
        let late = |known: &&mut Known| match known {
            Known::Asked { since, .. } => *since + PATIENCE <= now,
            Known::Told(_) | Known::Silent { .. } => false,
        };
        let late = self.accounts.values_mut().filter(late);
        late.flat_map(|known| std::mem::replace(known, Known::Silent { since: now }).waiting()).collect()
    }

    /// What still waits, as the program ends.
    pub fn rest(&mut self) -> Vec<(WatchId, Mail)> {
        std::mem::take(&mut self.accounts).into_values().flat_map(Known::waiting).collect()
    }
}

impl Known {
    fn waiting(self) -> Vec<(WatchId, Mail)> {
        match self {
            Self::Asked { waiting, .. } => waiting,
            Self::Told(_) | Self::Silent { .. } => Vec::new(),
        }
    }
}

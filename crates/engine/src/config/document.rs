//! What a configuration says once it has no problems.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::host::HostSetting;
use super::nearest::nearest;
use super::warning::Warning;
use crate::history::Limits;
use mailwatch_proto::model::{Account, Notifications, WatchId, sanitise};

/// A configuration without problems.
#[derive(Clone, Debug, PartialEq)]
pub struct Config<S = ()> {
    /// The file it came from.
    pub path: PathBuf,
    /// The accounts in the file's order: at least one, or a host.
    pub accounts: Vec<Account>,
    /// The hosts whose engines the screen shows besides.
    pub hosts: Vec<HostSetting>,
    /// Whether, how and when new mail is announced.
    pub notify: Notifications,
    /// How much `history.db` keeps.
    pub history: Limits,
    /// What `[ui]` says, as the front end reads it.
    pub ui: S,
    /// Likely mistakes, in the file's order.
    pub warnings: Vec<Warning>,
    /// The text it was read from.
    pub source: Source,
}

/// The text of a configuration, to detect later changes of the file. Never shown: its commands may name secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Source(pub(super) Arc<str>);

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({} bytes)", self.0.len())
    }
}

impl<S> Config<S> {
    /// The watches of all accounts, in the file's order.
    pub fn watches(&self) -> impl Iterator<Item = WatchId> {
        self.accounts
            .iter()
            .flat_map(|account| account.mailboxes.iter().map(|mailbox| WatchId::new(&account.name, mailbox)))
    }

    /// The account of that name.
    ///
    /// # Errors
    /// Where there is none; the error knows the nearest name.
    pub fn account(&self, name: &str) -> Result<&Account, UnknownAccount> {
        self.accounts.iter().find(|account| account.name == name).ok_or_else(|| self.unknown(name))
    }

    /// Keeps the accounts of these names; all where no name is given.
    ///
    /// # Errors
    /// Where a name is no account's. Nothing is changed then.
    pub fn keep(&mut self, names: &[String]) -> Result<(), UnknownAccount> {
        for name in names {
            self.account(name)?;
        }
        if !names.is_empty() {
            self.accounts.retain(|account| names.contains(&account.name));
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> UnknownAccount {
        let names = || self.accounts.iter().map(|account| account.name.as_str());
        UnknownAccount {
            name: sanitise(name, NAME_SHOWN),
            nearest: nearest(name, names()).map(str::to_owned),
            known: names().collect::<Vec<_>>().join(", "),
        }
    }
}

/// How much of a mistaken name a message repeats, in characters.
const NAME_SHOWN: usize = 60;

/// There is no account of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no account `{name}`; {}", match nearest {
    Some(nearest) => format!("did you mean `{nearest}`?"),
    None => format!("the configuration has {known}"),
})]
pub struct UnknownAccount {
    name: String,
    nearest: Option<String>,
    known: String,
}

//! The names under which the history knows accounts and watches.

use crate::history::WatchKey;
use mailwatch_proto::model::{Account, WatchId};

/// `user@host`.
pub fn login_of(account: &Account) -> String {
    format!("{}@{}", account.user, account.host)
}

/// The history's key of a watch.
pub fn key_of(account: &Account, id: &WatchId) -> WatchKey {
    WatchKey { account: id.account.to_string(), login: login_of(account), mailbox: id.mailbox.to_string() }
}

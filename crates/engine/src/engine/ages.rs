//! How an account's IDLEs ended before this run, for a screen.

use std::sync::Arc;
use std::time::SystemTime;

use crate::history::{History, KEPT};
use crate::identity::login_of;
use crate::link::Publisher;
use mailwatch_proto::model::Account;

/// An account, as the history and the board know it.
#[derive(Clone, Debug)]
pub struct Whose {
    name: Arc<str>,
    host: String,
    login: String,
}

impl Whose {
    /// This account's.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        Self { name: Arc::from(account.name.as_str()), host: account.host.clone(), login: login_of(account) }
    }
}

/// Adds to the board how the accounts' IDLEs ended before these watches began.
pub async fn read(history: History, publisher: Publisher, accounts: Vec<Whose>, began: SystemTime) {
    let since = began.checked_sub(KEPT).unwrap_or(SystemTime::UNIX_EPOCH);
    for Whose { name, host, login } in accounts {
        // The history itself reports what cannot be read.
        let Ok(kept) = history.ages(&host, &login, since, began).await else { continue };
        publisher.change(|board| Arc::make_mut(board.ages.entry(name).or_default()).merge(&kept));
    }
}

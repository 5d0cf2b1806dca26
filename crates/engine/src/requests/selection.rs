//! Which of the kept watches a command is about.

use crate::history::WatchKey;
use mailwatch_proto::model::{LINE_LIMIT, sanitise};

/// The kept watches that a command is about.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// These accounts; all where none is named.
    pub accounts: &'a [String],
    /// This watch, as `account/mailbox`.
    pub watch: Option<&'a str>,
}

impl Selection<'_> {
    /// Whether it is about this one.
    #[must_use]
    pub fn includes(self, key: &WatchKey) -> bool {
        let account = self.accounts.is_empty() || self.accounts.contains(&key.account);
        account && self.watch.is_none_or(|watch| is_named(key, watch))
    }

    /// The error for a name of which nothing is kept.
    #[must_use]
    pub fn unknown(self, watches: &[WatchKey]) -> Option<String> {
        let account = self.accounts.iter().find(|name| watches.iter().all(|key| key.account != **name));
        let watch = self.watch.filter(|watch| !watches.iter().any(|key| is_named(key, watch)));
        let name = account.map(String::as_str).or(watch)?;
        let mut known: Vec<_> = watches.iter().map(|key| format!("{}/{}", key.account, key.mailbox)).collect();
        known.dedup();
        let known = if known.is_empty() { "nothing at all".to_owned() } else { known.join(", ") };
        let sentence = format!("nothing is known of {name}; there is: {known}");
        Some(sanitise(&sentence, LINE_LIMIT))
    }
}

fn is_named(key: &WatchKey, watch: &str) -> bool {
    // An account's name has no slash, a mailbox's may.
    watch.split_once('/').is_some_and(|(account, mailbox)| key.account == account && key.mailbox == mailbox)
}

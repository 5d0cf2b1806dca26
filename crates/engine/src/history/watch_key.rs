//! What identifies a watch in the history.

/// Identifies a watch across runs: the same mailbox of the same login under the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchKey {
    /// The account's name in the configuration.
    pub account: String,
    /// `user@host`: another login or server is another mailbox.
    pub login: String,
    /// The mailbox, as a person writes it.
    pub mailbox: String,
}

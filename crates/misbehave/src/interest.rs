//! What a client asked NOTIFY (RFC 5465) for, and what it knows of mailboxes that it has not selected.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;

use crate::mailbox::Mailbox;

/// What a client asked to be told, and what it was told last.
pub(crate) struct Notify {
    /// The mailboxes whose messages are told of.
    pub(crate) mailboxes: BTreeSet<Vec<u8>>,
    /// Whether those of all mailboxes are.
    pub(crate) all: bool,
    /// Whether mailboxes that come and go are told of.
    pub(crate) names: bool,
    pub(crate) told: BTreeMap<Vec<u8>, Figures>,
    pub(crate) changes: watch::Receiver<()>,
}

/// What STATUS tells of a mailbox, with a number that changes with its flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) uidvalidity: u32,
    pub(crate) uidnext: u32,
    pub(crate) messages: usize,
    pub(crate) unseen: usize,
    revision: u64,
}

impl Figures {
    pub(crate) fn of(mailbox: &Mailbox) -> Self {
        Self {
            uidvalidity: mailbox.uidvalidity(),
            uidnext: mailbox.uidnext(),
            messages: mailbox.messages().len(),
            unseen: mailbox.unseen(),
            revision: mailbox.revision(),
        }
    }
}

/// Waits until something may have changed elsewhere; for ever where nobody asked.
pub(crate) async fn elsewhere(notify: Option<&mut Notify>) {
    if let Some(notify) = notify
        && notify.changes.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

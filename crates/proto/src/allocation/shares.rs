//! The mailboxes that share a connection, and over which watch's connection they are served.

use std::collections::BTreeMap;

use crate::model::WatchId;

/// Where a shared mailbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// The sharing connection serves it.
    Served,
    /// The sharing connection is to give it back.
    Returning,
    /// Its connection has ended.
    Orphaned,
}

/// The mailboxes, and the watch whose connection serves them and asks by LIST.
#[derive(Debug, Default)]
pub struct Shares {
    over: Option<WatchId>,
    mailboxes: BTreeMap<WatchId, Share>,
}

impl Shares {
    /// The sharing connection's watch.
    #[must_use]
    pub const fn over(&self) -> Option<&WatchId> {
        self.over.as_ref()
    }

    /// This watch's connection is the sharing one from now on.
    pub fn choose(&mut self, over: WatchId) {
        self.over = Some(over);
    }

    /// Where a mailbox is, if it shares.
    #[must_use]
    pub fn of(&self, id: &WatchId) -> Option<Share> {
        self.mailboxes.get(id).copied()
    }

    /// The mailboxes.
    pub fn ids(&self) -> impl Iterator<Item = &WatchId> {
        self.mailboxes.keys()
    }

    /// A mailbox is served by the sharing connection. Whether it shared one before.
    pub fn serve(&mut self, id: WatchId) -> bool {
        self.mailboxes.insert(id, Share::Served).is_some()
    }

    /// A mailbox is to come back. From whom.
    pub fn take_back(&mut self, id: WatchId) -> Option<WatchId> {
        let from = self.over.clone()?;
        self.mailboxes.insert(id, Share::Returning);
        Some(from)
    }

    /// A mailbox has come back.
    pub fn orphan(&mut self, id: WatchId) {
        self.mailboxes.insert(id, Share::Orphaned);
    }

    /// A mailbox shares no longer.
    pub fn remove(&mut self, id: &WatchId) {
        self.mailboxes.remove(id);
    }

    /// A watch has ended. Whether its connection was the sharing one.
    pub fn end(&mut self, id: &WatchId) -> bool {
        self.over.take_if(|over| over == id).is_some()
    }

    /// Forgets the mailboxes that did not come back when their connection ended, and returns them.
    pub fn lose(&mut self) -> Vec<WatchId> {
        self.mailboxes.extract_if(.., |_, share| *share != Share::Orphaned).map(|(id, _)| id).collect()
    }
}

//! An engine's accounts by the names that they have on the board of all hosts, and back. Pure.

use std::sync::Arc;

use mailwatch_proto::model::{Event, Fault, Snapshot, WatchId};

/// One host's part of the names; this machine's is empty.
#[derive(Clone, Debug)]
pub(super) struct Scope(Arc<str>);

impl Scope {
    pub(super) const fn new(host: Arc<str>) -> Self {
        Self(host)
    }

    pub(super) const fn host(&self) -> &Arc<str> {
        &self.0
    }

    pub(super) fn account(&self, account: &Arc<str>) -> Arc<str> {
        if self.0.is_empty() { Arc::clone(account) } else { format!("{}/{account}", self.0).into() }
    }

    pub(super) fn watch(&self, id: &WatchId) -> WatchId {
        WatchId { account: self.account(&id.account), mailbox: Arc::clone(&id.mailbox) }
    }

    pub(super) fn event(&self, event: Event) -> Event {
        Event { watch: event.watch.as_ref().map(|watch| self.watch(watch)), ..event }
    }

    pub(super) fn fault(&self, fault: &Fault) -> Fault {
        let message = if self.0.is_empty() { fault.message.clone() } else { format!("{}: {}", self.0, fault.message) };
        Fault { message, ..fault.clone() }
    }

    pub(super) fn snapshot(&self, snapshot: &Arc<Snapshot>) -> Arc<Snapshot> {
        if self.0.is_empty() {
            return Arc::clone(snapshot);
        }
        let mut own = Snapshot::clone(snapshot);
        own.id = self.watch(&own.id);
        own.sharing.served_by = own.sharing.served_by.as_ref().map(|watch| self.watch(watch));
        Arc::new(own)
    }
}

/// The host in a name on the board, and the name that its engine knows.
pub(super) fn unscoped(id: &WatchId) -> (&str, WatchId) {
    let (host, account) = mailwatch_proto::model::split_host(&id.account);
    (host, WatchId { account: account.into(), mailbox: Arc::clone(&id.mailbox) })
}

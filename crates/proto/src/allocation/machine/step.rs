//! What an allocation does next, and what waits until it can.

use std::collections::BTreeSet;
use std::time::SystemTime;

use crate::connection::task::{Appeared, ListedNames, Mailbox};
use crate::model::WatchId;

/// What changes which mailboxes are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// LIST was answered.
    Listed { by: WatchId, names: ListedNames, at: SystemTime },
    /// The configuration was read again.
    Configured(Vec<String>),
    /// The server refused a watch's connection while those of others stood.
    Limited(WatchId, BTreeSet<WatchId>),
    /// One connection more may be tried.
    More,
    /// A connection is wanted for something else.
    Lend {
        /// Whether the server has just refused one.
        refused: bool,
        /// The watches whose connections stand.
        standing: BTreeSet<WatchId>,
    },
    /// It is not wanted any more.
    Returned,
}

/// Whether one of the connections is used for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lending {
    /// None is.
    None,
    /// One will be, once a watch's has ended.
    Awaited,
    /// One is. Whether a watch's has ended for that.
    Lent { spared: bool },
}

/// What is done once nothing is awaited any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: every wanted mailbox is served.
    Settled,
    /// Mailboxes that LIST no longer shows end; `vanished` is what was known of them. `since`: when they were last listed.
    Vanishing { since: Option<SystemTime>, vanished: Vec<Mailbox> },
    /// Mailboxes that the configuration no longer names end.
    Unnaming,
    /// The discovery connection ends, or shared mailboxes come back to get connections of their own. `listed`: those that
    /// LIST shows connect again.
    Admitting { appeared: Option<Appeared>, listed: bool },
    /// Everything ends, to begin anew with these entries.
    Renewing(Vec<String>),
    /// Everything ends.
    Stopping,
    /// Everything has ended.
    Stopped,
}

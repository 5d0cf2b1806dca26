//! A mailbox that another watch's connection serves, between its allocator and that watch.

use std::time::Instant;

use crate::history::WatchKey;
use crate::link::Commands;
use crate::publish::{Report, StatusPublisher};
use mailwatch_proto::connection::task::{Appeared, Mailbox};
use mailwatch_proto::model::WatchId;
use mailwatch_proto::sharing;

/// The mailbox with its ends of the link.
#[derive(Debug)]
pub struct SharedMailbox {
    /// How far it was seen, what it shows and tells.
    pub mailbox: sharing::SharedMailbox,
    /// Who publishes it.
    pub publisher: StatusPublisher,
    /// What the user asks of it.
    pub commands: Commands,
    /// Its key in the history.
    pub key: WatchKey,
}

impl SharedMailbox {
    /// One that was not looked at yet.
    #[must_use]
    pub fn new(report: Report, commands: Commands, key: WatchKey, appeared: Option<Appeared>, now: Instant) -> Self {
        let Report { view, publisher } = report;
        Self { mailbox: sharing::SharedMailbox::new(view, appeared, now), publisher, commands, key }
    }

    /// Which watch it is.
    #[must_use]
    pub fn id(&self) -> &WatchId {
        self.mailbox.id()
    }

    /// How far it was seen in this run.
    #[must_use]
    pub const fn known(&self) -> Option<Mailbox> {
        self.mailbox.known
    }

    /// Gives up its place: what it shows and tells, what its user asks, and what is known of how it appeared.
    #[must_use]
    pub fn into_parts(self) -> (Report, Commands, Option<Appeared>) {
        let Self { mailbox, publisher, commands, .. } = self;
        (Report { view: mailbox.view, publisher }, commands, mailbox.appeared)
    }
}

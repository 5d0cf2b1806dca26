//! Tells the engine of what happened to the machine.

use std::time::Duration;

use tokio::sync::watch;

use crate::system_events::SystemEvents;

/// For what knows of suspends and of the network: [`crate::suspend::watch`], [`crate::network::watch`], or a test.
#[derive(Clone, Debug)]
pub struct SystemEventSender {
    events: watch::Sender<SystemEvents>,
}

impl SystemEventSender {
    /// To the watches that listen here.
    pub(crate) const fn new(events: watch::Sender<SystemEvents>) -> Self {
        Self { events }
    }

    /// The machine was suspended for so long and runs again: every IDLE is checked with DONE.
    pub fn slept(&self, slept: Duration) {
        self.events.send_modify(|events| events.slept = (events.slept.0 + 1, slept));
    }

    /// The machine's wall clock was set: a certificate may be valid now.
    pub fn clock_was_set(&self) {
        self.events.send_modify(|events| events.clocks += 1);
    }

    /// The machine's addresses or its default route changed: every IDLE is checked with DONE, and watches that wait to
    /// connect wait no longer.
    pub fn network_changed(&self) {
        self.events.send_modify(|events| events.networks += 1);
    }
}

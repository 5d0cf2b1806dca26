//! What a server has seen: counts, the log of commands, and waiting for either. For tests.

use crate::mailbox::wire_name;
use crate::server::Server;
use crate::shared::Logged;

impl Server {
    /// Connections that are open now.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.shared.open_connections()
    }

    /// Connections accepted so far.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.shared.state().accepted
    }

    /// Logins that succeeded so far.
    #[must_use]
    pub fn logins(&self) -> usize {
        self.shared.state().logins
    }

    /// DONEs received so far.
    #[must_use]
    pub fn dones(&self) -> usize {
        self.shared.state().dones
    }

    /// Those of them that were ignored, if only for a while.
    #[must_use]
    pub fn ignored_dones(&self) -> usize {
        self.shared.state().ignored
    }

    /// Sessions that are within IDLE now: `+` sent, not yet ended.
    #[must_use]
    pub fn idling(&self) -> usize {
        self.shared.state().idling.len()
    }

    /// The commands received, the oldest first; only the last ten thousand.
    #[must_use]
    pub fn log(&self) -> Vec<Logged> {
        self.shared.state().log.iter().cloned().collect()
    }

    /// How many messages a mailbox holds; none where it does not exist.
    #[must_use]
    pub fn count(&self, mailbox: &str) -> usize {
        self.shared.state().mailboxes.get(&wire_name(mailbox)).map_or(0, |mailbox| mailbox.messages().len())
    }

    /// How many of a mailbox's messages lack `\Seen`; none where it does not exist.
    #[must_use]
    pub fn unseen(&self, mailbox: &str) -> usize {
        self.shared.state().mailboxes.get(&wire_name(mailbox)).map_or(0, crate::mailbox::Mailbox::unseen)
    }

    /// Waits until the server meets a condition: asked now and after each change, without polling. Give it a bound.
    pub async fn wait_until(&self, condition: impl Fn(&Self) -> bool) {
        let mut changes = self.shared.changes();
        while !condition(self) {
            // The sender lives in `self`.
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

//! What a server has seen: counts, the log of commands, and waiting for either. For tests.

use std::time::Instant;

use mailwatch_proto::model;

use super::server::{Server, wire_name};

/// Commands kept in the log; the oldest go first.
const LOG_LINES: usize = 10_000;

/// A command that the server received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The connection's number, from 1.
    pub conn: usize,
    /// When it was complete.
    pub at: Instant,
    /// The command without its line end, sanitised, secrets replaced by `***`.
    pub line: String,
}

impl Server {
    /// Connections that are open now.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.state().sessions.len()
    }

    /// Connections accepted so far.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.state().accepted
    }

    /// Logins that succeeded so far.
    #[must_use]
    pub fn logins(&self) -> usize {
        self.state().logins
    }

    /// DONEs received so far.
    #[must_use]
    pub fn dones(&self) -> usize {
        self.state().dones
    }

    /// Those of them that were ignored, if only for a while.
    #[must_use]
    pub fn ignored_dones(&self) -> usize {
        self.state().ignored
    }

    /// Sessions that are within IDLE now: `+` sent, not yet ended.
    #[must_use]
    pub fn idling(&self) -> usize {
        self.state().idling.len()
    }

    /// The commands received, the oldest first; only the last ten thousand.
    #[must_use]
    pub fn log(&self) -> Vec<Logged> {
        self.state().log.iter().cloned().collect()
    }

    /// How many messages a mailbox holds; none where it does not exist.
    #[must_use]
    pub fn count(&self, mailbox: &str) -> usize {
        self.state().mailboxes.get(&wire_name(mailbox)).map_or(0, |mailbox| mailbox.messages().len())
    }

    /// Waits until the server meets a condition: asked now and after each change, without polling. Give it a bound.
    pub async fn wait_until(&self, condition: impl Fn(&Self) -> bool) {
        let mut changes = self.changes();
        while !condition(self) {
            // The sender lives in `self`.
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    pub(super) fn logged_in(&self) {
        self.state().logins += 1;
        self.changed();
    }

    pub(super) fn got_done(&self, ignored: bool) {
        let mut state = self.state();
        state.dones += 1;
        state.ignored += usize::from(ignored);
        drop(state);
        self.changed();
    }

    pub(super) fn set_idling(&self, conn: usize, idling: bool) {
        let mut state = self.state();
        let _ = if idling { state.idling.insert(conn) } else { state.idling.remove(&conn) };
        drop(state);
        self.changed();
    }

    pub(super) fn note(&self, conn: usize, at: Instant, line: &[u8]) {
        let mut state = self.state();
        if state.log.len() == LOG_LINES {
            state.log.pop_front();
        }
        state.log.push_back(Logged { conn, at, line: model::one_line(line) });
        drop(state);
        self.changed();
    }
}

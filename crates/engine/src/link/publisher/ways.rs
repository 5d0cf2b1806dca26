//! The ways for commands, as watches come and go.

use std::sync::Arc;

use super::Publisher;
use crate::link::commander::{COMMAND_CAPACITY, Commander, Commands};
use crate::queue::queue;
use mailwatch_proto::model::{Command, PhaseGroup, WatchId};

impl Publisher {
    /// Makes the channel of a watch that starts after the link was made.
    #[must_use]
    pub fn open(&self, id: &WatchId) -> Commands {
        let (tx, rx) = queue(COMMAND_CAPACITY);
        self.0.senders.send_modify(|senders| {
            Arc::make_mut(senders).insert(id.clone(), tx);
        });
        rx
    }

    /// Removes the channels of watches that have ended.
    pub fn close<'a>(&self, ids: impl IntoIterator<Item = &'a WatchId>) {
        self.0.senders.send_modify(|senders| {
            let senders = Arc::make_mut(senders);
            for id in ids {
                senders.remove(id);
            }
        });
    }

    /// Removes the channels of all watches of these accounts.
    pub fn close_accounts(&self, accounts: &[String]) {
        self.0.senders.send_modify(|senders| {
            Arc::make_mut(senders).retain(|id, _| !accounts.iter().any(|account| **account == *id.account));
        });
    }

    /// The sender of commands.
    #[must_use]
    pub fn commander(&self) -> Commander {
        Commander::new(self.0.senders.subscribe())
    }

    /// Has the watches of this account that are down connect anew; how many there are.
    pub(crate) fn reconnect_down(&self, account: &str) -> usize {
        let commander = self.commander();
        let board = self.0.board.borrow();
        let down = board
            .watches
            .values()
            .filter(|watch| *watch.id.account == *account && watch.phase.group() == PhaseGroup::Down);
        down.filter(|watch| commander.send(&watch.id, Command::Reconnect).is_ok()).count()
    }
}

//! Commands to watches.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use mailwatch_proto::model::{Command, WatchId};

/// Commands that a watch may be behind. They come from a person's keys, so few are enough.
pub const COMMAND_CAPACITY: usize = 16;

/// A watch's end: its commands.
pub type Commands = mpsc::Receiver<Command>;

/// The senders of commands, by watch.
pub(super) type Senders = Arc<BTreeMap<WatchId, mpsc::Sender<Command>>>;

/// A command that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// There is no such watch.
    NoSuchWatch,
    /// The watch has more commands waiting than a person presses keys; press again.
    Busy,
    /// The watch has ended.
    Ended,
}

/// Sends commands to watches. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Commander {
    commands: watch::Receiver<Senders>,
}

impl Commander {
    pub(super) const fn new(commands: watch::Receiver<Senders>) -> Self {
        Self { commands }
    }

    /// Sends a command to one watch. Never waits.
    ///
    /// # Errors
    /// Where the watch does not exist, has ended, or has too many commands waiting.
    pub fn send(&self, id: &WatchId, command: Command) -> Result<(), NotTaken> {
        let commands = self.commands.borrow();
        let sender = commands.get(id).ok_or(NotTaken::NoSuchWatch)?;
        sender.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => NotTaken::Busy,
            mpsc::error::TrySendError::Closed(_) => NotTaken::Ended,
        })
    }

    /// Sends a command to every watch; returns how many took it.
    #[must_use]
    pub fn send_all(&self, command: Command) -> usize {
        self.commands.borrow().values().filter(|sender| sender.try_send(command).is_ok()).count()
    }

    /// The watches that take commands now.
    #[must_use]
    pub fn watches(&self) -> Vec<WatchId> {
        self.commands.borrow().keys().cloned().collect()
    }
}

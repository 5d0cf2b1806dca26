//! Commands to watches, of this process or of another's engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::queue::{Receiver, Refused, Sender};
use mailwatch_proto::model::{Board, Command, WatchId};

/// Commands that a watch may be behind. They come from a person's keys, so few are enough.
pub const COMMAND_CAPACITY: usize = 16;

/// A watch's end: its commands.
pub type Commands = Receiver<Command>;

/// The senders of commands, by watch.
pub(super) type Senders = Arc<BTreeMap<WatchId, Sender<Command>>>;

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

impl NotTaken {
    /// In a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoSuchWatch => "there is no such watch",
            Self::Busy => "the watch has too many commands waiting",
            Self::Ended => "the watch has ended",
        }
    }
}

/// A command on its way to another process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Whom it is for; all where none is named.
    pub watches: Vec<WatchId>,
    pub command: Command,
}

/// Sends commands to watches. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Commander(Way);

#[derive(Clone, Debug)]
enum Way {
    /// To those of these accounts; to all where none is named.
    Here {
        commands: watch::Receiver<Senders>,
        accounts: Arc<[Arc<str>]>,
    },
    There {
        board: watch::Receiver<Board>,
        orders: mpsc::Sender<Order>,
    },
}

impl Commander {
    pub(super) fn new(commands: watch::Receiver<Senders>) -> Self {
        Self(Way::Here { commands, accounts: Arc::default() })
    }

    /// The same to the watches of these accounts alone; to all where none is named. What goes to another process is for the
    /// watches that are shown from there.
    pub(super) fn of(self, accounts: Vec<Arc<str>>) -> Self {
        match self.0 {
            Way::Here { commands, accounts: _ } => Self(Way::Here { commands, accounts: accounts.into() }),
            there @ Way::There { .. } => Self(there),
        }
    }

    /// To the watches on this board, by this way.
    pub(super) const fn remote(board: watch::Receiver<Board>, orders: mpsc::Sender<Order>) -> Self {
        Self(Way::There { board, orders })
    }

    /// Sends a command to one watch. Never waits. What another process's engine does not take it says later.
    ///
    /// # Errors
    /// Where the watch does not exist, has ended, or has too many commands waiting.
    pub fn send(&self, id: &WatchId, command: Command) -> Result<(), NotTaken> {
        match &self.0 {
            Way::Here { commands, accounts } => {
                let commands = commands.borrow();
                let sender = commands.get(id).filter(|_| is_of(id, accounts));
                sender.ok_or(NotTaken::NoSuchWatch)?.send(command).map_err(|refused| match refused {
                    Refused::Full(_) => NotTaken::Busy,
                    Refused::Closed(_) => NotTaken::Ended,
                })
            }
            Way::There { board, .. } if !board.borrow().watches.contains_key(id) => Err(NotTaken::NoSuchWatch),
            Way::There { orders, .. } => orders.try_send(Order { watches: vec![id.clone()], command }).map_err(why),
        }
    }

    /// Sends a command to every watch; returns how many took it.
    #[must_use]
    pub fn send_all(&self, command: Command) -> usize {
        match &self.0 {
            Way::Here { commands, accounts } => {
                let commands = commands.borrow();
                let wanted = commands.iter().filter(|(id, _)| is_of(id, accounts));
                wanted.filter(|(_, sender)| sender.send(command).is_ok()).count()
            }
            Way::There { board, orders } => match orders.try_send(Order { watches: Vec::new(), command }) {
                Ok(()) => board.borrow().watches.len(),
                Err(_) => 0,
            },
        }
    }

    /// The watches that take commands now.
    #[must_use]
    pub fn watches(&self) -> Vec<WatchId> {
        match &self.0 {
            Way::Here { commands, accounts } => {
                commands.borrow().keys().filter(|id| is_of(id, accounts)).cloned().collect()
            }
            Way::There { board, .. } => board.borrow().watches.keys().cloned().collect(),
        }
    }
}

fn is_of(id: &WatchId, accounts: &[Arc<str>]) -> bool {
    accounts.is_empty() || accounts.contains(&id.account)
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` wants it")]
fn why<T>(error: mpsc::error::TrySendError<T>) -> NotTaken {
    match error {
        mpsc::error::TrySendError::Full(_) => NotTaken::Busy,
        mpsc::error::TrySendError::Closed(_) => NotTaken::Ended,
    }
}

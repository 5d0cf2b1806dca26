//! The seam between an account's allocator and its watches: what a watch begins with, what it is ordered, what it reports,
//! what is left of it.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::history::WatchKey;
use crate::link::Commands;
use crate::publish::Report;
use crate::queue::Sender;
use crate::shared_mailbox::SharedMailbox;
use mailwatch_proto::connection::task::{Appeared, ListedNames, Mailbox};
use mailwatch_proto::model::WatchId;

/// What a watch begins with beside its mailbox's name.
#[derive(Debug)]
pub struct WatchInit {
    /// What it shows and tells.
    pub report: Report,
    /// What the user asks of it.
    pub commands: Commands,
    /// Set where its mailbox appeared while others of its account were watched.
    pub appeared: Option<Appeared>,
    /// The account's `mailboxes`, where LIST must say what they mean.
    pub entries: Option<Arc<[String]>>,
    /// Whether there is no mailbox yet: the connection only asks which there are.
    pub discovers: bool,
}

/// A watch that was started.
#[derive(Debug)]
pub struct WatchHandle {
    /// Its key in the history.
    pub key: WatchKey,
    /// Ends it with DONE and LOGOUT.
    pub stop: CancellationToken,
    /// What its allocator asks of it.
    pub orders: Sender<WatchOrder>,
    /// Its task. Its last notice is [`WatchNotice::Finished`].
    pub task: JoinHandle<()>,
}

impl Drop for WatchHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What an allocator asks of a watch.
#[derive(Debug)]
pub enum WatchOrder {
    /// Serve this mailbox over your connection too.
    Share(Box<SharedMailbox>),
    /// Give this mailbox back: [`WatchNotice::TakenBack`].
    TakeBack(Box<WatchId>),
    /// From now on ask by LIST which mailboxes there are.
    List,
    /// The mailbox is there again: connect.
    Reconnect,
    /// There may be room for the connection now: do not wait for it.
    Connect,
    /// The configuration was read again: what waits is tried at once.
    UserActs,
}

/// What a watch reports to its allocator.
#[derive(Debug)]
pub enum WatchNotice {
    /// LIST was answered.
    Listed {
        /// The watch that asked.
        by: WatchId,
        /// What it said of the account's `mailboxes`.
        names: ListedNames,
    },
    /// A mailbox that was to be given back. One that the watch did not have is none.
    TakenBack(WatchId, Option<Box<SharedMailbox>>),
    /// The server refused the watch's connection because there are too many; `supposed`: if others of the account stand.
    Limited { id: WatchId, supposed: bool },
    /// The watch has ended.
    Finished(WatchId, Box<Finished>),
}

/// What is left of a watch that ended.
#[derive(Debug)]
pub struct Finished {
    /// What it shows, and has told.
    pub report: Report,
    /// How far its mailbox was seen.
    pub known: Option<Mailbox>,
    /// The shared mailboxes that its connection served.
    pub shared: Vec<SharedMailbox>,
}

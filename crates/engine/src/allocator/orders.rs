//! What the engine asks of an account's allocator, and what it holds of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::earlier::Earlier;
use crate::told_mails::ToldByWatch;
use mailwatch_proto::configured_timers::ConfiguredTimers;
use mailwatch_proto::model::WatchId;

/// What the engine asks.
#[derive(Debug)]
pub enum AllocatorOrder {
    /// The configuration was read again.
    Configure {
        /// The account's `mailboxes`.
        mailboxes: Vec<String>,
        /// Its timers.
        config: Box<ConfiguredTimers>,
        /// What runs before have left for the watches that begin.
        earlier: Arc<Earlier>,
        /// Resolves once everything that ends has ended, and everything that begins was started.
        done: oneshot::Sender<()>,
    },
    /// Everything is to end.
    Stop {
        /// Where each watch is named that has ended.
        ended: mpsc::UnboundedSender<WatchId>,
    },
}

/// An allocator that was started.
#[derive(Debug)]
pub struct AllocatorHandle {
    orders: mpsc::UnboundedSender<AllocatorOrder>,
    running: watch::Receiver<BTreeSet<WatchId>>,
    task: JoinHandle<ToldByWatch>,
}

impl AllocatorHandle {
    /// The handle of this task.
    #[must_use]
    pub const fn new(
        orders: mpsc::UnboundedSender<AllocatorOrder>,
        running: watch::Receiver<BTreeSet<WatchId>>,
        task: JoinHandle<ToldByWatch>,
    ) -> Self {
        Self { orders, running, task }
    }

    /// The watches that run.
    #[must_use]
    pub fn running(&self) -> BTreeSet<WatchId> {
        self.running.borrow().clone()
    }

    /// Asks for something. An allocator that has ended does nothing more.
    pub fn ask(&self, order: AllocatorOrder) {
        let _ = self.orders.send(order);
    }

    /// Waits for the end, once it was asked for. Returns what the watches have told.
    pub async fn join(&mut self) -> ToldByWatch {
        (&mut self.task).await.unwrap_or_default()
    }
}

impl Drop for AllocatorHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

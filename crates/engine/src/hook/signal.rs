//! How a watch signals that a hook is owed: the history keeps it first, and the signal comes after.

use tokio::sync::{mpsc, watch};

use crate::history::OwedHook;
use mailwatch_proto::model::{HookEvent, Hooks};

/// Wakes an account's hook runner. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HookSignal {
    hooks: watch::Receiver<Hooks>,
    sender: mpsc::UnboundedSender<Vec<OwedHook>>,
}

/// Sends its signal when dropped: also where a future is dropped between a commit and its next step.
#[derive(Debug)]
pub struct SignalOnDrop<'a>(&'a HookSignal);

impl HookSignal {
    /// A signal and its receiver. What a signal carries is owed although the history could not keep it.
    pub(super) fn new(hooks: watch::Receiver<Hooks>) -> (Self, mpsc::UnboundedReceiver<Vec<OwedHook>>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { hooks, sender }, receiver)
    }

    /// A signal without a receiver, of an account without hooks.
    #[must_use]
    pub fn disconnected() -> Self {
        Self::new(watch::Sender::new(Hooks::default()).subscribe()).0
    }

    /// Whether the account has such a hook.
    #[must_use]
    pub fn has(&self, event: HookEvent) -> bool {
        self.hooks.borrow().command(event).is_some()
    }

    /// Sends once the value is dropped: held while the history is asked to keep what is owed.
    #[must_use]
    pub const fn on_drop(&self) -> SignalOnDrop<'_> {
        SignalOnDrop(self)
    }

    /// Sends now.
    pub fn send(&self) {
        self.send_unkept(Vec::new());
    }

    /// Sends what the history could not keep.
    pub fn send_unkept(&self, unkept: Vec<OwedHook>) {
        // Without a receiver, what is kept runs at the next start.
        let _ = self.sender.send(unkept);
    }
}

impl Drop for SignalOnDrop<'_> {
    fn drop(&mut self) {
        self.0.send();
    }
}

//! How a watch signals that a hook is owed: the history keeps it first, and the signal comes after.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::history::OwedHook;
use mailwatch_proto::model::{HookEvent, Hooks};

/// The ways to the runners, by what each runs.
type Senders = Vec<(Vec<HookEvent>, mpsc::UnboundedSender<Vec<OwedHook>>)>;

/// What each runner runs, and where its signals come.
pub(super) type Receivers = Vec<(Vec<HookEvent>, mpsc::UnboundedReceiver<Vec<OwedHook>>)>;

/// Wakes an account's hook runners. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HookSignal {
    hooks: watch::Receiver<Hooks>,
    senders: Arc<Senders>,
}

/// Sends its signal when dropped: also where a future is dropped between a commit and its next step.
#[derive(Debug)]
pub struct SignalOnDrop<'a>(&'a HookSignal);

impl HookSignal {
    /// A signal, and a receiver for each runner. What a signal carries is owed although the history could not keep it.
    pub(super) fn new(
        hooks: watch::Receiver<Hooks>,
        runners: impl IntoIterator<Item = Vec<HookEvent>>,
    ) -> (Self, Receivers) {
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        for events in runners {
            let (sender, receiver) = mpsc::unbounded_channel();
            senders.push((events.clone(), sender));
            receivers.push((events, receiver));
        }
        (Self { hooks, senders: Arc::new(senders) }, receivers)
    }

    /// A signal without a receiver, of an account without hooks.
    #[must_use]
    pub fn disconnected() -> Self {
        Self::new(watch::Sender::new(Hooks::default()).subscribe(), []).0
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
    pub fn send_unkept(&self, mut unkept: Vec<OwedHook>) {
        for (events, sender) in &*self.senders {
            let theirs = unkept.extract_if(.., |owed| events.contains(&owed.event)).collect();
            // Without a receiver, what is kept runs at the next start.
            let _ = sender.send(theirs);
        }
    }
}

impl Drop for SignalOnDrop<'_> {
    fn drop(&mut self) {
        self.0.send();
    }
}

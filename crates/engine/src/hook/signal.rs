//! How a watch says that a hook is owed: the history is told first, and the bell rung after.

use tokio::sync::{mpsc, watch};

use crate::history::OwedHook;
use mailwatch_proto::model::{HookEvent, Hooks};

/// An account's bell. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bell {
    hooks: watch::Receiver<Hooks>,
    way: mpsc::UnboundedSender<Vec<OwedHook>>,
}

/// Rings when it is dropped: also where a job is dropped between a commit and what would have come next.
#[derive(Debug)]
pub struct Ringing<'a>(&'a Bell);

impl Bell {
    /// A bell, and where it is heard. What comes with a ring is owed though no history could keep it.
    pub(super) fn new(hooks: watch::Receiver<Hooks>) -> (Self, mpsc::UnboundedReceiver<Vec<OwedHook>>) {
        let (way, rings) = mpsc::unbounded_channel();
        (Self { hooks, way }, rings)
    }

    /// One that nobody hears, of an account without hooks.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(watch::Sender::new(Hooks::default()).subscribe()).0
    }

    /// Whether there is such a hook.
    #[must_use]
    pub fn has(&self, event: HookEvent) -> bool {
        self.hooks.borrow().command(event).is_some()
    }

    /// Rings once the value is dropped: held while the history is asked to keep what is owed.
    #[must_use]
    pub const fn ringing(&self) -> Ringing<'_> {
        Ringing(self)
    }

    /// Rings now.
    pub fn ring(&self) {
        self.ring_for(Vec::new());
    }

    /// Rings for what the history could not keep.
    pub fn ring_for(&self, unkept: Vec<OwedHook>) {
        // Nobody hears it any more: what is kept is run at the next start.
        let _ = self.way.send(unkept);
    }
}

impl Drop for Ringing<'_> {
    fn drop(&mut self) {
        self.0.ring();
    }
}

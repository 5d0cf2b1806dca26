//! All watches of a file at a moment. Cheap to copy: what did not change is shared.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entries::{Entry, What};
use super::watch::WatchState;
use mailwatch_proto::model::{Ages, EventKind, Fault, IdleEnd, Next, WatchId};
use mailwatch_proto::view::fate;

/// What the entries up to a moment add up to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    /// The watches, by their places.
    pub(super) watches: Vec<Arc<WatchState>>,
    /// How IDLEs of each account ended, by age.
    pub(super) ages: BTreeMap<Arc<str>, Arc<Ages>>,
    /// A fault of the program's own.
    pub(super) fault: Option<Fault>,
    /// How many runs of an account's hooks failed since one last succeeded.
    pub(super) failed_hooks: BTreeMap<Arc<str>, u32>,
}

impl State {
    /// Before the first entry.
    pub(super) fn new(watches: usize) -> Self {
        // One for all of them, until they differ.
        let unknown = Arc::new(WatchState::new());
        Self { watches: vec![unknown; watches], ages: BTreeMap::new(), fault: None, failed_hooks: BTreeMap::new() }
    }

    /// Takes in an entry.
    pub(super) fn take(&mut self, entry: &Entry, ids: &[WatchId]) {
        let Some(place) = entry.watch else {
            if let What::Told(_, EventKind::Fault { class, message, retry }) = &entry.what {
                let next = if *retry { Next::Retry } else { Next::User };
                self.fault = Some(Fault { class: *class, message: message.clone(), next });
            }
            return;
        };
        let (Some(watch), Some(id)) = (self.watches.get_mut(place), ids.get(place)) else { return };
        Arc::make_mut(watch).take(entry.at, &entry.what);
        match &entry.what {
            What::Over(receipt) if !receipt.late => {
                let end = match receipt.answered {
                    Some(took) => fate(receipt.reason).end(Some(took)),
                    None => IdleEnd::Failed,
                };
                let ages = self.ages.entry(Arc::clone(&id.account)).or_default();
                Arc::make_mut(ages).note(receipt.idle, end);
            }
            What::Told(_, EventKind::Hook { exit: Some(0), .. }) => {
                self.failed_hooks.remove(&id.account);
            }
            What::Told(_, EventKind::Hook { .. }) => {
                *self.failed_hooks.entry(Arc::clone(&id.account)).or_default() += 1;
            }
            What::Told(..) | What::Queued(_) | What::Over(_) | What::Stalled(_) | What::Blind(_) | What::Server(..) => {
            }
        }
    }
}

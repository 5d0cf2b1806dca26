//! What the engine says to every front end that is attached.

mod remote;
mod screens;
mod ways;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};

use super::ending::Ending;
use super::front_end::FrontEnd;
use super::hub::{Attach, Hub};
use super::way::Way;
use mailwatch_proto::model::{Board, Event, MailKey, Snapshot, Span, WatchId};

/// Publishes the board, the counts and the events. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Publisher(Arc<Hub>);

impl Publisher {
    pub(super) const fn new(hub: Arc<Hub>) -> Self {
        Self(hub)
    }

    /// Attaches a front end.
    #[must_use]
    pub fn attach(&self, wants: &Attach) -> FrontEnd {
        FrontEnd::attach(&self.0, wants, Way::Reader)
    }

    /// Attaches the front end whose confirmations count.
    pub(super) fn attach_reporter(&self, wants: &Attach, confirmed: mpsc::UnboundedSender<MailKey>) -> FrontEnd {
        FrontEnd::attach(&self.0, wants, Way::Reporter(confirmed))
    }

    /// The engine is about to end: its front ends know why.
    pub fn end(&self, why: Ending) {
        self.0.ending.send_replace(Some(why));
    }

    /// When the first of the events happened that are kept for front ends that come back; `None` where there is none.
    #[must_use]
    pub fn kept_since(&self) -> Option<SystemTime> {
        self.0.readers().kept.iter().flatten().next().map(|(_, event)| event.ts)
    }

    /// How many front ends are attached besides the reporter.
    #[must_use]
    pub fn others(&self) -> watch::Receiver<usize> {
        self.0.others.subscribe()
    }

    /// What is true now.
    #[must_use]
    pub(crate) fn board(&self) -> watch::Receiver<Board> {
        self.0.board.subscribe()
    }

    /// Why the engine is about to end, once it is.
    #[must_use]
    pub fn ending(&self) -> watch::Receiver<Option<Ending>> {
        self.0.ending.subscribe()
    }

    /// From now on keeps the last events for front ends that come back.
    pub fn keep_events(&self) {
        self.0.readers().kept.get_or_insert_default();
    }

    /// Replaces a watch's snapshot on the board.
    pub fn show(&self, snapshot: impl Into<Arc<Snapshot>>) {
        let snapshot = snapshot.into();
        self.0.board.send_modify(|board| {
            board.watches.insert(snapshot.id.clone(), snapshot);
        });
    }

    /// Changes the board as a whole.
    pub fn change(&self, change: impl FnOnce(&mut Board)) {
        self.0.board.send_modify(change);
    }

    /// Whether a front end wants the trace's lines; otherwise none need be made.
    #[must_use]
    pub fn wants_wire(&self) -> bool {
        self.0.wire.load(Ordering::Relaxed) > 0
    }

    /// Whether what is over is kept on the board: for a screen in this process.
    #[must_use]
    pub fn looks_back(&self) -> bool {
        self.0.looks_back
    }

    /// Publishes an event. Where a front end is too far behind, the event is dropped for it and counted.
    pub fn publish(&self, event: Event) {
        // Only what must not be missed is given back.
        let _ = self.0.publish(event, false);
    }

    /// Publishes an event that the reporter must not miss, or gives it back while its queue is full. Without a reporter the
    /// database holds the mail for the next one.
    ///
    /// # Errors
    /// The event, where the queue is full.
    pub fn try_publish(&self, event: Event) -> Result<(), Box<Event>> {
        self.0.publish(event, true)
    }

    /// Counts an interval in which a watch was blind.
    pub fn blind(&self, id: &WatchId, blind: Duration) {
        self.0.tally.send_modify(|tally| tally.account(&id.account).blind += blind);
    }

    /// A watch was blind for this time, which is over.
    pub fn gap(&self, span: Span) {
        self.change(|board| Arc::make_mut(board.gaps.entry(Arc::from("")).or_default()).blind(span));
    }

    /// Waits until the reporter has room for an event. For a `select!` arm beside everything else: cancel-safe.
    pub async fn room(&self) {
        if let Some(queue) = self.0.reporter() {
            // Closed counts as room: `try_publish` then has nothing to wait for.
            drop(queue.reserve().await);
        }
    }
}

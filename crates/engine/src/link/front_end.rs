//! A front end's end of the link.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use tokio::sync::{mpsc, watch};

use super::commander::Commander;
use super::hub::{Numbered, Place};
use mailwatch_proto::model::{Board, Event, EventKind, MailKey, Tally};

/// What a front end sees of the engine.
#[derive(Debug)]
pub struct FrontEnd {
    /// What is true now.
    pub board: watch::Receiver<Board>,
    /// What has happened how often, dropped events included.
    pub tally: watch::Receiver<Tally>,
    events: mpsc::Receiver<Numbered>,
    lost: Arc<AtomicU64>,
    /// The number of the last event that was taken.
    last: u64,
    commander: Commander,
    confirmed: Option<mpsc::UnboundedSender<MailKey>>,
    listener: Option<Listener>,
    place: Place,
}

/// Gets some of a front end's events besides it.
#[derive(Debug)]
struct Listener {
    wanted: fn(&EventKind) -> bool,
    events: mpsc::UnboundedSender<Event>,
}

impl FrontEnd {
    pub(super) fn new(
        (board, tally): (watch::Receiver<Board>, watch::Receiver<Tally>),
        (events, lost): (mpsc::Receiver<Numbered>, Arc<AtomicU64>),
        commander: Commander,
        confirmed: Option<mpsc::UnboundedSender<MailKey>>,
        place: Place,
    ) -> Self {
        Self { board, tally, events, lost, last: 0, commander, confirmed, listener: None, place }
    }

    /// The next event; a `lost` event stands where others were dropped. `None` once the engine has ended. Cancel-safe.
    pub async fn event(&mut self) -> Option<Event> {
        if let Some(lost) = self.lost() {
            return Some(lost);
        }
        match self.events.recv().await {
            Some(event) => Some(self.take(event)),
            None => self.lost(),
        }
    }

    /// An event that is there already, without waiting.
    pub fn try_event(&mut self) -> Option<Event> {
        self.lost().or_else(|| self.events.try_recv().ok().map(|event| self.take(event)))
    }

    /// The number of the last event that was taken: where this front end would go on.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// From now on sends the events that are `wanted` to this receiver too, as this front end takes them, until the front end
    /// is dropped. A later call replaces the receiver. It must be read without waiting: what is unread stays in memory.
    pub fn listen(&mut self, wanted: fn(&EventKind) -> bool) -> mpsc::UnboundedReceiver<Event> {
        let (events, heard) = mpsc::unbounded_channel();
        self.listener = Some(Listener { wanted, events });
        heard
    }

    /// Passes an event on to the listener, and returns it.
    fn take(&mut self, (number, event): Numbered) -> Event {
        self.last = number;
        if let Some(Listener { wanted, events }) = &self.listener
            && wanted(&event.kind)
        {
            // An error means that the listener is gone.
            let _ = events.send(event.clone());
        }
        event
    }

    fn lost(&self) -> Option<Event> {
        let count = self.lost.swap(0, Ordering::Relaxed);
        // The clocks are read here because the moment of a loss is that of its discovery.
        (count > 0).then(|| Event {
            ts: SystemTime::now(),
            at: Instant::now(),
            watch: None,
            conn: None,
            kind: EventKind::Lost { count },
        })
    }

    /// Confirms that this front end has reported the mail to its user. Counts where this is the reporter.
    pub fn confirm(&self, mail: MailKey) {
        if let Some(confirmed) = &self.confirmed {
            // Closed only when the engine has ended: then the mail is reported again at the next start.
            let _ = confirmed.send(mail);
        }
    }

    /// Whether the trace's lines are wanted from now on.
    pub fn want_wire(&self, wanted: bool) {
        self.place.want_wire(wanted);
    }

    /// The sender of commands.
    #[must_use]
    pub const fn commander(&self) -> &Commander {
        &self.commander
    }
}

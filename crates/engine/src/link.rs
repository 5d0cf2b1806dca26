//! The channels between the engine and a front end, and nothing else.
//!
//! The board and the counts go over `watch` channels (latest wins), the events over a bounded `mpsc` whose losses are
//! counted; commands come back over a bounded channel for each watch. A stalled front end cannot delay the engine.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{mpsc, watch};

use mailwatch_proto::model::{Board, Command, Event, EventKind, MailKey, Snapshot, Tally, WatchId};

/// Events that a front end may be behind before the next are dropped and counted: some seconds of a busy log, and the
/// events of all watches that connect at once. Unused capacity costs nothing.
#[must_use]
pub const fn event_capacity(watches: usize) -> usize {
    /// From `connecting` to `idling`, and as much again.
    const PER_WATCH: usize = 32;
    4096 + PER_WATCH * watches
}

/// Commands that a watch may be behind. They come from a person's keys, so few are enough.
pub const COMMAND_CAPACITY: usize = 16;

/// The engine's end: publishes the board, the counts and the events. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Publisher {
    board: Arc<watch::Sender<Board>>,
    events: mpsc::Sender<Event>,
    lost: Arc<AtomicU64>,
    tally: Arc<watch::Sender<Tally>>,
    wire: bool,
    senders: Arc<watch::Sender<Senders>>,
}

/// The senders of commands, by watch.
type Senders = Arc<BTreeMap<WatchId, mpsc::Sender<Command>>>;

/// The front end's end.
#[derive(Debug)]
pub struct FrontEnd {
    /// What is true now.
    pub board: watch::Receiver<Board>,
    /// What has happened how often, dropped events included.
    pub tally: watch::Receiver<Tally>,
    events: mpsc::Receiver<Event>,
    lost: Arc<AtomicU64>,
    commander: Commander,
    confirmed: mpsc::UnboundedSender<MailKey>,
    listener: Option<Listener>,
}

/// Gets some of a front end's events besides it.
#[derive(Debug)]
struct Listener {
    wanted: fn(&EventKind) -> bool,
    events: mpsc::UnboundedSender<Event>,
}

/// Sends commands to watches. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Commander {
    commands: watch::Receiver<Senders>,
}

/// A watch's end: its commands.
pub type Commands = mpsc::Receiver<Command>;

/// What [`link`] makes.
#[derive(Debug)]
pub struct Link {
    /// For the engine.
    pub publisher: Publisher,
    /// For each watch.
    pub commands: BTreeMap<WatchId, Commands>,
    /// Mails that a front end has confirmed as reported.
    pub confirmed: mpsc::UnboundedReceiver<MailKey>,
    /// For the front end.
    pub front_end: FrontEnd,
}

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

/// Makes the channels for these watches. `wire` says whether the front end wants the trace's lines.
#[must_use]
pub fn link(watches: impl IntoIterator<Item = WatchId>, capacity: usize, wire: bool) -> Link {
    let (board_tx, board) = watch::channel(Board::default());
    let (events_tx, events) = mpsc::channel(capacity);
    let (confirmed_tx, confirmed) = mpsc::unbounded_channel();
    let lost = Arc::new(AtomicU64::new(0));
    let (tally_tx, tally) = watch::channel(Tally::default());
    let mut senders = BTreeMap::new();
    let mut commands = BTreeMap::new();
    for id in watches {
        let (tx, rx) = mpsc::channel(COMMAND_CAPACITY);
        senders.insert(id.clone(), tx);
        commands.insert(id, rx);
    }
    let (senders, commands_by_watch) = watch::channel(Arc::new(senders));
    let commander = Commander { commands: commands_by_watch };
    Link {
        publisher: Publisher {
            board: Arc::new(board_tx),
            events: events_tx,
            lost: Arc::clone(&lost),
            tally: Arc::new(tally_tx),
            wire,
            senders: Arc::new(senders),
        },
        commands,
        confirmed,
        front_end: FrontEnd { board, tally, events, lost, commander, confirmed: confirmed_tx, listener: None },
    }
}

impl Publisher {
    /// Replaces a watch's snapshot on the board.
    pub fn show(&self, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        self.board.send_modify(|board| {
            board.watches.insert(snapshot.id.clone(), snapshot);
        });
    }

    /// Changes the board as a whole.
    pub fn change(&self, change: impl FnOnce(&mut Board)) {
        self.board.send_modify(change);
    }

    /// Makes the channel of a watch that starts after the link was made.
    #[must_use]
    pub fn open(&self, id: &WatchId) -> Commands {
        let (tx, rx) = mpsc::channel(COMMAND_CAPACITY);
        self.senders.send_modify(|senders| {
            Arc::make_mut(senders).insert(id.clone(), tx);
        });
        rx
    }

    /// Removes the channels of watches that have ended.
    pub fn close<'a>(&self, ids: impl IntoIterator<Item = &'a WatchId>) {
        self.senders.send_modify(|senders| {
            let senders = Arc::make_mut(senders);
            for id in ids {
                senders.remove(id);
            }
        });
    }

    /// Removes the channels of all watches of these accounts.
    pub fn close_accounts(&self, accounts: &[String]) {
        self.senders.send_modify(|senders| {
            Arc::make_mut(senders).retain(|id, _| !accounts.iter().any(|account| **account == *id.account));
        });
    }

    /// Whether the front end wants the trace's lines; otherwise none need be made.
    #[must_use]
    pub const fn wants_wire(&self) -> bool {
        self.wire
    }

    /// Publishes an event. Where the front end is too far behind, the event is dropped and counted.
    pub fn publish(&self, event: Event) {
        self.count(&event);
        if self.events.try_send(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
            self.tally.send_modify(|tally| tally.lost += 1);
        }
    }

    /// Publishes an event that must not be dropped, or gives it back while the channel is full.
    ///
    /// # Errors
    /// The event, where the channel is full.
    pub fn try_publish(&self, event: Event) -> Result<(), Box<Event>> {
        match self.events.try_reserve() {
            Ok(room) => {
                self.count(&event);
                room.send(event);
                Ok(())
            }
            // Without a front end the database holds the mail for the next start.
            Err(mpsc::error::TrySendError::Closed(())) => Ok(()),
            Err(mpsc::error::TrySendError::Full(())) => Err(Box::new(event)),
        }
    }

    fn count(&self, event: &Event) {
        self.tally.send_if_modified(|tally| tally.count(event));
    }

    /// Counts an interval in which a watch was blind.
    pub fn blind(&self, id: &WatchId, blind: Duration) {
        self.tally.send_modify(|tally| tally.account(&id.account).blind += blind);
    }

    /// Waits until there is room for an event. For a `select!` arm beside everything else: cancel-safe.
    pub async fn room(&self) {
        // Closed counts as room: `try_publish` then has nothing to wait for.
        drop(self.events.reserve().await);
    }
}

impl FrontEnd {
    /// The next event; a `lost` event stands where others were dropped. `None` once the engine has ended. Cancel-safe.
    pub async fn event(&mut self) -> Option<Event> {
        if let Some(lost) = self.lost() {
            return Some(lost);
        }
        match self.events.recv().await {
            Some(event) => Some(self.pass_on(event)),
            None => self.lost(),
        }
    }

    /// An event that is there already, without waiting.
    pub fn try_event(&mut self) -> Option<Event> {
        self.lost().or_else(|| self.events.try_recv().ok().map(|event| self.pass_on(event)))
    }

    /// From now on sends the events that are `wanted` to this receiver too, as this front end takes them, until the front end
    /// is dropped. A later call replaces the receiver. It must be read without waiting: what is unread stays in memory.
    pub fn listen(&mut self, wanted: fn(&EventKind) -> bool) -> mpsc::UnboundedReceiver<Event> {
        let (events, heard) = mpsc::unbounded_channel();
        self.listener = Some(Listener { wanted, events });
        heard
    }

    /// Passes an event on to the listener, and returns it.
    fn pass_on(&self, event: Event) -> Event {
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

    /// Confirms that this front end has reported the mail to its user.
    pub fn confirm(&self, mail: MailKey) {
        // Closed only when the engine has ended: then the mail is reported again at the next start.
        let _ = self.confirmed.send(mail);
    }

    /// The sender of commands.
    #[must_use]
    pub const fn commander(&self) -> &Commander {
        &self.commander
    }
}

impl Commander {
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

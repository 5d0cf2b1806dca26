//! The channels between the engine and a front end, and nothing else.
//!
//! The truth goes over a `watch` channel (latest wins), and so do the counts of what happened; the history over a bounded
//! `mpsc` whose losses are counted; commands come back over a bounded channel per watch. Nothing here lets a stalled front
//! end delay the engine.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{mpsc, watch};

use mailwatch_proto::model::{Board, Command, Event, EventKind, MailKey, Snapshot, Tally, WatchId};

/// Events a front end may be behind before the next are dropped and counted: some seconds of a busy log, and what all
/// watches say at once when they connect. Room that is not used costs nothing.
#[must_use]
pub const fn event_capacity(watches: usize) -> usize {
    /// From `connecting` to `idling`, and as much again.
    const PER_WATCH: usize = 32;
    4096 + PER_WATCH * watches
}

/// Commands a watch may be behind. A person's key presses, so few are enough.
pub const COMMAND_CAPACITY: usize = 16;

/// The engine's end: publishes the truth and the history. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Publisher {
    board: Arc<watch::Sender<Board>>,
    events: mpsc::Sender<Event>,
    lost: Arc<AtomicU64>,
    tally: Arc<watch::Sender<Tally>>,
    wire: bool,
    senders: Arc<watch::Sender<Senders>>,
}

/// The commands' ways to the watches there are.
type Senders = Arc<BTreeMap<WatchId, mpsc::Sender<Command>>>;

/// The front end's end.
#[derive(Debug)]
pub struct FrontEnd {
    /// What is true now.
    pub board: watch::Receiver<Board>,
    /// What has happened how often, also what this front end was too slow to be told.
    pub tally: watch::Receiver<Tally>,
    events: mpsc::Receiver<Event>,
    lost: Arc<AtomicU64>,
    commander: Commander,
    confirmed: mpsc::UnboundedSender<MailKey>,
    overheard: Option<Overheard>,
}

/// Who hears a front end's events besides it, and which.
#[derive(Debug)]
struct Overheard {
    wanted: fn(&EventKind) -> bool,
    events: mpsc::UnboundedSender<Event>,
}

/// Sends commands to watches. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Commander {
    commands: watch::Receiver<Senders>,
}

/// A watch's own ends.
pub type Commands = mpsc::Receiver<Command>;

/// What [`link`] makes.
#[derive(Debug)]
pub struct Link {
    /// For the engine.
    pub publisher: Publisher,
    /// For each watch.
    pub commands: BTreeMap<WatchId, Commands>,
    /// Mails that a front end has confirmed as told.
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
    let (senders, ways) = watch::channel(Arc::new(senders));
    let commander = Commander { commands: ways };
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
        front_end: FrontEnd { board, tally, events, lost, commander, confirmed: confirmed_tx, overheard: None },
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

    /// Makes a way for commands to a watch that comes later than the link.
    #[must_use]
    pub fn open(&self, id: &WatchId) -> Commands {
        let (tx, rx) = mpsc::channel(COMMAND_CAPACITY);
        self.senders.send_modify(|senders| {
            Arc::make_mut(senders).insert(id.clone(), tx);
        });
        rx
    }

    /// Takes the ways to these watches away: they are no longer there.
    pub fn close<'a>(&self, ids: impl IntoIterator<Item = &'a WatchId>) {
        self.senders.send_modify(|senders| {
            let senders = Arc::make_mut(senders);
            for id in ids {
                senders.remove(id);
            }
        });
    }

    /// Takes the ways to all watches of these accounts away.
    pub fn close_accounts(&self, accounts: &[String]) {
        self.senders.send_modify(|senders| {
            Arc::make_mut(senders).retain(|id, _| !accounts.iter().any(|account| **account == *id.account));
        });
    }

    /// Whether anyone wants the trace's lines: otherwise nobody need make them.
    #[must_use]
    pub const fn wants_wire(&self) -> bool {
        self.wire
    }

    /// Tells what happened. Where the front end is too far behind, the event is dropped and counted.
    pub fn tell(&self, event: Event) {
        self.count(&event);
        if self.events.try_send(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
            self.tally.send_modify(|tally| tally.lost += 1);
        }
    }

    /// Tells what must not be dropped, or gives it back where there is no room now.
    ///
    /// # Errors
    /// The event, where the channel is full.
    pub fn try_tell(&self, event: Event) -> Result<(), Box<Event>> {
        match self.events.try_reserve() {
            Ok(room) => {
                self.count(&event);
                room.send(event);
                Ok(())
            }
            // Without a front end there is nobody to be told: the database holds the mail for the next start.
            Err(mpsc::error::TrySendError::Closed(())) => Ok(()),
            Err(mpsc::error::TrySendError::Full(())) => Err(Box::new(event)),
        }
    }

    fn count(&self, event: &Event) {
        self.tally.send_if_modified(|tally| tally.count(event));
    }

    /// Counts an interval in which nobody listened to a watch.
    pub fn blind(&self, id: &WatchId, blind: Duration) {
        self.tally.send_modify(|tally| tally.account(&id.account).blind += blind);
    }

    /// Waits until there is room for an event. For a `select!` arm beside everything else: cancel-safe.
    pub async fn room(&self) {
        // Closed counts as room: `try_tell` then has nothing to wait for.
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
            Some(event) => Some(self.heard(event)),
            None => self.lost(),
        }
    }

    /// An event that is there already, without waiting.
    pub fn try_event(&mut self) -> Option<Event> {
        self.lost().or_else(|| self.events.try_recv().ok().map(|event| self.heard(event)))
    }

    /// From now on the events that are `wanted` come here too, as this front end takes them; until it is dropped. One
    /// listener: the last that asked. It must not wait for anything: what it leaves lying is kept.
    pub fn overhear(&mut self, wanted: fn(&EventKind) -> bool) -> mpsc::UnboundedReceiver<Event> {
        let (events, heard) = mpsc::unbounded_channel();
        self.overheard = Some(Overheard { wanted, events });
        heard
    }

    /// An event that was taken, once the listener has it too.
    fn heard(&self, event: Event) -> Event {
        if let Some(Overheard { wanted, events }) = &self.overheard
            && wanted(&event.kind)
        {
            // A listener that has gone wants none.
            let _ = events.send(event.clone());
        }
        event
    }

    fn lost(&self) -> Option<Event> {
        let count = self.lost.swap(0, Ordering::Relaxed);
        // The clocks are read here because a loss has no other moment than that of its discovery.
        (count > 0).then(|| Event {
            ts: SystemTime::now(),
            at: Instant::now(),
            watch: None,
            conn: None,
            kind: EventKind::Lost { count },
        })
    }

    /// Says that this mail has been told to whoever reads this front end.
    pub fn confirm(&self, mail: MailKey) {
        // Closed only when the engine has ended: then the mail is told again at the next start.
        let _ = self.confirmed.send(mail);
    }

    /// The sender of commands.
    #[must_use]
    pub const fn commander(&self) -> &Commander {
        &self.commander
    }
}

impl Commander {
    /// Asks one watch. Never waits.
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

    /// Asks every watch; how many took it.
    #[must_use]
    pub fn send_all(&self, command: Command) -> usize {
        self.commands.borrow().values().filter(|sender| sender.try_send(command).is_ok()).count()
    }

    /// The watches that can be asked now.
    #[must_use]
    pub fn watches(&self) -> Vec<WatchId> {
        self.commands.borrow().keys().cloned().collect()
    }
}

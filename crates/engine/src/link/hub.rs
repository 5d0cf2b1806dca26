//! The engine's end: what is true now, and what happened, to every front end that is attached.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{mpsc, watch};

use super::commander::Senders;
use super::ending::Ending;
use mailwatch_proto::model::{Board, Event, EventKind, Tally};

/// Events that are kept for front ends that come back, once others than the reporter may attach.
const KEPT: usize = 1024;

/// An event and its number in this run of the engine. Lines of the trace have the number of the event before them.
pub type Numbered = (u64, Event);

/// What a front end wants of the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attach {
    /// The trace's lines too.
    pub wire: bool,
    /// Where it left off; from now on where nothing is said.
    pub resume: Option<Resume>,
}

/// Where a front end left off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// The last event that it has.
    After(u64),
    /// It comes from another engine: all events since this one's start.
    All,
    /// It is new: it wants the kept events for its log, and has missed none.
    Kept,
}

/// What all ends of the link share.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) board: watch::Sender<Board>,
    pub(super) tally: watch::Sender<Tally>,
    pub(super) senders: watch::Sender<Senders>,
    readers: Mutex<Readers>,
    /// How many there are besides the reporter.
    pub(super) others: watch::Sender<usize>,
    /// How many screens are open.
    pub(super) screens: watch::Sender<usize>,
    /// Set where the engine is about to end.
    pub(super) ending: watch::Sender<Option<Ending>>,
    /// How many readers want the trace.
    pub(super) wire: AtomicUsize,
    /// Whether what is over is kept on the board.
    pub(super) looks_back: bool,
    capacity: usize,
}

#[derive(Debug, Default)]
pub(super) struct Readers {
    /// The number of the last event.
    pub last: u64,
    next_id: u64,
    pub all: Vec<Reader>,
    /// The last events, for who comes back; nothing while nobody can.
    pub kept: Option<VecDeque<Numbered>>,
}

#[derive(Debug)]
pub(super) struct Reader {
    id: u64,
    events: mpsc::Sender<Numbered>,
    pub lost: Arc<AtomicU64>,
    wire: bool,
    reporter: bool,
}

/// A front end's place at the hub; given up when dropped.
#[derive(Debug)]
pub(super) struct Place {
    /// Not the hub itself: it ends with the engine.
    hub: Weak<Hub>,
    id: u64,
}

/// What a front end gets of the hub.
#[derive(Debug)]
pub(super) struct Admitted {
    pub board: watch::Receiver<Board>,
    pub tally: watch::Receiver<Tally>,
    pub events: mpsc::Receiver<Numbered>,
    /// How many events it had no room for.
    pub lost: Arc<AtomicU64>,
    pub ending: watch::Receiver<Option<Ending>>,
    pub place: Place,
    /// The number of the event before its first.
    pub begins: u64,
}

impl Hub {
    pub(super) fn new(senders: watch::Sender<Senders>, capacity: usize, looks_back: bool) -> Self {
        Self {
            board: watch::Sender::new(Board::default()),
            tally: watch::Sender::new(Tally::default()),
            senders,
            readers: Mutex::default(),
            others: watch::Sender::new(0),
            screens: watch::Sender::new(0),
            ending: watch::Sender::new(None),
            wire: AtomicUsize::new(0),
            looks_back,
            capacity,
        }
    }

    pub(super) fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the event to all who want it; counts what one has no room for. Gives it back where the reporter must not miss it
    /// and has no room.
    pub(super) fn publish(&self, event: Event, must: bool) -> Result<(), Box<Event>> {
        self.give(event, must, None)
    }

    /// The same; an event that comes from another process has its number, and is counted, already.
    pub(super) fn give(&self, event: Event, must: bool, number: Option<u64>) -> Result<(), Box<Event>> {
        let mut guard = self.readers();
        let readers = &mut *guard;
        let reporter = readers.all.iter().find(|reader| reader.reporter);
        // Room that is there stays: nobody sends without this lock.
        if must && reporter.is_some_and(|reporter| !reporter.has_room()) {
            return Err(Box::new(event));
        }
        // Before a front end sees it. The counts' lock is taken inside the readers', and nowhere the other way round.
        if number.is_none() {
            self.tally.send_if_modified(|tally| tally.count(&event));
        }
        let is_wire = matches!(event.kind, EventKind::Wire(_));
        if !is_wire {
            readers.last = number.unwrap_or(readers.last + 1);
            if let Some(kept) = &mut readers.kept {
                if kept.len() >= KEPT {
                    kept.pop_front();
                }
                kept.push_back((readers.last, event.clone()));
            }
        }
        let number = readers.last;
        let mut wanting = readers.all.iter().filter(|reader| reader.wire || !is_wire).peekable();
        let (mut event, mut lost) = (Some(event), 0);
        while let Some(reader) = wanting.next() {
            // Only the last takes the event itself.
            let given = if wanting.peek().is_some() { event.clone() } else { event.take() };
            let Some(given) = given else { break };
            if matches!(reader.events.try_send((number, given)), Err(mpsc::error::TrySendError::Full(_))) {
                reader.lost.fetch_add(1, Ordering::Relaxed);
                lost += 1;
            }
        }
        if lost > 0 {
            self.tally.send_modify(|tally| tally.lost += lost);
        }
        Ok(())
    }

    /// The reporter's queue, while there is one.
    pub(super) fn reporter(&self) -> Option<mpsc::Sender<Numbered>> {
        let readers = self.readers();
        readers.all.iter().find(|reader| reader.reporter).map(|reader| reader.events.clone())
    }

    fn want_wire(&self, id: u64, wanted: bool) {
        let mut readers = self.readers();
        let Some(reader) = readers.all.iter_mut().find(|reader| reader.id == id) else { return };
        let before = std::mem::replace(&mut reader.wire, wanted);
        if wanted && !before {
            self.wire.fetch_add(1, Ordering::Relaxed);
        } else if before && !wanted {
            self.wire.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Makes room for a front end: its queue, and where it begins.
    pub(super) fn admit(self: &Arc<Self>, wants: &Attach, reporter: bool) -> Admitted {
        let (events, queue) = mpsc::channel(self.capacity);
        let lost = Arc::new(AtomicU64::new(0));
        let mut readers = self.readers();
        let (given, missed) = wants.resume.map_or((0, 0), |from| readers.replay(from, &events));
        lost.store(missed, Ordering::Relaxed);
        // Who is told nothing from now on has all until here, and what it is given first comes after this.
        let begins = readers.last - given;
        let id = readers.next_id;
        readers.next_id += 1;
        readers.all.push(Reader { id, events, lost: Arc::clone(&lost), wire: wants.wire, reporter });
        readers.count(&self.others);
        drop(readers);
        self.wire.fetch_add(usize::from(wants.wire), Ordering::Relaxed);
        Admitted {
            board: self.board.subscribe(),
            tally: self.tally.subscribe(),
            events: queue,
            lost,
            ending: self.ending.subscribe(),
            place: Place { hub: Arc::downgrade(self), id },
            begins,
        }
    }
}

impl Reader {
    /// Whether one more event can be given to it; where it is gone nothing has to be waited for.
    fn has_room(&self) -> bool {
        !matches!(self.events.try_reserve(), Err(mpsc::error::TrySendError::Full(())))
    }
}

impl Readers {
    /// Tells how many there are besides the reporter.
    fn count(&self, others: &watch::Sender<usize>) {
        others.send_replace(self.all.iter().filter(|reader| !reader.reporter).count());
    }

    /// Gives what was missed: how many events, and how many are kept no longer, or have no room.
    fn replay(&self, from: Resume, events: &mpsc::Sender<Numbered>) -> (u64, u64) {
        let after = match from {
            // It knows more than there was: another engine's number.
            Resume::After(number) if number <= self.last => number,
            Resume::After(_) | Resume::All | Resume::Kept => 0,
        };
        let kept = self.kept.iter().flatten().filter(|(number, _)| *number > after);
        let given = kept.filter(|event| events.try_send((*event).clone()).is_ok()).count();
        let given = u64::try_from(given).unwrap_or(u64::MAX);
        let missed = if from == Resume::Kept { 0 } else { (self.last - after).saturating_sub(given) };
        (given, missed)
    }
}

impl Place {
    /// Whether the trace's lines are wanted from now on.
    pub(super) fn want_wire(&self, wanted: bool) {
        if let Some(hub) = self.hub.upgrade() {
            hub.want_wire(self.id, wanted);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.want_wire(self.id, false);
            let mut readers = hub.readers();
            readers.all.retain(|reader| reader.id != self.id);
            readers.count(&hub.others);
        }
    }
}

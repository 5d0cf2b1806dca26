//! A front end's end of the link.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use tokio::sync::{mpsc, watch};

use super::commander::Commander;
use super::ending::Ending;
use super::hub::{Admitted, Attach, Hub, Numbered, Place};
use super::named_reader::{Given, NamedReader};
use super::way::{Way, Wish};
use mailwatch_proto::model::{Board, Event, EventKind, MailKey, Phase, PhaseGroup, Tally, WatchId};

/// What a front end sees of the engine.
#[derive(Debug)]
pub struct FrontEnd {
    /// What is true now.
    pub board: watch::Receiver<Board>,
    /// What has happened how often, dropped events included.
    pub tally: watch::Receiver<Tally>,
    events: mpsc::Receiver<Numbered>,
    lost: Arc<AtomicU64>,
    ending: watch::Receiver<Option<Ending>>,
    /// The number of the last event that was taken.
    last: watch::Sender<u64>,
    commander: Commander,
    way: Way,
    listener: Option<Listener>,
    /// What happened before is no news to a listener.
    began: Instant,
    place: Place,
    /// Where watches stood before, for a screen.
    earlier: Vec<Event>,
    /// Which mails it is told, where it has a name.
    reader: Option<Box<NamedReader>>,
    /// Set where it sees some accounts alone.
    narrowed: Option<Box<Narrowed>>,
}

/// That a front end sees some accounts of its engine alone.
#[derive(Debug)]
struct Narrowed {
    accounts: Vec<Arc<str>>,
    /// The board with all of them.
    whole: watch::Receiver<Board>,
}

/// Gets some of a front end's events besides it.
#[derive(Debug)]
struct Listener {
    wanted: fn(&EventKind) -> bool,
    events: mpsc::UnboundedSender<Event>,
}

impl FrontEnd {
    /// Attaches one.
    pub(super) fn attach(hub: &Arc<Hub>, wants: &Attach, way: Way) -> Self {
        let Admitted { board, tally, events, lost, ending, place, begins } =
            hub.admit(wants, matches!(way, Way::Reporter(_)));
        let commander = match &way {
            Way::Reporter(_) | Way::Reader => Commander::new(hub.senders.subscribe()),
            Way::Remote(remote) => Commander::remote(board.clone(), remote.orders.clone()),
            #[cfg(unix)]
            Way::Hosts(remote, _) => Commander::remote(board.clone(), remote.orders.clone()),
        };
        Self {
            board,
            tally,
            events,
            lost,
            ending,
            last: watch::Sender::new(begins),
            commander,
            way,
            listener: None,
            began: Instant::now(),
            place,
            earlier: Vec::new(),
            reader: None,
            narrowed: None,
        }
    }

    /// From now on it sees these accounts alone, with what is about no account, and its commands are for them; all where none
    /// is named. Who listens beside it hears of all.
    pub fn show_only(&mut self, accounts: Vec<Arc<str>>) {
        if accounts.is_empty() {
            return;
        }
        let (part, board) = watch::channel(self.board.borrow().of_accounts(&accounts));
        let whole = std::mem::replace(&mut self.board, board);
        tokio::spawn(narrow(whole.clone(), part, accounts.clone()));
        self.commander = self.commander.clone().of(accounts.clone());
        self.narrowed = Some(Box::new(Narrowed { accounts, whole }));
        let earlier = std::mem::take(&mut self.earlier);
        self.earlier = earlier.into_iter().filter(|event| self.is_seen(event)).collect();
    }

    /// Whether it sees what happens to this watch; what is about none it sees.
    fn is_seen(&self, event: &Event) -> bool {
        let Some(narrowed) = &self.narrowed else { return true };
        event.watch.as_ref().is_none_or(|watch| narrowed.accounts.contains(&watch.account))
    }

    /// From now on this front end has a name: of mails it is told those alone that it has not confirmed, those first that came
    /// while it was away. Before its first event.
    pub fn read_as(&mut self, reader: NamedReader) {
        self.reader = Some(Box::new(reader));
    }

    /// Gives it what happened before its engine began.
    pub fn begin_with(&mut self, earlier: Vec<Event>) {
        self.earlier = earlier;
    }

    /// What happened before its engine began, once: where watches stood. What comes over a socket is among the events.
    pub fn take_earlier(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.earlier)
    }

    /// It says that it leaves, and will be dropped.
    pub fn leaves(&mut self) {
        if let Some(reader) = &mut self.reader {
            reader.leaves();
        }
    }

    /// The next event; a `lost` event stands where others were dropped. `None` once the engine has ended. Cancel-safe.
    pub async fn event(&mut self) -> Option<Event> {
        loop {
            let event = self.any_event().await?;
            if self.is_seen(&event) {
                return Some(event);
            }
        }
    }

    async fn any_event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.try_any_event() {
                return Some(event);
            }
            if let Some(reader) = self.reader.as_mut().filter(|reader| reader.has_work()) {
                reader.work().await;
                continue;
            }
            match (self.events.recv().await, &mut self.reader) {
                (Some(event), None) => return Some(self.take(event)),
                (Some(event), Some(reader)) => {
                    if let Some(event) = reader.hold(event) {
                        return Some(self.take(event));
                    }
                }
                (None, _) => return self.lost(),
            }
        }
    }

    /// An event that is there already, without waiting.
    pub fn try_event(&mut self) -> Option<Event> {
        loop {
            let event = self.try_any_event()?;
            if self.is_seen(&event) {
                return Some(event);
            }
        }
    }

    fn try_any_event(&mut self) -> Option<Event> {
        let Some(reader) = &mut self.reader else {
            return self.lost().or_else(|| self.events.try_recv().ok().map(|event| self.take(event)));
        };
        match reader.next() {
            Some(Given::Event(event)) => return Some(self.take(event)),
            // Nobody but this front end hears of it: it is told late, and to the one who was away.
            Some(Given::Owed(event)) => return Some(event),
            None => {}
        }
        if let Some(lost) = self.lost() {
            if let Some(reader) = &mut self.reader {
                reader.has_lost();
            }
            return Some(lost);
        }
        let reader = self.reader.as_mut()?;
        while !reader.is_looking() && !reader.is_full() {
            let event = self.events.try_recv().ok()?;
            if let Some(event) = reader.hold(event) {
                return Some(self.take(event));
            }
        }
        None
    }

    /// Why the engine has ended or is ending; `None` where it has not said so, as when it is killed.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        *self.ending.borrow()
    }

    /// It has the events up to this number already.
    pub(super) fn goes_on(&self, after: u64) {
        self.last.send_replace(after);
    }

    /// The number of the last event that was taken: where this front end would go on.
    #[must_use]
    pub fn last(&self) -> u64 {
        *self.last.borrow()
    }

    /// The same for who is to know it once this front end is gone.
    #[must_use]
    pub fn last_number(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// From now on sends the events that are `wanted` to this receiver too, as this front end takes them, until the front end
    /// is dropped; not those that happened before it attached. A later call replaces the receiver. It must be read without waiting: what is unread stays in memory.
    pub fn listen(&mut self, wanted: fn(&EventKind) -> bool) -> mpsc::UnboundedReceiver<Event> {
        let (events, heard) = mpsc::unbounded_channel();
        self.listener = Some(Listener { wanted, events });
        heard
    }

    /// Passes an event on to the listener, and returns it.
    fn take(&mut self, (number, event): Numbered) -> Event {
        self.last.send_replace(number);
        if let Some(Listener { wanted, events }) = &self.listener
            && wanted(&event.kind)
            && event.at >= self.began
            && let Some(heard) = self.unmuted(&event)
        {
            // An error means that the listener is gone.
            let _ = events.send(heard);
        }
        event
    }

    /// What is heard of an event where the user may have muted its watch: of a muted one neither mail nor trouble, and one
    /// that is down rests.
    fn unmuted(&self, event: &Event) -> Option<Event> {
        let board = self.narrowed.as_ref().map_or(&self.board, |narrowed| &narrowed.whole).borrow();
        let watch = event.watch.as_ref().and_then(|watch| board.watches.get(watch));
        if watch.is_none_or(|shown| shown.mailbox.muted_for(event.at).is_none()) {
            return Some(event.clone());
        }
        match event.kind {
            EventKind::NewMail(_) | EventKind::Fault { .. } => None,
            EventKind::Phase { from, to, by } if to.group() == PhaseGroup::Down => {
                Some(Event { kind: EventKind::Phase { from, to: Phase::Paused, by }, ..event.clone() })
            }
            _ => Some(event.clone()),
        }
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

    /// Confirms that this front end has reported the mail to its user. Counts where this is the reporter, or has a name.
    pub fn confirm(&self, mail: MailKey) {
        if let Some(reader) = &self.reader {
            // The receiver is the reader's own.
            let _ = reader.confirm().send(mail.clone());
        }
        match &self.way {
            // Closed only when the engine has ended: then the mail is reported again at the next start.
            Way::Reporter(confirmed) => drop(confirmed.send(mail)),
            // Closed once the engine has ended: then the next one tells it again.
            Way::Remote(remote) if remote.confirms => drop(remote.wishes.send(Wish::Confirm(mail))),
            Way::Reader | Way::Remote(_) => {}
            #[cfg(unix)]
            Way::Hosts(remote, _) => drop(remote.wishes.send(Wish::Confirm(mail))),
        }
    }

    /// Whether the trace's lines are wanted from now on.
    pub fn want_wire(&self, wanted: bool) {
        match &self.way {
            Way::Reporter(_) | Way::Reader => self.place.want_wire(wanted),
            // Closed once the engine has ended.
            Way::Remote(remote) => drop(remote.wishes.send(Wish::Wire(wanted))),
            #[cfg(unix)]
            Way::Hosts(remote, _) => drop(remote.wishes.send(Wish::Wire(wanted))),
        }
    }

    /// This watch is being looked at: what is over of it is wanted on the board. A screen in the engine's process has that
    /// of every watch.
    pub fn look_at(&self, watch: &WatchId) {
        match &self.way {
            Way::Reporter(_) | Way::Reader => {}
            // Closed once the engine has ended.
            Way::Remote(remote) => drop(remote.wishes.send(Wish::Past(watch.clone()))),
            #[cfg(unix)]
            Way::Hosts(remote, _) => drop(remote.wishes.send(Wish::Past(watch.clone()))),
        }
    }

    /// Asks an engine in another process for a proof that it is alive, whatever that is.
    #[cfg(unix)]
    pub(super) fn ping(&self) {
        match &self.way {
            // Closed once the engine has ended.
            Way::Remote(remote) => drop(remote.wishes.send(Wish::Ping)),
            // Each of several hosts is asked by its own link.
            Way::Reporter(_) | Way::Reader | Way::Hosts(..) => {}
        }
    }

    /// The links to several hosts, where this is a front end of them.
    #[cfg(unix)]
    #[must_use]
    pub const fn hosts(&self) -> Option<&super::hosts::links::HostLinks> {
        match &self.way {
            Way::Hosts(_, links) => Some(links),
            Way::Reporter(_) | Way::Reader | Way::Remote(_) => None,
        }
    }

    /// The sender of commands.
    #[must_use]
    pub const fn commander(&self) -> &Commander {
        &self.commander
    }
}

/// Keeps a board of some accounts up with the whole one, until either has ended.
async fn narrow(mut whole: watch::Receiver<Board>, part: watch::Sender<Board>, accounts: Vec<Arc<str>>) {
    loop {
        let board = whole.borrow_and_update().of_accounts(&accounts);
        part.send_if_modified(|shown| {
            let changed = *shown != board;
            *shown = board;
            changed
        });
        tokio::select! {
            () = part.closed() => return,
            changed = whole.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

//! Serves requests from one database, in batches, and goes on in memory where the file cannot be used.
//!
//! It has no thread and no channel of its own: whoever holds it hands it what waits. What the stand-in took is
//! merged into the file as soon as the file can be used again.

use std::collections::BTreeMap;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::watch;

use super::file::{self, Identity, Trouble};
use super::owner::Owner;
use super::request::{Append, KeepAlive, Load, Message, Request};
use super::{WatchKey, merge};
use mailwatch_proto::model::{Fault, FaultClass};

/// How often a file that cannot be used is tried again: when there is something to write, and no sooner.
const COME_BACK: Duration = Duration::from_mins(1);

/// How long such a trial waits for another program's lock.
const COME_BACK_BUSY: Duration = Duration::from_millis(100);

/// Proofs of life of a watch are written down so far apart. A gap's mails are found by UID; this is for UIDVALIDITY.
const ALIVE_EVERY: Duration = Duration::from_mins(1);

/// What a request works on.
pub(super) struct Desk<'a> {
    pub(super) db: &'a Connection,
    pub(super) owner: &'a Owner,
    beats: &'a BTreeMap<WatchKey, Beat>,
}

impl Desk<'_> {
    /// The watch's last proof of life in this run.
    pub(super) fn last_alive(&self, key: &WatchKey) -> Option<SystemTime> {
        self.beats.get(key).map(|beat| beat.last)
    }
}

#[derive(Clone, Copy, Debug)]
struct Beat {
    last: SystemTime,
    kept: Option<SystemTime>,
}

#[derive(Debug)]
enum Store {
    /// The file itself.
    File { db: Connection, path: PathBuf, identity: Identity },
    /// In memory until the file can be used again.
    StandIn { db: Connection, path: PathBuf, next_try: Instant, damaged: bool },
    /// In memory for good.
    Memory { db: Connection },
    /// Not even memory is to be had.
    Nothing,
}

impl Store {
    fn db(&self) -> Option<&Connection> {
        match self {
            Self::File { db, .. } | Self::StandIn { db, .. } | Self::Memory { db } => Some(db),
            Self::Nothing => None,
        }
    }
}

/// The database and what belongs to it.
#[derive(Debug)]
pub(super) struct Keeper {
    store: Store,
    owner: Owner,
    beats: BTreeMap<WatchKey, Beat>,
    load: Arc<Load>,
    fault: watch::Sender<Option<Fault>>,
    come_back: Duration,
}

impl Keeper {
    /// On the file, or on a stand-in and the reason for it. `now` dates a damaged file and prunes.
    pub(super) fn open(path: &Path, now: SystemTime, busy: Duration) -> (Self, Option<Fault>) {
        let mut keeper = Self::on(Store::Nothing, Owner::new(Some(path), now));
        let fault = match keeper.take_up(path, busy) {
            Ok(()) => None,
            Err(trouble) if trouble.is_damage() => {
                let moved = file::move_aside(path, Identity::of(path), now);
                match keeper.take_up(path, busy) {
                    Ok(()) => moved,
                    Err(trouble) => Some(keeper.stand_in(path, &trouble)),
                }
            }
            Err(trouble) => Some(keeper.stand_in(path, &trouble)),
        };
        keeper.fault.send_replace(fault);
        if let Store::File { db, .. } = &keeper.store
            && let Err(error) = super::records::prune(db, now)
            && file::is_damage(&error)
        {
            // It walks through every table, so most damage shows here. Its other failures can wait for another day.
            keeper.fall(error);
        }
        let fault = keeper.fault.borrow().clone();
        (keeper, fault)
    }

    /// In memory for good.
    pub(super) fn in_memory() -> Self {
        let store = file::memory().map_or(Store::Nothing, |db| Store::Memory { db });
        // In memory there is no other run to be told apart from.
        Self::on(store, Owner::new(None, SystemTime::UNIX_EPOCH))
    }

    fn on(store: Store, owner: Owner) -> Self {
        Self {
            store,
            owner,
            beats: BTreeMap::new(),
            load: Arc::default(),
            fault: watch::Sender::new(None),
            come_back: COME_BACK,
        }
    }

    #[cfg(test)]
    pub(super) fn come_back_after(&mut self, pause: Duration) {
        self.come_back = pause;
        if let Store::StandIn { next_try, .. } = &mut self.store {
            *next_try = Instant::now() + pause;
        }
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        self.store.db().expect("a database is there")
    }

    pub(super) fn load(&self) -> Arc<Load> {
        Arc::clone(&self.load)
    }

    pub(super) fn fault(&self) -> watch::Receiver<Option<Fault>> {
        self.fault.subscribe()
    }

    /// Does all that waits, in one transaction where it can be one.
    pub(super) fn serve(&mut self, batch: impl IntoIterator<Item = Message>) {
        let mut requests: Vec<Box<dyn Request>> = Vec::new();
        for message in batch {
            match message {
                Message::Request(request) => requests.push(request),
                Message::Append(record) => {
                    self.load.waiting.fetch_sub(1, Ordering::Relaxed);
                    requests.push(Box::new(Append(record)));
                }
                Message::Alive(key, at) => requests.extend(self.beat(key, at)),
                Message::Flush(request) => {
                    requests.extend(self.beats_to_keep());
                    requests.push(request);
                }
            }
        }
        self.answer(requests);
    }

    /// Writes down what is held back. For the end.
    pub(super) fn finish(&mut self) {
        let beats = self.beats_to_keep();
        self.answer(beats);
    }

    fn answer(&mut self, mut requests: Vec<Box<dyn Request>>) {
        if requests.is_empty() {
            return;
        }
        if requests.iter().any(|request| request.writes()) {
            self.try_to_come_back();
        }
        let outcomes = match self.run(&mut requests) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                self.fall(error);
                self.run(&mut requests).unwrap_or_else(|error| {
                    let fault = broken(&error);
                    requests.iter().map(|_| Err(fault.clone())).collect()
                })
            }
        };
        for (request, outcome) in requests.into_iter().zip(outcomes) {
            request.reply(outcome);
        }
    }

    /// What came of each request, or what is wrong with the file: then nothing was committed.
    fn run(&self, requests: &mut [Box<dyn Request>]) -> rusqlite::Result<Vec<Result<(), Fault>>> {
        let Some(db) = self.store.db() else { return Ok(requests.iter().map(|_| Err(no_memory())).collect()) };
        let desk = Desk { db, owner: &self.owner, beats: &self.beats };
        if !requests.iter().any(|request| request.writes()) {
            return requests.iter_mut().map(|request| settle(request.run(&desk))).collect();
        }
        let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
        let mut outcomes = Vec::with_capacity(requests.len());
        for request in requests {
            // A request that fails takes back its own rows and nobody else's.
            db.execute_batch("SAVEPOINT request")?;
            let outcome = settle(request.run(&desk))?;
            db.execute_batch(if outcome.is_ok() { "RELEASE request" } else { "ROLLBACK TO request; RELEASE request" })?;
            outcomes.push(outcome);
        }
        transaction.commit()?;
        Ok(outcomes)
    }

    fn beat(&mut self, key: WatchKey, at: SystemTime) -> Option<Box<dyn Request>> {
        let beat = self.beats.entry(key.clone()).or_insert(Beat { last: at, kept: None });
        beat.last = beat.last.max(at);
        let due = beat.kept.is_none_or(|kept| at.duration_since(kept).is_ok_and(|since| since >= ALIVE_EVERY));
        due.then(|| {
            beat.kept = Some(beat.last);
            Box::new(KeepAlive(key, beat.last)) as Box<dyn Request>
        })
    }

    fn beats_to_keep(&mut self) -> Vec<Box<dyn Request>> {
        let held_back = self.beats.iter_mut().filter(|(_, beat)| beat.kept != Some(beat.last));
        held_back
            .map(|(key, beat)| {
                beat.kept = Some(beat.last);
                Box::new(KeepAlive(key.clone(), beat.last)) as Box<dyn Request>
            })
            .collect()
    }

    /// Opens the file and takes this run's lock beside it.
    fn take_up(&mut self, path: &Path, busy: Duration) -> Result<(), Trouble> {
        let db = file::open(path, busy)?;
        self.owner.begin(&db)?;
        self.store = Store::File { db, path: path.to_owned(), identity: Identity::of(path) };
        Ok(())
    }

    /// Goes on in memory, with what of the file can still be read.
    fn stand_in(&mut self, path: &Path, trouble: &Trouble) -> Fault {
        let untouchable = matches!(trouble, Trouble::Newer { .. });
        self.store = match file::memory() {
            Ok(db) if untouchable => Store::Memory { db },
            Ok(db) => {
                merge::salvage(&db, path);
                Store::StandIn { db, path: path.to_owned(), next_try: Instant::now() + self.come_back, damaged: false }
            }
            Err(_) => Store::Nothing,
        };
        trouble.fault(path)
    }

    /// The file has failed in use: goes on in memory, and takes a damaged file out of the way.
    fn fall(&mut self, error: rusqlite::Error) {
        let Store::File { db, path, identity } = mem::replace(&mut self.store, Store::Nothing) else { return };
        let trouble = Trouble::Sqlite(error);
        let mut fault = self.stand_in(&path, &trouble);
        drop(db);
        if trouble.is_damage() {
            fault = file::move_aside(&path, identity, SystemTime::now()).unwrap_or(fault);
            if let Store::StandIn { next_try, damaged, .. } = &mut self.store {
                *next_try = Instant::now();
                *damaged = true;
            }
        }
        self.fault.send_replace(Some(fault));
    }

    fn try_to_come_back(&mut self) {
        let Store::StandIn { db, path, next_try, damaged } = &mut self.store else { return };
        let now = Instant::now();
        if now < *next_try {
            return;
        }
        *next_try = now + self.come_back;
        let Ok(found) = file::open(path, COME_BACK_BUSY) else { return };
        if self.owner.begin(&found).is_err() || merge::into_file(db, path).is_err() {
            return;
        }
        if found.busy_timeout(file::BUSY).is_err() {
            return;
        }
        let (path, was_damaged) = (mem::take(path), *damaged);
        let identity = Identity::of(&path);
        self.store = Store::File { db: found, path, identity };
        // That a file was lost is still to be read when a new one is in its place.
        if !was_damaged {
            self.fault.send_replace(None);
        }
    }
}

/// A request's own failure is its answer; the file's failure is everyone's.
fn settle(result: rusqlite::Result<()>) -> rusqlite::Result<Result<(), Fault>> {
    match result {
        Ok(()) => Ok(Ok(())),
        Err(error) if file::concerns_file(&error) => Err(error),
        Err(error) => Ok(Err(broken(&error))),
    }
}

fn broken(error: &rusqlite::Error) -> Fault {
    let text = mailwatch_proto::model::sanitise(&error.to_string(), mailwatch_proto::model::LINE_LIMIT);
    Fault::retry_after(FaultClass::History, format!("history.db refused a request: {text}"))
}

fn no_memory() -> Fault {
    Fault::retry_after(FaultClass::History, "neither history.db nor memory in its place can be had")
}

//! Serves requests from one database, in batches, and goes on in memory where the file cannot be used.
//!
//! Has no thread and no channel of its own: its owner passes it what waits. What the stand-in took is merged into the file
//! as soon as the file can be used again.

use std::collections::BTreeMap;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::watch;

use super::append::prune;
use super::database::{Alive, Database};
use super::file::{self, Identity, Trouble};
use super::merge;
use super::owner::Owner;
use super::request::{Append, KeepAlive, Message, QueueCounts, Request};
use super::watch_key::WatchKey;
use mailwatch_proto::model::{Fault, FaultClass};

/// How often a file that cannot be used is tried again; only while there is something to write.
const COME_BACK: Duration = Duration::from_mins(1);

/// How long such an attempt waits for another program's lock.
const COME_BACK_BUSY: Duration = Duration::from_millis(100);

/// Proofs of life of a watch are written down so far apart. A gap's mails are found by UID; this is for UIDVALIDITY.
const ALIVE_EVERY: Duration = Duration::from_mins(1);

#[derive(Debug)]
enum Backend {
    /// The file itself.
    File { db: Connection, path: PathBuf, identity: Identity },
    /// In memory until the file can be used again.
    StandIn { db: Connection, path: PathBuf, next_try: Instant, damaged: bool },
    /// In memory until the end.
    Memory { db: Connection },
    /// Not even memory.
    Nothing,
}

impl Backend {
    fn db(&self) -> Option<&Connection> {
        match self {
            Self::File { db, .. } | Self::StandIn { db, .. } | Self::Memory { db } => Some(db),
            Self::Nothing => None,
        }
    }
}

/// The database with what belongs to it.
#[derive(Debug)]
pub(super) struct Store {
    backend: Backend,
    owner: Owner,
    alive: BTreeMap<WatchKey, Alive>,
    counts: Arc<QueueCounts>,
    fault: watch::Sender<Option<Fault>>,
    come_back: Duration,
}

impl Store {
    /// Opens the file, or a stand-in with the reason for it. `now` dates a damaged file and prunes.
    pub(super) fn open(path: &Path, now: SystemTime, busy: Duration) -> (Self, Option<Fault>) {
        let mut store = Self::on(Backend::Nothing, Owner::new(Some(path), now));
        let fault = match store.take_up(path, busy) {
            Ok(()) => None,
            Err(trouble) if trouble.is_damage() => {
                let moved = file::move_aside(path, Identity::of(path), now);
                match store.take_up(path, busy) {
                    Ok(()) => moved,
                    Err(trouble) => Some(store.stand_in(path, &trouble)),
                }
            }
            Err(trouble) => Some(store.stand_in(path, &trouble)),
        };
        store.fault.send_replace(fault);
        if let Backend::File { db, .. } = &store.backend
            && let Err(error) = prune(db, now)
            && file::is_damage(&error)
        {
            // Pruning reads every table, so most damage shows here. Its other failures can wait.
            store.fall(error);
        }
        let fault = store.fault.borrow().clone();
        (store, fault)
    }

    /// A store in memory until the end.
    pub(super) fn in_memory() -> Self {
        let backend = file::memory().map_or(Backend::Nothing, |db| Backend::Memory { db });
        // In memory there are no other runs.
        Self::on(backend, Owner::new(None, SystemTime::UNIX_EPOCH))
    }

    fn on(backend: Backend, owner: Owner) -> Self {
        Self {
            backend,
            owner,
            alive: BTreeMap::new(),
            counts: Arc::default(),
            fault: watch::Sender::new(None),
            come_back: COME_BACK,
        }
    }

    #[cfg(test)]
    pub(super) fn come_back_after(&mut self, pause: Duration) {
        self.come_back = pause;
        if let Backend::StandIn { next_try, .. } = &mut self.backend {
            *next_try = Instant::now() + pause;
        }
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        self.backend.db().expect("a database is there")
    }

    pub(super) fn counts(&self) -> Arc<QueueCounts> {
        Arc::clone(&self.counts)
    }

    pub(super) fn fault(&self) -> watch::Receiver<Option<Fault>> {
        self.fault.subscribe()
    }

    /// Does all that waits, in one transaction where possible.
    pub(super) fn serve(&mut self, batch: impl IntoIterator<Item = Message>) {
        let mut requests: Vec<Box<dyn Request>> = Vec::new();
        for message in batch {
            match message {
                Message::Request(request) => requests.push(request),
                Message::Append(record) => {
                    self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
                    requests.push(Box::new(Append(record)));
                }
                Message::Alive(key, at) => requests.extend(self.proof_of_life(key, at)),
                Message::Flush(request) => {
                    requests.extend(self.held_back());
                    requests.push(request);
                }
            }
        }
        self.answer(requests);
    }

    /// Writes down what is held back, at the end.
    pub(super) fn finish(&mut self) {
        let held_back = self.held_back();
        self.answer(held_back);
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

    /// Each request's outcome, or what is wrong with the file: then nothing was committed.
    fn run(&self, requests: &mut [Box<dyn Request>]) -> rusqlite::Result<Vec<Result<(), Fault>>> {
        let Some(db) = self.backend.db() else { return Ok(requests.iter().map(|_| Err(no_memory())).collect()) };
        let database = Database { db, owner: &self.owner, alive: &self.alive };
        if !requests.iter().any(|request| request.writes()) {
            return requests.iter_mut().map(|request| settle(request.run(&database))).collect();
        }
        let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
        let mut outcomes = Vec::with_capacity(requests.len());
        for request in requests {
            // A request that fails rolls back its own rows alone.
            db.execute_batch("SAVEPOINT request")?;
            let outcome = settle(request.run(&database))?;
            db.execute_batch(if outcome.is_ok() { "RELEASE request" } else { "ROLLBACK TO request; RELEASE request" })?;
            outcomes.push(outcome);
        }
        transaction.commit()?;
        Ok(outcomes)
    }

    fn proof_of_life(&mut self, key: WatchKey, at: SystemTime) -> Option<Box<dyn Request>> {
        let alive = self.alive.entry(key.clone()).or_insert(Alive { last: at, kept: None });
        alive.last = alive.last.max(at);
        let due = alive.kept.is_none_or(|kept| at.duration_since(kept).is_ok_and(|since| since >= ALIVE_EVERY));
        due.then(|| {
            alive.kept = Some(alive.last);
            Box::new(KeepAlive(key, alive.last)) as Box<dyn Request>
        })
    }

    fn held_back(&mut self) -> Vec<Box<dyn Request>> {
        let held_back = self.alive.iter_mut().filter(|(_, alive)| alive.kept != Some(alive.last));
        held_back
            .map(|(key, alive)| {
                alive.kept = Some(alive.last);
                Box::new(KeepAlive(key.clone(), alive.last)) as Box<dyn Request>
            })
            .collect()
    }

    /// Opens the file and takes this run's lock beside it.
    fn take_up(&mut self, path: &Path, busy: Duration) -> Result<(), Trouble> {
        let db = file::open(path, busy)?;
        self.owner.begin(&db)?;
        self.backend = Backend::File { db, path: path.to_owned(), identity: Identity::of(path) };
        Ok(())
    }

    /// Goes on in memory, with what can still be read of the file.
    fn stand_in(&mut self, path: &Path, trouble: &Trouble) -> Fault {
        let untouchable = matches!(trouble, Trouble::Newer { .. });
        self.backend = match file::memory() {
            Ok(db) if untouchable => Backend::Memory { db },
            Ok(db) => {
                merge::salvage(&db, path);
                Backend::StandIn {
                    db,
                    path: path.to_owned(),
                    next_try: Instant::now() + self.come_back,
                    damaged: false,
                }
            }
            Err(_) => Backend::Nothing,
        };
        trouble.fault(path)
    }

    /// The file has failed in use: goes on in memory, and moves a damaged file aside.
    fn fall(&mut self, error: rusqlite::Error) {
        let Backend::File { db, path, identity } = mem::replace(&mut self.backend, Backend::Nothing) else { return };
        let trouble = Trouble::Sqlite(error);
        let mut fault = self.stand_in(&path, &trouble);
        drop(db);
        if trouble.is_damage() {
            fault = file::move_aside(&path, identity, SystemTime::now()).unwrap_or(fault);
            if let Backend::StandIn { next_try, damaged, .. } = &mut self.backend {
                *next_try = Instant::now();
                *damaged = true;
            }
        }
        self.fault.send_replace(Some(fault));
    }

    fn try_to_come_back(&mut self) {
        let Backend::StandIn { db, path, next_try, damaged } = &mut self.backend else { return };
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
        self.backend = Backend::File { db: found, path, identity };
        // The loss of a file stays shown when a new one is in its place.
        if !was_damaged {
            self.fault.send_replace(None);
        }
    }
}

/// A request's own failure is its answer; the file's failure concerns all requests.
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

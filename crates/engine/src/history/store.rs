//! Serves requests from one database, in batches: what must survive at once, and routine that may wait some seconds.
//!
//! Has no thread and no channel of its own: its owner passes it what waits, and tends it when something is due. What becomes
//! of the file is the keeper's.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Transaction, TransactionBehavior};
use tokio::sync::watch;

use super::database::{Alive, Database};
use super::held::Held;
use super::keeper::Keeper;
use super::newest::Newest;
use super::prune::{Limits, Pruning};
use super::record::Record;
use super::request::{Message, Request, Routine};
use super::trouble;
use super::watch_key::WatchKey;
use mailwatch_proto::model::{Fault, FaultClass};

/// Proofs of life of a watch are written down so far apart. A gap's mails are found by UID; this is for UIDVALIDITY.
const ALIVE_EVERY: Duration = Duration::from_mins(1);

/// Routine records and proofs of life wait so long for others: what a kill may cost.
const ROUTINE: Duration = Duration::from_secs(5);

/// The watermark follows a found or told mail by so much,
const WATERMARK_AFTER_MAIL: Duration = Duration::from_secs(5);

/// by less where nothing else on the disk knows of it,
const WATERMARK_ALONE: Duration = Duration::from_millis(200);

/// and by so much anything else.
const WATERMARK_EVERY: Duration = Duration::from_mins(1);

/// The first pruning waits for the start to be over.
const PRUNE_FIRST: Duration = Duration::from_secs(2);

/// Between two slices of pruning others have their turn.
const PRUNE_PAUSE: Duration = Duration::from_millis(20);

/// Between the end of a pruning and the next: at most 10 MB an hour are written.
const PRUNE_EVERY: Duration = Duration::from_mins(10);

/// The database with what belongs to it.
#[derive(Debug)]
pub(super) struct Store {
    keeper: Keeper,
    alive: BTreeMap<WatchKey, Alive>,
    /// The watches whose last proof of life waits to be written down.
    proven: Vec<WatchKey>,
    newest: RefCell<Newest>,
    /// When the engine of this process began, where it is one.
    run: Option<SystemTime>,
    /// Until when records and proofs of life wait.
    routine_due: Option<Instant>,
    /// Nobody would tend it: nothing waits.
    is_tended: bool,
    watermark_due: Option<Instant>,
    pruning: Pruning,
    prune_due: Option<Instant>,
    held: Arc<Held>,
}

impl Store {
    /// Opens the file, or a stand-in with the reason for it. `now` dates a damaged file.
    pub(super) fn open(path: &Path, now: SystemTime, busy: Duration) -> (Self, Option<Fault>) {
        let mut store = Self::on(Keeper::open(path, now, busy));
        store.is_tended = true;
        store.prune_due = Some(Instant::now() + PRUNE_FIRST);
        let fault = store.keeper.fault.borrow().clone();
        (store, fault)
    }

    /// A store in memory until the end, which nobody tends.
    pub(super) fn in_memory() -> Self {
        Self::on(Keeper::in_memory())
    }

    fn on(keeper: Keeper) -> Self {
        Self {
            keeper,
            alive: BTreeMap::new(),
            proven: Vec::new(),
            newest: RefCell::default(),
            run: None,
            routine_due: None,
            is_tended: false,
            watermark_due: None,
            pruning: Pruning::new(Limits::default()),
            prune_due: None,
            held: Arc::default(),
        }
    }

    #[cfg(test)]
    pub(super) fn retry_after(&mut self, pause: Duration) {
        self.keeper.retry_after(pause);
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> &rusqlite::Connection {
        self.keeper.db().expect("a database is there")
    }

    #[cfg(test)]
    pub(super) const fn routine_due(&self) -> Option<Instant> {
        self.routine_due
    }

    pub(super) fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held)
    }

    pub(super) fn fault(&self) -> watch::Receiver<Option<Fault>> {
        self.keeper.fault.subscribe()
    }

    /// Does all that waits, in one transaction where possible. Routine alone may wait some more.
    pub(super) fn serve(&mut self, batch: impl IntoIterator<Item = Message>) {
        let mut requests: Vec<Box<dyn Request>> = Vec::new();
        let mut closing = None;
        for message in batch {
            match message {
                Message::Request(request) => {
                    if request.wants_all() {
                        requests.extend(self.held_routine());
                    }
                    requests.push(request);
                }
                Message::Held if self.is_tended && !self.held.is_full() => {
                    self.routine_due.get_or_insert_with(|| Instant::now() + ROUTINE);
                }
                Message::Held | Message::Urgent => {
                    requests.extend(self.held_routine());
                    if !self.is_tended {
                        requests.extend(Routine { proofs: self.held_proofs(), ..Routine::default() }.boxed());
                    }
                }
                Message::Limit(limits) => {
                    self.pruning = Pruning::new(limits);
                    self.prune_due = self.prune_due.map(|due| due.min(Instant::now() + PRUNE_FIRST));
                }
                Message::Close(request) => {
                    requests.extend(self.held_back());
                    closing = Some(request);
                }
            }
        }
        self.answer(requests);
        if let Some(request) = closing {
            self.finish();
            request.reply(Ok(()));
        }
    }

    /// When there is something to do without a request.
    pub(super) fn due(&self) -> Option<Instant> {
        [self.routine_due, self.watermark_due, self.prune_due, self.keeper.due()].into_iter().flatten().min()
    }

    /// Does what is due.
    pub(super) fn tend(&mut self, now: Instant) {
        self.keeper.come_back(now);
        if self.routine_due.is_some_and(|due| due <= now) {
            // A proof of life is written with what others wait for: each alone would cost a page.
            let (records, proofs) = (self.held_records(), self.held_proofs());
            self.answer(Routine { records, proofs }.boxed().into_iter().collect());
        }
        if self.watermark_due.is_some_and(|due| due <= now) {
            self.write_watermark();
        }
        if self.prune_due.is_some_and(|due| due <= now) {
            self.prune_slice(now);
        }
    }

    /// Writes down what is held back and lets go of the file.
    pub(super) fn finish(&mut self) {
        let held_back = self.held_back();
        self.answer(held_back.into_iter().collect());
        if self.watermark_due.is_some() {
            self.write_watermark();
        }
        self.keeper.close();
        (self.routine_due, self.watermark_due, self.prune_due) = (None, None, None);
    }

    fn answer(&mut self, mut requests: Vec<Box<dyn Request>>) {
        if requests.is_empty() {
            return;
        }
        self.keeper.look_after();
        if requests.iter().any(|request| request.writes()) {
            self.keeper.come_back(Instant::now());
        }
        let outcomes = match self.run(&mut requests) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                self.keeper.fall(error);
                self.newest.take();
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
    fn run(&mut self, requests: &mut [Box<dyn Request>]) -> rusqlite::Result<Vec<Result<(), Fault>>> {
        let Some(db) = self.keeper.db() else { return Ok(requests.iter().map(|_| Err(no_memory())).collect()) };
        let noted = RefCell::default();
        let database =
            Database { db, owner: &self.keeper.owner, alive: &self.alive, noted: &noted, newest: &self.newest };
        if !requests.iter().any(|request| request.writes()) {
            return requests.iter_mut().map(|request| settle(request.run(&database))).collect();
        }
        let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
        let mut outcomes = Vec::with_capacity(requests.len());
        let mut concerns_mail = false;
        for request in requests {
            // A request that fails rolls back its own rows alone.
            db.prepare_cached("SAVEPOINT request")?.execute([])?;
            let before = noted.borrow().len();
            let outcome = settle(request.run(&database))?;
            if outcome.is_err() {
                noted.borrow_mut().truncate(before);
                db.prepare_cached("ROLLBACK TO request")?.execute([])?;
            }
            db.prepare_cached("RELEASE request")?.execute([])?;
            concerns_mail |= request.concerns_mail();
            outcomes.push(outcome);
        }
        transaction.commit()?;
        for (key, seen) in noted.into_inner() {
            self.keeper.watermark.note(key, seen);
        }
        if self.is_tended {
            let within = match (concerns_mail, self.keeper.is_file()) {
                (true, true) => WATERMARK_AFTER_MAIL,
                (true, false) => WATERMARK_ALONE,
                (false, _) => WATERMARK_EVERY,
            };
            let due = Instant::now() + within;
            self.watermark_due = Some(self.watermark_due.map_or(due, |before| before.min(due)));
        }
        Ok(outcomes)
    }

    fn write_watermark(&mut self) {
        self.watermark_due = None;
        self.take_proofs();
        let Some(path) = self.keeper.path().map(Path::to_owned) else { return };
        let written = self.keeper.update_watermark(&self.alive).map_err(std::io::Error::other);
        let run = &self.keeper.owner.id;
        if let Err(error) = written.and_then(|()| self.keeper.watermark.write(&path, run, SystemTime::now())) {
            // The database has the same and more, and says what is wrong with the directory.
            tracing::debug!(%error, "watermark.json is not written");
        }
    }

    /// One slice, so that no request waits for more. A stand-in is small and soon gone.
    fn prune_slice(&mut self, now: Instant) {
        self.prune_due = Some(now + PRUNE_EVERY);
        // Its rows may be gone, or have other numbers.
        self.newest.take();
        if !self.keeper.is_file() {
            return;
        }
        let Some(db) = self.keeper.db() else { return };
        match self.pruning.slice(db, SystemTime::now()) {
            Ok(true) => self.prune_due = Some(Instant::now() + PRUNE_PAUSE),
            Ok(false) => {}
            // Pruning reads every table, so most damage shows here. Its other failures can wait.
            Err(error) if trouble::is_damage(&error) => self.keeper.fall(error),
            Err(error) => tracing::debug!(%error, "history.db is pruned later"),
        }
    }

    /// Takes the proofs of life that the handles have left.
    fn take_proofs(&mut self) {
        for (key, at) in self.held.take_proofs() {
            self.proof_of_life(key, at);
        }
    }

    /// The routine records that wait.
    fn held_routine(&mut self) -> Option<Box<dyn Request>> {
        Routine { records: self.held_records(), proofs: Vec::new() }.boxed()
    }

    fn held_records(&mut self) -> Vec<Record> {
        let mut held = self.held.take_records();
        for record in &held {
            if let Record::Run { began, seen } = record
                && began == seen
            {
                self.run = Some(*began);
            }
        }
        self.take_proofs();
        // No request puts proofs of life off.
        let later = Instant::now() + ROUTINE;
        self.routine_due = (!self.proven.is_empty()).then(|| self.routine_due.unwrap_or(later));
        let any = !held.is_empty();
        // Whatever is written down says that the engine still ran.
        held.extend(self.still_runs().filter(|_| any));
        held
    }

    fn still_runs(&self) -> Option<Record> {
        self.run.map(|began| Record::Run { began, seen: SystemTime::now() })
    }

    fn proof_of_life(&mut self, key: WatchKey, at: SystemTime) {
        let alive = self.alive.entry(key.clone()).or_insert(Alive { last: at, kept: None });
        alive.last = alive.last.max(at);
        if alive.kept.is_none_or(|kept| at.duration_since(kept).is_ok_and(|since| since >= ALIVE_EVERY)) {
            alive.kept = Some(alive.last);
            self.proven.push(key);
        }
    }

    /// The proofs of life that wait.
    fn held_proofs(&mut self) -> Vec<(WatchKey, SystemTime)> {
        self.routine_due = None;
        let Self { proven, alive, .. } = self;
        let held = proven.drain(..).filter_map(|key| {
            let alive = alive.get_mut(&key)?;
            alive.kept = Some(alive.last);
            Some((key, alive.last))
        });
        held.collect()
    }

    fn held_back(&mut self) -> Option<Box<dyn Request>> {
        let (mut records, mut proofs) = (self.held_records(), self.held_proofs());
        records.extend(self.still_runs());
        for (key, alive) in self.alive.iter_mut().filter(|(_, alive)| alive.kept != Some(alive.last)) {
            alive.kept = Some(alive.last);
            proofs.push((key.clone(), alive.last));
        }
        Routine { records, proofs }.boxed()
    }
}

/// A request's own failure is its answer; the file's failure concerns all requests.
fn settle(result: rusqlite::Result<()>) -> rusqlite::Result<Result<(), Fault>> {
    match result {
        Ok(()) => Ok(Ok(())),
        Err(error) if trouble::concerns_file(&error) => Err(error),
        Err(error) => Ok(Err(broken(&error))),
    }
}

fn broken(error: &rusqlite::Error) -> Fault {
    let text = mailwatch_proto::model::sanitise(&error.to_string(), mailwatch_proto::model::LINE_LIMIT);
    Fault::retry_after(FaultClass::History, format!("history.db refused a request: {text}"))
}

fn no_memory() -> Fault {
    Fault::retry_after(FaultClass::History, "neither history.db nor memory in its place is available")
}

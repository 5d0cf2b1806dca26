//! Keeps a database under the store, whatever becomes of the file: opens it, stands in for it in memory, goes back to it, and
//! begins it anew where it was lost.

use std::collections::BTreeMap;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;
use tokio::sync::watch;

use super::database::Alive;
use super::file::{self, Identity};
use super::merge::{self, Rows};
use super::owner::Owner;
use super::paths::{shown, with_suffix};
use super::trouble::Trouble;
use super::watch_key::WatchKey;
use super::watermark::{Seeded, WATERMARK, Watermark};
use mailwatch_proto::model::{Fault, FaultClass};

/// A file that cannot be used is tried again after so long, then after twice as long each time,
const RETRY_MIN: Duration = Duration::from_secs(1);

/// at most.
const RETRY_MAX: Duration = Duration::from_mins(1);

/// How long such an attempt waits for another program's lock.
const RETRY_BUSY: Duration = Duration::from_millis(100);

/// How long the last attempt waits, at the program's end: no more than the end may take.
const LAST_BUSY: Duration = Duration::from_secs(1);

/// What the database is in.
#[derive(Debug)]
enum Backend {
    /// The file itself.
    File { db: Connection, identity: Identity },
    /// Memory, until the file can be used again.
    StandIn { db: Connection, next_try: Instant, pause: Duration },
    /// Memory, until the end.
    Memory { db: Connection },
    /// Nothing: the program is ending. What is asked for after all opens the file again.
    Closed,
    /// Nothing: not even memory can be had.
    Nothing,
}

/// What became of a file that was in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    Removed,
    Replaced,
    Emptied,
}

/// The database and the file that it belongs in.
#[derive(Debug)]
pub(super) struct Keeper {
    /// `None` for a database that is in memory by intent.
    path: Option<PathBuf>,
    backend: Backend,
    pub(super) owner: Owner,
    pub(super) watermark: Watermark,
    pub(super) fault: watch::Sender<Option<Fault>>,
    retry_min: Duration,
    /// How long a request waits for another program's lock.
    busy: Duration,
    /// The loss of a file stays shown when a new one is in its place.
    loss: Option<Fault>,
}

impl Keeper {
    /// Opens the file, or a stand-in. The fault says why. `now` dates a damaged file.
    pub(super) fn open(path: &Path, now: SystemTime, busy: Duration) -> Self {
        let mut keeper = Self {
            path: Some(path.to_owned()),
            backend: Backend::Nothing,
            owner: Owner::new(Some(path), now),
            watermark: Watermark::read(path),
            fault: watch::Sender::new(None),
            retry_min: RETRY_MIN,
            busy,
            loss: None,
        };
        Watermark::sweep(path);
        let had_content = fs::metadata(path).is_ok_and(|found| found.len() > 0);
        keeper.begin(path, now, busy, had_content);
        keeper
    }

    /// A database in memory until the end.
    pub(super) fn in_memory() -> Self {
        Self {
            path: None,
            backend: file::memory().map_or(Backend::Nothing, |db| Backend::Memory { db }),
            // In memory there are no other runs.
            owner: Owner::new(None, SystemTime::UNIX_EPOCH),
            watermark: Watermark::default(),
            fault: watch::Sender::new(None),
            retry_min: RETRY_MIN,
            busy: file::BUSY,
            loss: None,
        }
    }

    #[cfg(test)]
    pub(super) fn retry_after(&mut self, pause: Duration) {
        self.retry_min = pause;
        if let Backend::StandIn { next_try, pause: current, .. } = &mut self.backend {
            (*next_try, *current) = (Instant::now() + pause, pause);
        }
    }

    pub(super) const fn db(&self) -> Option<&Connection> {
        match &self.backend {
            Backend::File { db, .. } | Backend::StandIn { db, .. } | Backend::Memory { db } => Some(db),
            Backend::Closed | Backend::Nothing => None,
        }
    }

    /// The file's path, where there is to be a file.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Whether the database is the file.
    pub(super) const fn is_file(&self) -> bool {
        matches!(self.backend, Backend::File { .. })
    }

    /// Has the watermark take over what the database knows.
    pub(super) fn update_watermark(&mut self, alive: &BTreeMap<WatchKey, Alive>) -> rusqlite::Result<()> {
        match &self.backend {
            Backend::File { db, .. } | Backend::StandIn { db, .. } | Backend::Memory { db } => {
                self.watermark.update(db, alive)
            }
            Backend::Closed | Backend::Nothing => Ok(()),
        }
    }

    /// When the file is to be tried again.
    pub(super) const fn due(&self) -> Option<Instant> {
        match self.backend {
            Backend::StandIn { next_try, .. } => Some(next_try),
            Backend::File { .. } | Backend::Memory { .. } | Backend::Closed | Backend::Nothing => None,
        }
    }

    fn begin(&mut self, path: &Path, now: SystemTime, busy: Duration, had_content: bool) {
        match self.take_up(path, busy) {
            Ok(seeded) => {
                if let Some(message) =
                    (!had_content).then(|| self.gone(path)).flatten().or_else(|| behind(path, seeded))
                {
                    self.lost(message);
                }
            }
            Err(trouble) if trouble.is_damage() => self.replace_damaged(path, Identity::of(path), now, busy),
            Err(trouble) => self.stand_in(path, &trouble),
        }
    }

    /// What is to be said of a file that is new although there was one.
    fn gone(&self, path: &Path) -> Option<String> {
        let file = shown(path);
        (!self.watermark.is_empty()).then(|| {
            format!(
                "{file} was gone or empty. A new one was made from {WATERMARK}: mail that has come since will be reported, but the history of earlier days is lost"
            )
        })
    }

    fn lost(&mut self, message: String) {
        self.loss = Some(Fault::retry_after(FaultClass::History, message));
        self.fault.send_replace(self.loss.clone());
    }

    /// Opens the file, takes this run's lock beside it, and tells it what the watermark knows.
    fn take_up(&mut self, path: &Path, busy: Duration) -> Result<Seeded, Trouble> {
        let db = file::open(path, busy)?;
        self.owner.begin(&db)?;
        let seeded = merge::all_or_none(&db, |db| self.watermark.seed(db))?;
        db.busy_timeout(self.busy)?;
        self.backend = Backend::File { db, identity: Identity::of(path) };
        Ok(seeded)
    }

    /// Moves a damaged file aside, and begins a new one with what can be read of it.
    fn replace_damaged(&mut self, path: &Path, damaged: Identity, now: SystemTime, busy: Duration) {
        let moved = file::move_aside(path, damaged, now);
        if let Err(trouble) = self.take_up(path, busy) {
            self.stand_in(path, &trouble);
        }
        let file = shown(path);
        match moved {
            // Another program has done the same meanwhile.
            None => {}
            Some(Err(why)) => {
                self.lost(format!("{file} is damaged and cannot be renamed ({why}): move it elsewhere yourself"));
            }
            Some(Ok(aside)) => {
                if let Some(db) = self.db() {
                    merge::salvage(db, &aside);
                    // What was salvaged may be older.
                    let _ = self.watermark.seed(db);
                }
                let known = if self.watermark.is_empty() { String::new() } else { format!(" and from {WATERMARK}") };
                self.lost(format!(
                    "{file} was damaged. It was renamed to {}, and a new one was made from what could still be read of it{known}. Some mail may be reported twice",
                    shown(&aside)
                ));
            }
        }
    }

    /// Goes on in memory, with what can still be read of the file.
    fn stand_in(&mut self, path: &Path, trouble: &Trouble) {
        let untouchable = matches!(trouble, Trouble::Newer { .. });
        self.backend = match file::memory() {
            Ok(db) if untouchable => Backend::Memory { db },
            Ok(db) => {
                merge::salvage(&db, path);
                // A file that another program holds cannot be read either.
                let _ = self.watermark.seed(&db);
                Backend::StandIn { db, next_try: Instant::now() + self.retry_min, pause: self.retry_min }
            }
            Err(_) => Backend::Nothing,
        };
        self.fault.send_replace(Some(trouble.fault(path)));
    }

    /// The file has failed in use: goes on in memory, or in a new file where it is damaged.
    pub(super) fn fall(&mut self, error: rusqlite::Error) {
        let Some(path) = self.path.clone() else { return };
        if !self.is_file() {
            return;
        }
        let Backend::File { db, identity } = mem::replace(&mut self.backend, Backend::Nothing) else { return };
        let trouble = Trouble::Sqlite(error);
        if trouble.is_damage() {
            drop(db);
            self.replace_damaged(&path, identity, SystemTime::now(), RETRY_BUSY);
        } else {
            // Its WAL can still be read while it is open, on a disk that is full or read-only too.
            self.stand_in(&path, &trouble);
            drop(db);
        }
    }

    /// Notices that the file was removed, replaced or emptied under this program, and begins it anew with all that it had.
    pub(super) fn look_after(&mut self) {
        let Some(path) = self.path.clone() else { return };
        if matches!(self.backend, Backend::Closed) {
            let had_content = fs::metadata(&path).is_ok_and(|found| found.len() > 0);
            return self.begin(&path, SystemTime::now(), RETRY_BUSY, had_content);
        }
        let Backend::File { identity, .. } = &self.backend else { return };
        let Some(lost) = what_became(&path, *identity) else { return };
        let Backend::File { db, identity } = mem::replace(&mut self.backend, Backend::Nothing) else { return };
        // The open file still has everything, whatever has its name now.
        let rescued = with_suffix(&path, &format!(".rescued-{}", self.owner.id));
        let _ = fs::remove_file(&rescued);
        let whole = file::copy(&db, &rescued);
        drop(db);
        if lost == Lost::Emptied {
            // What was still in its WAL went into the emptied file just now.
            let _ = file::move_aside(&path, identity, SystemTime::now());
        }
        // Its lock's file may be gone too.
        self.owner.end();
        let had_content = lost == Lost::Replaced;
        self.begin(&path, SystemTime::now(), RETRY_BUSY, had_content);
        let merged =
            whole.is_ok() && Connection::open(&rescued).is_ok_and(|kept| self.take_in(&kept, &path, lost).is_ok());
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(with_suffix(&rescued, suffix));
        }
        if self.is_file() {
            self.lost(sentence(&path, lost, merged));
        }
    }

    /// Writes what the lost file held into the one in use. An older copy of it has some of that already.
    fn take_in(&self, kept: &Connection, path: &Path, lost: Lost) -> rusqlite::Result<()> {
        let rows = if lost == Lost::Replaced { Rows::Newer } else { Rows::All };
        if self.is_file() { merge::into_file(kept, path, rows) } else { Ok(()) }
    }

    /// Tries the file again where that is due.
    pub(super) fn come_back(&mut self, now: Instant) {
        if self.due().is_some_and(|due| due <= now) {
            self.try_file(now, RETRY_BUSY);
        }
    }

    fn try_file(&mut self, now: Instant, busy: Duration) {
        let Some(path) = self.path.clone() else { return };
        let Backend::StandIn { db, next_try, pause } = &mut self.backend else { return };
        *pause = (*pause * 2).min(RETRY_MAX);
        *next_try = now + *pause;
        let found = match file::open(&path, busy) {
            Ok(found) => found,
            Err(trouble) => {
                if !trouble.is_damage() {
                    // Another reason than before is said.
                    let fault = Some(trouble.fault(&path));
                    self.fault.send_if_modified(|shown| mem::replace(shown, fault.clone()) != fault);
                } else if let Some(Ok(aside)) = file::move_aside(&path, Identity::of(&path), SystemTime::now()) {
                    *next_try = now;
                    self.lost(format!(
                        "{} was damaged. It was renamed to {}, and a new one was made",
                        shown(&path),
                        shown(&aside)
                    ));
                }
                return;
            }
        };
        if self.owner.begin(&found).is_err()
            || merge::into_file(db, &path, Rows::All).is_err()
            || found.busy_timeout(self.busy).is_err()
        {
            return;
        }
        self.backend = Backend::File { db: found, identity: Identity::of(&path) };
        self.fault.send_replace(self.loss.clone());
    }

    /// Lets go of the file at the program's end, which leaves no WAL. A stand-in is written into it where that is possible.
    pub(super) fn close(&mut self) {
        self.try_file(Instant::now(), LAST_BUSY);
        if self.is_file() {
            // The last connection to the file takes its WAL with it.
            self.backend = Backend::Closed;
            self.owner.end();
        }
    }
}

/// What became of the file of that identity; `None` where it is there.
fn what_became(path: &Path, identity: Identity) -> Option<Lost> {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(Lost::Removed),
        Ok(found) if Identity::from(&found) != identity => Some(Lost::Replaced),
        // In WAL mode the first page is written when the file is made.
        Ok(found) if found.len() == 0 => Some(Lost::Emptied),
        Ok(_) | Err(_) => None,
    }
}

fn sentence(path: &Path, lost: Lost, merged: bool) -> String {
    let what = match lost {
        Lost::Removed => "removed",
        Lost::Replaced => "replaced by another file",
        Lost::Emptied => "emptied",
    };
    let done = match (lost, merged) {
        (Lost::Replaced, true) => "what is known was written to the new file",
        (Lost::Removed | Lost::Emptied, true) => "it was written again, and nothing is lost",
        (_, false) => "a new one was made from what is known since the start; the history of earlier days is lost",
    };
    format!("{} was {what} while this program ran: {done}", shown(path))
}

/// What is to be said of a file that knows less than the watermark.
fn behind(path: &Path, Seeded { missing, behind }: Seeded) -> Option<String> {
    let mailboxes = missing + behind;
    let noun = if mailboxes == 1 { "mailbox" } else { "mailboxes" };
    (mailboxes > 0).then(|| {
        format!(
            "{} is older than {WATERMARK} for {mailboxes} {noun}: it was emptied, replaced by an older file, or could not be \
             written. The newer state was used, and mail that has come since will be reported",
            shown(path)
        )
    })
}

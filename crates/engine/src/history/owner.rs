//! Who found a mail: one run of the program, known to be alive by the lock it holds on a file of its own.
//!
//! A mail that was found and not reported is told again at the next start, and by a second program only when the
//! first is gone. A lock ends with its process, however that ends, so nothing needs to be kept fresh.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::file::with_suffix;

/// Between the database's name and a run's.
const MARK: &str = ".run-";

/// This run of the program.
#[derive(Debug)]
pub(super) struct Owner {
    /// Random, so that two runs never share it.
    pub(super) id: String,
    /// When this run began.
    pub(super) began: SystemTime,
    /// `history.db`, beside which the runs' files lie; `None` in memory.
    beside: Option<PathBuf>,
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    path: PathBuf,
    _lock: File,
}

impl Owner {
    /// A run that has no file yet: others take it for ended.
    pub(super) fn new(beside: Option<&Path>, began: SystemTime) -> Self {
        let id = format!("{:016x}", fastrand::u64(..));
        Self { id, began, beside: beside.map(Path::to_owned), held: None }
    }

    /// Takes this run's lock and sweeps away the files of runs that have ended.
    ///
    /// Inside a write transaction, so that nobody sweeps a file away between its making and its locking.
    pub(super) fn begin(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let Some(beside) = &self.beside else { return Ok(()) };
        if self.held.is_some() {
            return Ok(());
        }
        let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
        for id in runs(beside) {
            if has_ended(beside, &id) {
                let _ = fs::remove_file(file_of(beside, &id));
            }
        }
        // Where locks do not work (some network file systems), runs are told apart by name alone: then a second
        // program may tell once more what the first has not reported yet.
        self.held = hold(file_of(beside, &self.id)).ok();
        transaction.commit()
    }

    /// How many other runs are alive.
    pub(super) fn others(&self) -> usize {
        let Some(beside) = &self.beside else { return 0 };
        runs(beside).iter().filter(|id| **id != self.id && !has_ended(beside, id)).count()
    }

    /// Whether the run of that name has ended, so that its mails are anyone's.
    pub(super) fn has_ended(&self, id: &str) -> bool {
        self.beside.as_deref().is_none_or(|beside| has_ended(beside, id))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            // What is left behind is swept away by the next start.
            let _ = fs::remove_file(&held.path);
        }
    }
}

fn hold(path: PathBuf) -> io::Result<Held> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let lock = options.write(true).create_new(true).open(&path)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::Error(error) => error,
        TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
    })?;
    Ok(Held { path, _lock: lock })
}

fn has_ended(beside: &Path, id: &str) -> bool {
    match File::open(file_of(beside, id)) {
        Ok(file) => match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        },
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn file_of(beside: &Path, id: &str) -> PathBuf {
    with_suffix(beside, &format!("{MARK}{id}"))
}

fn runs(beside: &Path) -> Vec<String> {
    let (Some(directory), Some(name)) = (beside.parent(), beside.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let prefix = format!("{name}{MARK}");
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str().and_then(|found| found.strip_prefix(&prefix)).map(str::to_owned))
        .collect()
}

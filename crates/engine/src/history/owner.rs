//! The owner of a mail: the run of the program that found it, alive as long as it holds the lock on its own file.
//!
//! A mail that was found and not reported is reported at the next start, and by a second program only when the first is gone.
//! A lock ends with its process, however that ends, so that nothing needs refreshing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::paths::with_suffix;

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
    lock: Option<LockedFile>,
}

#[derive(Debug)]
struct LockedFile {
    path: PathBuf,
    _lock: File,
}

impl Owner {
    /// A run without a file yet: other runs take it for ended.
    pub(super) fn new(beside: Option<&Path>, began: SystemTime) -> Self {
        let id = format!("{:016x}", fastrand::u64(..));
        Self { id, began, beside: beside.map(Path::to_owned), lock: None }
    }

    /// Takes this run's lock and removes the files of ended runs.
    ///
    /// Inside a write transaction, so that no other run removes the file between its creation and its locking.
    pub(super) fn begin(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let Some(beside) = &self.beside else { return Ok(()) };
        if self.lock.is_some() {
            return Ok(());
        }
        let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
        for id in runs(beside) {
            if has_ended(beside, &id) {
                let _ = fs::remove_file(file_of(beside, &id));
            }
        }
        // Where locks do not work (some network file systems), runs differ by name alone: then a second program may report
        // again what the first has not reported yet.
        self.lock = create_locked(file_of(beside, &self.id)).ok();
        transaction.commit()
    }

    /// Lets go of the lock. What this run has not reported is any other's then.
    pub(super) fn end(&mut self) {
        if let Some(locked) = self.lock.take() {
            // The next start removes a file that stays behind.
            let _ = fs::remove_file(&locked.path);
        }
    }

    /// How many other runs are alive.
    pub(super) fn others(&self) -> usize {
        let Some(beside) = &self.beside else { return 0 };
        runs(beside).iter().filter(|id| **id != self.id && !has_ended(beside, id)).count()
    }

    /// Whether the run of that name has ended, so that any run may take over its mails.
    pub(super) fn has_ended(&self, id: &str) -> bool {
        self.beside.as_deref().is_none_or(|beside| has_ended(beside, id))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.end();
    }
}

fn create_locked(path: PathBuf) -> io::Result<LockedFile> {
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
    Ok(LockedFile { path, _lock: lock })
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

pub(super) fn file_of(beside: &Path, id: &str) -> PathBuf {
    with_suffix(beside, &format!("{MARK}{id}"))
}

pub(super) fn runs(beside: &Path) -> Vec<String> {
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

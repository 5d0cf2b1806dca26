//! `logins.json` in the state directory: read, changed and written under a lock, and renamed into place. No secrets.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use mailwatch_proto::logins::Logins;

const NAME: &str = "logins.json";
const LOCK: &str = "logins.lock";

/// Another program holds the lock for a moment. One that was stopped in it must not stop this one.
const PATIENCE: Duration = Duration::from_secs(2);

/// No state is longer.
const LIMIT: u64 = 4 << 20;

/// The file.
#[derive(Debug)]
pub(super) struct LoginsFile {
    directory: PathBuf,
    /// One at a time in this process, too.
    here: Mutex<()>,
    /// What is known here is not all in the file: it could not be written.
    ahead: AtomicBool,
    /// The file as it was last read or written here.
    last: Mutex<Option<Last>>,
    #[cfg(test)]
    writings: std::sync::atomic::AtomicUsize,
}

/// A file that is known. It is kept open, so that no other gets its number.
#[derive(Debug)]
struct Last {
    _file: File,
    identity: Identity,
}

/// What tells a file from one that has taken its place, and from itself before it was changed. `None` where the system has no
/// such identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity(Option<(u64, u64, u64, SystemTime)>);

impl Identity {
    fn of(metadata: &fs::Metadata) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            Self(metadata.modified().ok().map(|at| (metadata.dev(), metadata.ino(), metadata.len(), at)))
        }
        #[cfg(not(unix))]
        {
            let _ = metadata;
            Self(None)
        }
    }
}

/// The file, held.
#[derive(Debug)]
pub(super) struct Held<'a> {
    file: &'a LoginsFile,
    _here: MutexGuard<'a, ()>,
    _lock: Option<File>,
}

impl LoginsFile {
    pub fn in_directory(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            here: Mutex::new(()),
            ahead: AtomicBool::new(false),
            last: Mutex::new(None),
            #[cfg(test)]
            writings: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    /// Holds it. Where locks do not work (some network file systems), or one is held for too long, it is used without.
    pub fn hold(&self) -> Held<'_> {
        let here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        Held { file: self, _here: here, _lock: lock(&self.directory.join(LOCK)) }
    }

    #[cfg(test)]
    pub fn writings(&self) -> usize {
        self.writings.load(Ordering::Relaxed)
    }

    fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    fn last(&self) -> MutexGuard<'_, Option<Last>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody has written it since.
    fn is_as_known(&self) -> bool {
        let found = fs::metadata(self.path()).map_or(Identity(None), |found| Identity::of(&found));
        found.0.is_some() && self.last().as_ref().is_some_and(|last| last.identity == found)
    }

    fn keep(&self, file: File) {
        let identity = file.metadata().map_or(Identity(None), |found| Identity::of(&found));
        // Without an identity it is read each time, and Windows lets nobody replace a file that is open.
        *self.last() = identity.0.is_some().then_some(Last { _file: file, identity });
    }
}

impl Held<'_> {
    /// What the file holds, where `known` was last read or written here; `None` where that is not known, or the file is
    /// behind.
    pub fn read(&self, known: &Logins) -> Option<Logins> {
        if self.file.ahead.load(Ordering::Relaxed) {
            return None;
        }
        if self.file.is_as_known() {
            return Some(known.clone());
        }
        match File::open(self.file.path()).and_then(|file| Ok((read(&file)?, file))) {
            Ok((read, file)) => {
                self.file.keep(file);
                Some(read)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(%error, "{NAME} cannot be read; a new one is started");
                }
                None
            }
        }
    }

    /// Writes it, and says how many bytes that were. What cannot be written is known here all the same, and written the next
    /// time.
    pub fn write(&self, logins: &Logins) -> usize {
        #[cfg(test)]
        self.file.writings.fetch_add(1, Ordering::Relaxed);
        let written = write(&self.file.directory, logins);
        let was_ahead = self.file.ahead.swap(written.is_err(), Ordering::Relaxed);
        match written {
            Ok((file, bytes)) => {
                self.file.keep(file);
                bytes
            }
            Err(error) => {
                *self.file.last() = None;
                if !was_ahead {
                    tracing::warn!(%error, "{NAME} cannot be written: a restart forgets which logins were refused");
                }
                0
            }
        }
    }
}

fn read(file: &File) -> io::Result<Logins> {
    if file.metadata()?.len() > LIMIT {
        return Err(io::Error::other("it is too long"));
    }
    serde_json::from_reader(io::BufReader::new(file)).map_err(io::Error::from)
}

/// The new file, and its size.
fn write(directory: &Path, logins: &Logins) -> io::Result<(File, usize)> {
    let temporary = directory.join(format!("{NAME}.{}", std::process::id()));
    let written = private(&temporary).and_then(|mut file| {
        let bytes = serde_json::to_vec(logins)?;
        file.write_all(&bytes)?;
        fs::rename(&temporary, directory.join(NAME))?;
        Ok((file, bytes.len()))
    });
    if written.is_err() {
        // It may not even be there.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A new file that is its user's alone.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn lock(path: &Path) -> Option<File> {
    let file = private(path).ok()?;
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(fs::TryLockError::WouldBlock) if Instant::now() < until => sleep(Duration::from_millis(5)),
            Err(_) => return None,
        }
    }
}

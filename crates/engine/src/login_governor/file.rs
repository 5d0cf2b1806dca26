//! `logins.json` in the state directory: read, changed and written under a lock, and renamed into place. No secrets.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

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
}

/// The file, held.
#[derive(Debug)]
pub(super) struct Held<'a> {
    file: &'a LoginsFile,
    _here: std::sync::MutexGuard<'a, ()>,
    _lock: Option<File>,
}

/// What the file held.
#[derive(Debug)]
pub(super) struct Shared(Option<Logins>);

impl Shared {
    /// Whether it is this.
    pub fn is_same(&self, logins: &Logins) -> bool {
        self.0.as_ref() == Some(logins)
    }
}

impl LoginsFile {
    pub fn in_directory(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), here: Mutex::new(()), ahead: AtomicBool::new(false) }
    }

    /// Holds it. Where locks do not work (some network file systems), or one is held for too long, it is used without.
    pub fn hold(&self) -> Held<'_> {
        let here = self.here.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Held { file: self, _here: here, _lock: lock(&self.directory.join(LOCK)) }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }
}

impl Held<'_> {
    /// Reads what others have written into `logins`, which stays as it is where that cannot be read.
    pub fn read(&self, logins: &mut Logins) -> Shared {
        if self.file.ahead.load(Ordering::Relaxed) {
            return Shared(None);
        }
        match read(&self.file.path()) {
            Ok(read) => {
                *logins = read.clone();
                Shared(Some(read))
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(%error, "{NAME} cannot be read and is begun anew");
                }
                Shared(None)
            }
        }
    }

    /// Writes it. What cannot be written is known here all the same, and written the next time.
    pub fn write(&self, logins: &Logins) {
        let written = write(&self.file.directory, logins);
        let failed = written.is_err();
        if let (Err(error), false) = (written, self.file.ahead.swap(failed, Ordering::Relaxed)) {
            tracing::warn!(%error, "{NAME} cannot be written: a restart forgets which logins were refused");
        }
    }
}

fn read(path: &Path) -> io::Result<Logins> {
    let file = File::open(path)?;
    if file.metadata()?.len() > LIMIT {
        return Err(io::Error::other("it is too long"));
    }
    serde_json::from_reader(io::BufReader::new(file)).map_err(io::Error::from)
}

fn write(directory: &Path, logins: &Logins) -> io::Result<()> {
    let temporary = directory.join(format!("{NAME}.{}", std::process::id()));
    let written = private(&temporary).and_then(|mut file| {
        file.write_all(&serde_json::to_vec(logins)?)?;
        fs::rename(&temporary, directory.join(NAME))
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

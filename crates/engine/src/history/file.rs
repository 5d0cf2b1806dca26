//! The file on disk: created for its owner alone, opened, and moved aside when it is damaged. Never deleted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::{self, Mismatch};
use mailwatch_proto::model::{Fault, FaultClass, sanitise};

/// The file's name in the state directory.
pub const FILE: &str = "history.db";

/// How long a write waits for another program's. Its transactions take milliseconds: one that lasts longer is stuck.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// The pause before a file that another program was just creating is opened again.
const AGAIN: Duration = Duration::from_millis(5);

/// How much of SQLite's own words a sentence keeps, in characters.
const DETAIL: usize = 200;

/// Why the file is not in use.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Its directory or the file itself cannot be made.
    Io(io::Error),
    /// It was written by a newer program.
    Newer {
        /// The file's schema version.
        found: i64,
    },
    /// SQLite refuses.
    Sqlite(rusqlite::Error),
}

impl From<Mismatch> for Trouble {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::Newer { found } => Self::Newer { found },
            Mismatch::Sqlite(error) => Self::Sqlite(error),
        }
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Trouble {
    /// Whether the file's content is beyond use.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Sqlite(error) => is_damage(error),
            Self::Io(_) | Self::Newer { .. } => false,
        }
    }

    /// The sentence for the user.
    pub(super) fn fault(&self, path: &Path) -> Fault {
        let file = sanitise(&path.display().to_string(), mailwatch_proto::model::LINE_LIMIT);
        let memory = "until then what is found is kept in memory only";
        match self {
            Self::Newer { found } => Fault::needs_user(
                FaultClass::History,
                format!(
                    "{file} was written by a newer mailwatch-tui (schema {found}, this one knows {}); it is left \
                     untouched and what is found is kept in memory only: update this program, or use another \
                     --state-dir",
                    schema::known()
                ),
            ),
            Self::Io(error) => Fault::retry_after(
                FaultClass::History,
                format!("{file} cannot be made ({}): check the directory's owner and mode; {memory}", detail(error)),
            ),
            Self::Sqlite(error) => {
                let (what, todo) = advice(error);
                let message = format!("{file} {what} ({}): {todo}; {memory}", detail(error));
                Fault::retry_after(FaultClass::History, message)
            }
        }
    }
}

/// Whether an error says that the file's content is beyond use.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether an error is about the file as a whole rather than about one request.
pub(super) fn concerns_file(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport
        )
    )
}

/// What is wrong, and what to do about it.
fn advice(error: &rusqlite::Error) -> (&'static str, &'static str) {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            ("is locked by another program", "end the program that holds it (fuser names it)")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            ("cannot be written", "check its owner and mode, and whether the disk is mounted read-only")
        }
        Some(ErrorCode::CannotOpen) => ("cannot be opened", "check the directory's owner and mode"),
        Some(ErrorCode::DiskFull) => ("cannot grow, the disk is full", "free some space"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            ("is damaged", "move it away and start again, a new one is made")
        }
        Some(_) | None => ("cannot be used", "check the disk"),
    }
}

fn detail(error: &dyn std::fmt::Display) -> String {
    sanitise(&error.to_string(), DETAIL)
}

/// Opens or makes the file and brings it to this program's schema. Blocks for about `busy` where another holds it.
pub(super) fn open(path: &Path, busy: Duration) -> Result<Connection, Trouble> {
    let begun = Instant::now();
    loop {
        match open_once(path, busy) {
            // Of two programs that put a new file into WAL mode at once SQLite refuses one without letting it wait: each
            // would wait for the other.
            Err(Trouble::Sqlite(error))
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < busy =>
            {
                thread::sleep(AGAIN);
            }
            done => return done,
        }
    }
}

fn open_once(path: &Path, busy: Duration) -> Result<Connection, Trouble> {
    prepare(path).map_err(Trouble::Io)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(busy)?;
    // Before anything is written, journal_mode included: a newer program's file stays as it is.
    let found = schema::version(&db)?;
    if found > schema::known() {
        return Err(Trouble::Newer { found });
    }
    // WAL with synchronous=NORMAL: a commit is in the kernel's hands when it returns, so killing this process takes
    // nothing back. Only a power cut can, and then the last commits alone, never the file's order: a mail found twice
    // is better than an fsync between every mail and its report.
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    db.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304;")?;
    schema::tune(&db)?;
    schema::migrate(&db)?;
    // Shows damage in the schema's root pages here rather than at the first mail.
    db.execute_batch("SELECT count(*) FROM seen; SELECT watch FROM mail LIMIT 1; SELECT at FROM event LIMIT 1;")?;
    Ok(db)
}

/// A database that lives and dies with the program.
pub(super) fn memory() -> Result<Connection, Trouble> {
    // Without the flag that would make a file where one is attached that is not there.
    let db =
        Connection::open_in_memory_with_flags(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // For the file that is attached now and then: never worth waiting for.
    db.busy_timeout(Duration::from_millis(100))?;
    schema::tune(&db)?;
    schema::migrate(&db)?;
    Ok(db)
}

/// Makes the directory (0700) and the file (0600) where they are missing, and closes a wider file.
fn prepare(path: &Path) -> io::Result<()> {
    let mut directory = fs::DirBuilder::new();
    let mut file = fs::OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        directory.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent() {
        directory.recursive(true).create(parent)?;
    }
    // Only a file that is new is opened here: to close any descriptor of it would drop SQLite's locks on it.
    match file.write(true).create_new(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            close_to_others(path);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn close_to_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
        // Another user's file keeps its mode; opening it shows whether it can be used.
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
    }
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) {}

/// Tells a file from another that took its name. `None` where the system has no such identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(Option<(u64, u64)>);

impl Identity {
    /// Of the file that has this name now.
    pub(super) fn of(path: &Path) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Self(fs::metadata(path).ok().map(|found| (found.dev(), found.ino())))
        }
        #[cfg(not(unix))]
        {
            let _ = path;
            Self(None)
        }
    }
}

/// Moves a damaged file aside with its WAL, and reports it. `None` where it is another file by now.
pub(super) fn move_aside(path: &Path, damaged: Identity, now: SystemTime) -> Option<Fault> {
    if Identity::of(path) != damaged {
        return None;
    }
    let date = jiff::Timestamp::try_from(now).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string();
    let target = free_name(&with_suffix(path, &format!(".corrupt-{date}")));
    for suffix in ["-wal", "-shm"] {
        // Missing after a clean end; the database itself is what counts.
        let _ = fs::rename(with_suffix(path, suffix), with_suffix(&target, suffix));
    }
    let file = sanitise(&path.display().to_string(), mailwatch_proto::model::LINE_LIMIT);
    Some(match fs::rename(path, &target) {
        Ok(()) => Fault::retry_after(
            FaultClass::History,
            format!(
                "{file} was damaged and is now {}; a new one is begun: what was told before may be told again",
                sanitise(&target.display().to_string(), mailwatch_proto::model::LINE_LIMIT)
            ),
        ),
        Err(error) => Fault::retry_after(
            FaultClass::History,
            format!("{file} is damaged and cannot be moved aside ({}): move it away yourself", detail(&error)),
        ),
    })
}

fn free_name(wanted: &Path) -> PathBuf {
    let mut name = wanted.to_owned();
    let mut number = 1;
    while name.exists() {
        number += 1;
        name = with_suffix(wanted, &format!(".{number}"));
    }
    name
}

/// The path with something at its end: `history.db-wal`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

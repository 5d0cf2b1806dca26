//! The file on disk: created for its owner alone, opened, and moved aside when it is damaged. Never deleted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::older::Older;
use super::paths::with_suffix;
use super::schema;
use super::trouble::{Trouble, detail};

/// The file's name in the state directory.
pub const FILE: &str = "history.db";

/// How long a write waits for another program's. Its transactions take milliseconds: one that lasts longer is stuck.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// The copy of an older program's file.
const BACKUP: &str = ".v1";

/// The same while it is written.
const BACKUP_PART: &str = ".v1.part";

/// The pause before a file that another program was just creating is opened again.
const AGAIN: Duration = Duration::from_millis(5);

/// Opens or makes the file and brings it to this program's schema. Blocks for about `busy` where another holds it.
pub(super) fn open(path: &Path, busy: Duration) -> Result<Connection, Trouble> {
    let begun = Instant::now();
    loop {
        match open_once(path, busy) {
            // Of two programs that put a new file into WAL mode at once SQLite refuses one without letting it wait: each
            // would wait for the other.
            Err(Trouble::Sqlite(error)) if is_busy(&error) => {
                if begun.elapsed() >= busy {
                    return Err(if has_locks(path) { Trouble::Sqlite(error) } else { Trouble::NoLocks(error) });
                }
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
    if found == 0 {
        // Of effect only while there is no table.
        db.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    } else if found < schema::known() {
        if let Some(older) = Older::running(path)
            && schema::version(&db)? < schema::known()
        {
            return Err(Trouble::Older(older));
        }
        back_up(&db, path)?;
    }
    // WAL with synchronous=NORMAL: a commit is in the kernel's hands when it returns, so killing this process takes
    // nothing back. Only a power cut can, and then the last commits alone, never the file's order: a mail found twice
    // is better than an fsync between every mail and its report.
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    db.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304;")?;
    schema::tune(&db)?;
    schema::migrate(&db)?;
    // Shows damage in the schema's root pages here rather than at the first mail.
    db.execute_batch(
        "SELECT count(*) FROM seen; SELECT subject FROM mail LIMIT 1; SELECT line FROM hook LIMIT 1;
         SELECT text FROM event LIMIT 1; SELECT conn FROM receipt LIMIT 1;",
    )?;
    Ok(db)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// Copies an older program's file to `history.db.v1` before it is changed, with what its WAL holds.
fn back_up(db: &Connection, path: &Path) -> Result<(), Trouble> {
    let (target, part) = (with_suffix(path, BACKUP), with_suffix(path, BACKUP_PART));
    let _ = fs::remove_file(&part);
    let copied = copy(db, &part).and_then(|()| fs::rename(&part, &target).map_err(Trouble::Io));
    if copied.is_err() {
        let _ = fs::remove_file(&part);
    }
    copied
}

/// Writes all that a database holds into a new file.
pub(super) fn copy(db: &Connection, to: &Path) -> Result<(), Trouble> {
    // SQLite writes into an empty file: its mode is ours.
    prepare(to).map_err(Trouble::Io)?;
    db.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    fs::File::open(to).and_then(|file| file.sync_all()).map_err(Trouble::Io)
}

/// Whether the directory's file system can lock files at all. SQLite says "locked" where the system says ENOLCK (NFS without
/// a lock service), but a file that nobody else knows is locked by nobody.
fn has_locks(path: &Path) -> bool {
    let trial = with_suffix(path, &format!(".locks-{:016x}", fastrand::u64(..)));
    let locked = prepare(&trial).is_ok()
        && Connection::open(&trial)
            .and_then(|db| db.execute_batch("BEGIN EXCLUSIVE; CREATE TABLE trial (x); COMMIT"))
            .is_err_and(|error| is_busy(&error));
    for suffix in ["", "-journal"] {
        let _ = fs::remove_file(with_suffix(&trial, suffix));
    }
    !locked
}

/// A database that lives and dies with the program.
pub(super) fn memory() -> Result<Connection, Trouble> {
    // Without the flag that would make a file where one is attached that is not there.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let db = Connection::open_in_memory_with_flags(flags)?;
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
        fs::metadata(path).map_or(Self(None), |found| Self::from(&found))
    }
}

impl From<&fs::Metadata> for Identity {
    #[cfg(unix)]
    fn from(found: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(Some((found.dev(), found.ino())))
    }

    #[cfg(not(unix))]
    fn from(_: &fs::Metadata) -> Self {
        Self(None)
    }
}

/// Moves a damaged file aside with its WAL. Its new name, or why it stays; `None` where it is another file by now.
pub(super) fn move_aside(path: &Path, damaged: Identity, now: SystemTime) -> Option<Result<PathBuf, String>> {
    if Identity::of(path) != damaged {
        return None;
    }
    let date = jiff::Timestamp::try_from(now).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string();
    let target = free_name(&with_suffix(path, &format!(".corrupt-{date}")));
    for suffix in ["-wal", "-shm"] {
        // Missing after a clean end; the database itself is what counts.
        let _ = fs::rename(with_suffix(path, suffix), with_suffix(&target, suffix));
    }
    Some(fs::rename(path, &target).map(|()| target).map_err(|error| detail(&error)))
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

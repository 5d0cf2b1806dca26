//! Why the file cannot be used, and the sentence that says so.

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

use super::older::Older;
use super::paths::shown;
use super::schema::{self, Mismatch};
use mailwatch_proto::model::{Fault, FaultClass, sanitise};

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
    /// A program of an older version runs with it.
    Older(Older),
    /// The file system has no locks.
    NoLocks(rusqlite::Error),
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
            Self::Io(_) | Self::Newer { .. } | Self::Older(_) | Self::NoLocks(_) => false,
        }
    }

    /// The sentence for the user.
    pub(super) fn fault(&self, path: &Path) -> Fault {
        let file = shown(path);
        let memory = "until then new entries are kept in memory only";
        match self {
            Self::Newer { found } => Fault::needs_user(
                FaultClass::History,
                format!(
                    "{file} was written by a newer mailwatch-tui (schema {found}, this one knows {}); it is left untouched, and new entries are kept in memory only: update this program, or use another \
                     --state-dir",
                    schema::known()
                ),
            ),
            Self::Io(error) => Fault::retry_after(
                FaultClass::History,
                format!("{file} cannot be made ({}): check the directory's owner and mode; {memory}", detail(error)),
            ),
            Self::Older(older) => Fault::retry_after(
                FaultClass::History,
                format!(
                    "{file} is in use by {}, whose file is not changed while it runs: {}; then this program takes the file \
                     over by itself, and {memory}",
                    older.name(),
                    older.how_to_end()
                ),
            ),
            Self::NoLocks(error) => Fault::retry_after(
                FaultClass::History,
                format!(
                    "{file} cannot be locked ({}): its file system has no locks, as NFS without a lock service (ENOLCK): \
                     start that service, mount it with `nolock`, or use a --state-dir on a local disk; {memory}",
                    detail(error)
                ),
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
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) if has_size_limit() => (
            "cannot grow, the limit of a file's size (ulimit -f) is reached or the disk is full",
            "raise the limit or free space",
        ),
        Some(ErrorCode::DiskFull) => ("cannot grow, the disk is full", "free some space"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            ("is damaged", "move it away and start again; a new one is made")
        }
        Some(_) | None => ("cannot be used", "check the disk"),
    }
}

pub(super) fn detail(error: &dyn std::fmt::Display) -> String {
    sanitise(&error.to_string(), DETAIL)
}

/// Whether this process may write files of some size only. A write beyond it fails like one to a full disk.
fn has_size_limit() -> bool {
    #[cfg(unix)]
    {
        rustix::process::getrlimit(rustix::process::Resource::Fsize).current.is_some()
    }
    #[cfg(not(unix))]
    {
        false
    }
}

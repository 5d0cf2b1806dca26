//! Why a `history.db` cannot be read.

use std::path::{Path, PathBuf};

use mailwatch_proto::model::{LINE_LIMIT, sanitise};

/// Why the file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// There is no file.
    #[error("{} does not exist: nothing has been watched with this state directory yet (--state-dir names another)", .0.display())]
    Missing(PathBuf),
    /// It was written by a newer program.
    #[error("{} was written by a newer mailwatch-tui (schema {found}): read it with that one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
    },
    /// SQLite refuses.
    #[error("{} cannot be read ({detail}): check its owner and mode, and the disk", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// SQLite's words, cut.
        detail: String,
    },
    /// It is no history of ours.
    #[error("{} is not read: {detail}", path.display())]
    Strange {
        /// The file.
        path: PathBuf,
        /// What is strange about it.
        detail: String,
    },
}

pub(super) fn refused(path: &Path, error: &rusqlite::Error) -> Unreadable {
    Unreadable::Refused { path: path.to_owned(), detail: sanitise(&error.to_string(), LINE_LIMIT) }
}

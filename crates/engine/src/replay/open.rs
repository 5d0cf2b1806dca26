//! Which file it is, by its first bytes, and reads it.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::lines::BadLine;
use super::material::Material;
use super::tarball::{self, BadArchive};
use crate::history::Unreadable;

/// RFC 1952 §2.3.1.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The first bytes of an SQLite file (its file format, §1.3.1).
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Why a file is not opened.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// The system refuses it.
    #[error("{} cannot be opened ({error}): check the name, and the file's owner and mode", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is neither a report nor a history.
    #[error("{} is neither a report (.tar.gz) nor a history.db", .0.display())]
    Unknown(PathBuf),
    /// It is larger than a report is.
    #[error("{} has {} MiB; of a report at most {} are read", path.display(), size >> 20, tarball::LARGEST >> 20)]
    Large {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
    /// It is no report.
    #[error("{}: {why}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: BadArchive,
    },
    /// It is no history.
    #[error(transparent)]
    History(#[from] Unreadable),
}

/// Reads a report or a `history.db`. Blocks; nothing is written anywhere.
///
/// # Errors
/// Where it is neither, cannot be read, or is larger than a limit.
pub fn open(path: &Path) -> Result<Material, NotOpened> {
    let refused = |error| NotOpened::Io { path: path.to_owned(), error };
    // Before it is opened: to open a FIFO waits for its writer.
    let found = path.metadata().map_err(refused)?;
    if !found.is_file() {
        return Err(NotOpened::Unknown(path.to_owned()));
    }
    let file = File::open(path).map_err(refused)?;
    let mut first = Vec::new();
    (&file).take(u64::try_from(SQLITE.len()).unwrap_or(0)).read_to_end(&mut first).map_err(refused)?;
    if first == SQLITE {
        drop(file);
        return Ok(super::database::read(path)?);
    }
    if !first.starts_with(&GZIP) {
        return Err(NotOpened::Unknown(path.to_owned()));
    }
    let size = found.len();
    if size > tarball::LARGEST {
        return Err(NotOpened::Large { path: path.to_owned(), size });
    }
    // What was read is put before the rest: the file need not be one that can be read again.
    let whole = io::Cursor::new(first).chain(file);
    tarball::read(BufReader::new(whole), size).map_err(|why| NotOpened::Report { path: path.to_owned(), why })
}

/// Reads the lines of a report's `state.jsonl`.
///
/// # Errors
/// The first that is no record.
pub fn read_lines(lines: &[u8]) -> Result<Material, BadLine> {
    super::lines::read(lines)
}

/// Reads a report's bytes.
///
/// # Errors
/// Where it is none, or is larger than a limit.
pub fn read_report(bytes: &[u8]) -> Result<Material, BadArchive> {
    tarball::read(bytes, u64::try_from(bytes.len()).unwrap_or(u64::MAX))
}

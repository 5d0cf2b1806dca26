//! A report's archive, read as a stream under limits: nothing is unpacked, and only `state.jsonl` is looked at.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use mailwatch_proto::model::{LINE_LIMIT, sanitise};

use super::lines::{self, BadLine};
use super::material::Material;

/// The largest archive.
pub(super) const LARGEST: u64 = 64 << 20;

/// Its largest content.
const LARGEST_CONTENT: u64 = 256 << 20;

/// How much larger than the archive its content may be: JSON lines become a twentieth, a bomb a thousandth.
const RATIO: u64 = 200;

/// What any content may have, however small the archive is.
const SMALL: u64 = 8 << 20;

/// Entries of an archive. A report has one for each stall, and some.
const ENTRIES: usize = 20_000;

/// What is looked for, under one folder.
const STATE: &str = "state.jsonl";

/// Why an archive is not read.
#[derive(Debug, thiserror::Error)]
pub enum BadArchive {
    /// It is damaged or cut, or claims what it does not hold.
    #[error("its archive cannot be read ({0})")]
    Io(String),
    /// It holds more than a report does.
    #[error("it unpacks to more than {} MiB, or to more than {RATIO} times its size: no report does", LARGEST_CONTENT >> 20)]
    Bomb,
    /// It has too many entries.
    #[error("it has more than {ENTRIES} entries: no report has")]
    Entries,
    /// The entry is a link, a directory, a device.
    #[error("its entry {STATE} is not a plain file")]
    NoFile,
    /// There is none.
    #[error(
        "it has no {STATE}: it is not a report of mailwatch-tui 0.2 or later (read the summary.md of an earlier one)"
    )]
    Missing,
    /// A line is no record.
    #[error("{STATE}, {0}")]
    Line(#[from] BadLine),
}

/// Reads the records of a report. `size` is the archive's.
pub(super) fn read(from: impl BufRead, size: u64) -> Result<Material, BadArchive> {
    let most = size.saturating_mul(RATIO).clamp(SMALL, LARGEST_CONTENT);
    let left = Cell::new(most);
    let unpacked = Limited { from: GzDecoder::new(from), left: &left };
    let mut archive = tar::Archive::new(unpacked);
    let result = find(&mut archive);
    // Whatever it is taken for above: the limit is why.
    if left.get() == 0 { Err(BadArchive::Bomb) } else { result }
}

fn find(archive: &mut tar::Archive<impl Read>) -> Result<Material, BadArchive> {
    let io = |error: io::Error| BadArchive::Io(sanitise(&error.to_string(), LINE_LIMIT));
    // Raw: an entry's extended name, which may be of any size, is not read into memory.
    for (index, entry) in archive.entries().map_err(io)?.raw(true).enumerate() {
        if index >= ENTRIES {
            return Err(BadArchive::Entries);
        }
        let entry = entry.map_err(io)?;
        let name = entry.path_bytes();
        let mut parts = name.split(|byte| *byte == b'/').rev();
        let is_state = parts.next() == Some(STATE.as_bytes()) && parts.count() <= 1;
        if !is_state {
            continue;
        }
        if !matches!(entry.header().entry_type(), tar::EntryType::Regular | tar::EntryType::Continuous) {
            return Err(BadArchive::NoFile);
        }
        return Ok(lines::read(BufReader::new(entry))?);
    }
    Err(BadArchive::Missing)
}

/// Ends in an error once so many bytes were read: a content of any size never stands in memory.
struct Limited<'a, R> {
    from: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other("it contains more than a report does"));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.from.read(&mut buffer[..most])?;
        self.left.set(left - u64::try_from(count).unwrap_or(left).min(left));
        Ok(count)
    }
}

//! `watermark.json` beside `history.db`: how far each mailbox was seen, for the day on which the database is gone.
//!
//! Renamed into place, so that it is always whole; on a full disk written in its place. What it says is never ahead of what was told: a mail that is found and
//! not told yet counts as not seen.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::database::Alive;
use super::moment::{from_millis, to_millis};
use super::names::key_at;
use super::paths::with_suffix;
use super::seen::Seen;
use super::watch_key::WatchKey;

/// The file's name in the state directory.
pub const WATERMARK: &str = "watermark.json";

/// Between its name and a run's, while it is written.
const FRESH: &str = ".new-";

/// The file is as long as blocks are, so that it can be written on a full disk.
const BLOCK: usize = 4096;

/// Its form. Another one is not read.
const VERSION: u32 = 1;

/// How far each mailbox was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Watermark(BTreeMap<WatchKey, Seen>);

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    /// When it was written, RFC 3339.
    written: String,
    watches: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    account: String,
    login: String,
    mailbox: String,
    epoch: u32,
    uidvalidity: u32,
    uidnext: u32,
    /// The last proof of life, RFC 3339.
    alive: String,
}

/// What a database did not know and was told by a watermark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seeded {
    /// Mailboxes that it did not have.
    pub(super) missing: usize,
    /// Mailboxes that it had seen less of.
    pub(super) behind: usize,
}

impl Watermark {
    /// Reads the file beside the database; nothing where there is none, or it cannot be understood.
    pub(super) fn read(database: &Path) -> Self {
        let Ok(text) = fs::read(path(database)) else { return Self::default() };
        let Ok(Document { version: VERSION, watches, .. }) = serde_json::from_slice(&text) else {
            return Self::default();
        };
        let seen = watches.into_iter().map(|entry| {
            let Entry { account, login, mailbox, epoch, uidvalidity, uidnext, alive } = entry;
            let key = WatchKey { account, login, mailbox };
            let last_alive = alive.parse::<jiff::Timestamp>().map_or(SystemTime::UNIX_EPOCH, SystemTime::from);
            (key, Seen { epoch, uidvalidity, uidnext, last_alive })
        });
        Self(seen.collect())
    }

    /// Removes what killed programs were writing. One that writes just now writes again in a minute.
    pub(super) fn sweep(database: &Path) {
        let Some(entries) = database.parent().and_then(|directory| fs::read_dir(directory).ok()) else { return };
        let unfinished = format!("{WATERMARK}{FRESH}");
        for entry in entries.filter_map(Result::ok) {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&unfinished)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Writes the file and renames it into place. `run` keeps two programs apart.
    pub(super) fn write(&self, database: &Path, run: &str, now: SystemTime) -> io::Result<()> {
        let stamp = |at: SystemTime| jiff::Timestamp::try_from(at).unwrap_or_default().to_string();
        let watches = self.0.iter().map(|(key, seen)| Entry {
            account: key.account.clone(),
            login: key.login.clone(),
            mailbox: key.mailbox.clone(),
            epoch: seen.epoch,
            uidvalidity: seen.uidvalidity,
            uidnext: seen.uidnext,
            alive: stamp(seen.last_alive),
        });
        let document = Document { version: VERSION, written: stamp(now), watches: watches.collect() };
        let mut text = serde_json::to_vec(&document)?;
        text.resize(text.len().next_multiple_of(BLOCK), b'\n');
        let (target, fresh) = (path(database), with_suffix(&path(database), &format!("{FRESH}{run}")));
        let written = write_whole(&fresh, &text).and_then(|()| fs::rename(&fresh, &target));
        written.or_else(|error| {
            let _ = fs::remove_file(&fresh);
            if error.kind() != io::ErrorKind::StorageFull {
                return Err(error);
            }
            // Into the blocks that it has: a kill in this moment costs less than a mark that is hours old.
            let mut file = OpenOptions::new().write(true).open(target)?;
            file.write_all(&text)?;
            file.set_len(u64::try_from(text.len()).unwrap_or(u64::MAX))
        })
    }

    /// Takes over what was just committed.
    pub(super) fn note(&mut self, key: WatchKey, seen: Seen) {
        self.0.insert(key, seen);
    }

    /// Takes over what the database knows. A mail that is not reported yet, and all after it, count as not seen.
    pub(super) fn update(&mut self, db: &Connection, alive: &BTreeMap<WatchKey, Alive>) -> rusqlite::Result<()> {
        let mut rows = db.prepare_cached(
            "SELECT account, login, mailbox, epoch, uidvalidity, alive, min(uidnext, coalesce(
                 (SELECT min(uid) FROM mail WHERE mail.watch = seen.watch AND reported = 0
                      AND mail.epoch = seen.epoch AND mail.uidvalidity = seen.uidvalidity), uidnext))
             FROM seen JOIN watch ON watch.id = seen.watch",
        )?;
        let rows = rows.query_map([], |row| {
            let (epoch, uidvalidity, uidnext) = (row.get(3)?, row.get(4)?, row.get(6)?);
            Ok((key_at(row, 0)?, Seen { epoch, uidvalidity, uidnext, last_alive: from_millis(row.get(5)?) }))
        })?;
        for row in rows {
            let (key, mut seen) = row?;
            if let Some(alive) = alive.get(&key) {
                seen.last_alive = seen.last_alive.max(alive.last);
            }
            self.0.insert(key, seen);
        }
        Ok(())
    }

    /// Tells a database what it does not know. Nothing in it goes back.
    pub(super) fn seed(&self, db: &Connection) -> rusqlite::Result<Seeded> {
        let mut seeded = Seeded::default();
        for (key, mark) in &self.0 {
            let WatchKey { account, login, mailbox } = key;
            db.prepare_cached("INSERT OR IGNORE INTO watch (account, login, mailbox) VALUES (?1, ?2, ?3)")?
                .execute(params![account, login, mailbox])?;
            let (watch, known): (i64, Option<Seen>) = db
                .prepare_cached(
                    "SELECT id, epoch, uidvalidity, uidnext, alive FROM watch LEFT JOIN seen ON seen.watch = watch.id
                     WHERE account = ?1 AND login = ?2 AND mailbox = ?3",
                )?
                .query_row(params![account, login, mailbox], |row| {
                    let Some(epoch) = row.get(1)? else { return Ok((row.get(0)?, None)) };
                    let last_alive = from_millis(row.get(4)?);
                    Ok((row.get(0)?, Some(Seen { epoch, uidvalidity: row.get(2)?, uidnext: row.get(3)?, last_alive })))
                })
                .optional()?
                .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            match known {
                None => seeded.missing += 1,
                Some(known) if is_ahead(mark, &known) => seeded.behind += 1,
                Some(_) => continue,
            }
            db.prepare_cached(
                "INSERT INTO seen (watch, epoch, uidvalidity, uidnext, alive) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (watch) DO UPDATE SET epoch = excluded.epoch, uidvalidity = excluded.uidvalidity,
                     uidnext = excluded.uidnext, alive = max(alive, excluded.alive)",
            )?
            .execute(params![
                watch,
                mark.epoch,
                mark.uidvalidity,
                mark.uidnext,
                to_millis(mark.last_alive)
            ])?;
        }
        Ok(seeded)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether the mark has seen more than what is known.
fn is_ahead(mark: &Seen, known: &Seen) -> bool {
    if (mark.epoch, mark.uidvalidity) == (known.epoch, known.uidvalidity) {
        return mark.uidnext > known.uidnext;
    }
    (mark.epoch, mark.last_alive) > (known.epoch, known.last_alive)
}

fn path(database: &Path) -> PathBuf {
    database.with_file_name(WATERMARK)
}

fn write_whole(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.write(true).create(true).truncate(true).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

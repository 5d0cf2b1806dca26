//! Drops what is too old or too much, in slices: a request waits for one at most.
//!
//! By age, all that is older than `keep`. By size, the oldest routine of the watch that has the most, so that a noisy one costs
//! the others nothing; where no routine is left, the oldest mails of all. Never what is owed, and by age never what identifies a mail
//! that may still be there.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, params};

use super::moment::to_millis;
use super::readers::prune_readers;
use super::record::KEPT;

/// Rows that a slice looks at: some milliseconds.
const ROWS: i64 = 1000;

/// Pages that a slice gives back to the disk.
const PAGES: i64 = 256;

/// A file without incremental vacuum is given it where so many pages, 32 MB, are in use: half a second.
const PAGES_AT_ONCE: i64 = 8192;

/// Of the permitted size, in percent: where pruning by size begins, with room for the WAL, and where it ends.
const FULL: u64 = 95;
const EASED: u64 = 85;

/// Mails that stay whatever the size: more than one look tells.
const NEWEST: i64 = 10_000;

/// The tables that are pruned by the age of their rows, with the column that has it.
const BY_AGE: [(&str, &str); 10] = [
    ("event", "at"),
    ("receipt", "at"),
    ("outcome", "at"),
    ("wire", "at"),
    ("look", "at"),
    ("server", "at"),
    ("blind", "until"),
    ("stall", "at"),
    ("hook", "settled"),
    ("canary", "removed"),
];

/// The tables that are pruned by size, each watch's rows apart. Stalls go last.
const BY_SIZE: [&str; 7] = ["event", "receipt", "wire", "look", "server", "blind", STALLS];
const STALLS: &str = "stall";

/// How much is kept: `[history]` of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For how long.
    pub keep: Duration,
    /// The file's size in bytes.
    pub max_size: u64,
}

impl Limits {
    /// What pruning by size begins at, or ends at where it has begun, in bytes.
    const fn most(&self, begun: bool) -> u64 {
        self.max_size / 100 * if begun { EASED } else { FULL }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { keep: KEPT, max_size: 100_000_000 }
    }
}

/// A pruning, slice by slice, and again.
#[derive(Debug)]
pub(super) struct Pruning {
    limits: Limits,
    step: Step,
    /// The last mail that was pruned by age.
    mails_done: i64,
}

#[derive(Debug)]
enum Step {
    /// By age: this table, rows after this one.
    Age { table: usize, after: i64 },
    /// Mails by age.
    Mails,
    /// By size; the watches' rows, where they were counted.
    Size(Option<Shares>),
    /// Mails by size, after this one.
    MailsBySize(i64),
    /// Free pages go back to the disk.
    Vacuum,
}

const FIRST: Step = Step::Age { table: 0, after: 0 };

/// Whose rows, in which table, how many.
type Shares = BTreeMap<Option<i64>, BTreeMap<&'static str, i64>>;

impl Pruning {
    pub(super) const fn new(limits: Limits) -> Self {
        Self { limits, step: FIRST, mails_done: 0 }
    }

    /// Does a slice. Whether there is more to do now.
    pub(super) fn slice(&mut self, db: &Connection, now: SystemTime) -> rusqlite::Result<bool> {
        let oldest = now.checked_sub(self.limits.keep).map_or(i64::MIN, to_millis);
        match &mut self.step {
            Step::Age { table, after } => {
                let Some((name, column)) = BY_AGE.get(*table) else {
                    self.step = Step::Mails;
                    return Ok(true);
                };
                match prune_rows(db, (name, column), *after, oldest)? {
                    // Rows come in the order of their times: what follows is younger.
                    None => (*table, *after) = (*table + 1, 0),
                    Some(last) => *after = last,
                }
                Ok(true)
            }
            Step::Mails => {
                match prune_mails(db, self.mails_done, oldest)? {
                    None => {
                        prune_readers(db, oldest)?;
                        self.step = Step::Size(None);
                    }
                    Some(last) => self.mails_done = last,
                }
                Ok(true)
            }
            Step::Size(shares) => {
                if live_bytes(db)? <= self.limits.most(shares.is_some()) {
                    self.step = Step::Vacuum;
                } else if !prune_most(db, shares)? {
                    self.step = Step::MailsBySize(0);
                }
                Ok(true)
            }
            Step::MailsBySize(after) => {
                let enough = live_bytes(db)? <= self.limits.most(true);
                match if enough { None } else { prune_oldest_mails(db, *after)? } {
                    None => self.step = Step::Vacuum,
                    Some(last) => *after = last,
                }
                Ok(true)
            }
            Step::Vacuum => {
                let more = give_back(db)?;
                if !more {
                    self.step = FIRST;
                }
                Ok(more)
            }
        }
    }
}

/// Drops all that is older than these limits keep, at once.
pub(super) fn prune_by_age(db: &Connection, limits: Limits, now: SystemTime) -> rusqlite::Result<()> {
    let mut pruning = Pruning::new(limits);
    while !matches!(pruning.step, Step::Size(_)) {
        pruning.slice(db, now)?;
    }
    Ok(())
}

/// A slice of a table. The last row that was looked at; `None` where nothing was old, or there is nothing more.
fn prune_rows(
    db: &Connection,
    (table, column): (&str, &str),
    after: i64,
    oldest: i64,
) -> rusqlite::Result<Option<i64>> {
    let Some(last) = slice_end(db, table, after)? else { return Ok(None) };
    let delete = format!("DELETE FROM {table} WHERE rowid > ?1 AND rowid <= ?2 AND {column} < ?3");
    let deleted = db.prepare_cached(&delete)?.execute([after, last, oldest])?;
    Ok((deleted > 0).then_some(last))
}

/// A slice of the mails that were reported. One of an ended epoch is dropped; of the others stays what identifies them.
fn prune_mails(db: &Connection, after: i64, oldest: i64) -> rusqlite::Result<Option<i64>> {
    let Some(last) = slice_end(db, "mail", after)? else { return Ok(None) };
    let is_old: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM mail WHERE seq > ?1 AND seq <= ?2 AND found < ?3)")?
        .query_row([after, last, oldest], |row| row.get(0))?;
    if !is_old {
        return Ok(None);
    }
    db.prepare_cached(
        "DELETE FROM mail WHERE seq > ?1 AND seq <= ?2 AND found < ?3 AND reported = 1
             AND epoch < (SELECT seen.epoch FROM seen WHERE seen.watch = mail.watch)",
    )?
    .execute([after, last, oldest])?;
    db.prepare_cached(
        "UPDATE mail SET sender = '', subject = iif(message_id IS NULL, subject, ''), date = NULL, flags = '',
             new = 0
         WHERE seq > ?1 AND seq <= ?2 AND found < ?3 AND reported = 1",
    )?
    .execute([after, last, oldest])?;
    Ok(Some(last))
}

/// A slice of the mails that were reported, whatever their age, but for the newest, and those that a reader with a name is owed.
fn prune_oldest_mails(db: &Connection, after: i64) -> rusqlite::Result<Option<i64>> {
    let Some(last) = slice_end(db, "mail", after)? else { return Ok(None) };
    let kept = "SELECT min(max(seq) - ?1, coalesce((SELECT min(seq) FROM cursor), max(seq))) FROM mail";
    let last = last.min(db.prepare_cached(kept)?.query_row([NEWEST], |row| row.get(0))?);
    let delete = "DELETE FROM mail WHERE seq > ?1 AND seq <= ?2 AND reported = 1";
    db.prepare_cached(delete)?.execute([after, last])?;
    Ok((last > after).then_some(last))
}

fn slice_end(db: &Connection, table: &str, after: i64) -> rusqlite::Result<Option<i64>> {
    let end = format!("SELECT max(id) FROM (SELECT rowid AS id FROM {table} WHERE rowid > ?1 ORDER BY rowid LIMIT ?2)");
    db.prepare_cached(&end)?.query_row([after, ROWS], |row| row.get(0))
}

/// Drops the oldest rows of the watch that has the most. Whether there was one.
fn prune_most(db: &Connection, shares: &mut Option<Shares>) -> rusqlite::Result<bool> {
    let shares = match shares {
        Some(shares) => shares,
        None => shares.insert(count(db)?),
    };
    let total = |tables: &BTreeMap<&str, i64>| tables.values().sum::<i64>();
    let Some((watch, tables)) = shares.iter_mut().max_by_key(|(_, tables)| total(tables)) else { return Ok(false) };
    let sum = total(tables);
    let routine =
        tables.iter_mut().filter(|(_, rows)| **rows > 0).max_by_key(|(table, rows)| (**table != STALLS, **rows));
    let Some((table, rows)) = routine else { return Ok(false) };
    // A quarter at most, so that the shares stay near each other.
    let delete = (sum / 4).clamp(1, ROWS);
    let sql = format!(
        "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE watch IS ?1 ORDER BY rowid LIMIT ?2)"
    );
    let deleted = db.prepare_cached(&sql)?.execute(params![watch, delete])?;
    *rows = if deleted == 0 { 0 } else { *rows - delete };
    Ok(true)
}

fn count(db: &Connection) -> rusqlite::Result<Shares> {
    let mut shares = Shares::new();
    for table in BY_SIZE {
        // Not grouped by SQLite, which keeps every row in memory to sort them.
        let mut rows = db.prepare(&format!("SELECT watch FROM {table}"))?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            *shares.entry(row.get(0)?).or_default().entry(table).or_default() += 1;
        }
    }
    Ok(shares)
}

/// What the file has of use, in bytes.
fn live_bytes(db: &Connection) -> rusqlite::Result<u64> {
    let pages = pragma(db, "page_count")? - pragma(db, "freelist_count")?;
    Ok(u64::try_from(pages * pragma(db, "page_size")?).unwrap_or(0))
}

/// Gives a slice of free pages back to the disk. Whether there are more.
fn give_back(db: &Connection) -> rusqlite::Result<bool> {
    /// `PRAGMA auto_vacuum` of a file that gives pages back when asked to.
    const INCREMENTAL: i64 = 2;
    let (pages, free) = (pragma(db, "page_count")?, pragma(db, "freelist_count")?);
    if pragma(db, "auto_vacuum")? != INCREMENTAL {
        // A file of an older program, made anew once it is small.
        if pages - free <= PAGES_AT_ONCE {
            db.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;")?;
        }
        return Ok(false);
    }
    // Some are soon needed again.
    if free <= PAGES {
        // The file itself shrinks when its WAL is written into it.
        return db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(false));
    }
    let mut step = db.prepare_cached(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut rows = step.query([])?;
    while rows.next()?.is_some() {}
    Ok(pragma(db, "freelist_count")? < free)
}

fn pragma(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    db.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
}

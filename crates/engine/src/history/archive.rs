//! `history.db` for a program that does not watch: a read-only connection, beside one that may be writing.
//!
//! In WAL mode a reader sees one state of the file and delays no writer. Version 0.1.0's file is read as it is; only one from
//! before it is written to, and migrated to this program's schema as at a start.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags, Params, Row, params};

use super::file::{self, FILE};
use super::kept_mails::{self, KeptMail, MailList, MailQuery};
use super::moment::{from_millis, to_millis};
use super::names::{key_at, loss};
use super::record::{Blindness, KeptLine, KeptPush, KeptReceipt, KeptServer, Logged, Stall};
use super::stranger::{self, Dated, READABLE};
use super::trouble::Trouble;
use super::unreadable::{Unreadable, refused};
use super::watch_key::WatchKey;
use super::{read, read_proof, schema};
use mailwatch_proto::model::{LINE_LIMIT, Span, sanitise};

/// Why a reading row by row has ended before the last.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The reader of the rows wants no more.
    #[error(transparent)]
    Reader(#[from] io::Error),
}

/// What happened at one moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// A line of the log.
    Line(Logged),
    /// A DONE.
    Receipt(KeptReceipt),
}

/// Takes a row, and says whether it wants more.
pub type Each<'a, T> = &'a mut dyn FnMut(T) -> io::Result<()>;

const RECEIPTS: &str = "SELECT conn, at, reason, idle_ms, written, acked, answered, status, untagged, late,
         account, login, mailbox
     FROM receipt JOIN watch ON watch.id = receipt.watch WHERE at >= ?1 ORDER BY at, receipt.rowid";

/// The file as it was when it was opened: every answer comes from that one state.
#[derive(Debug)]
pub struct Archive {
    db: Connection,
    path: PathBuf,
}

impl Archive {
    /// Opens `history.db` in the state directory; makes none.
    ///
    /// # Errors
    /// Where there is none, it is a newer program's, or it cannot be read.
    pub fn open(state_dir: &Path) -> Result<Self, Unreadable> {
        let path = state_dir.join(FILE);
        if !path.exists() {
            return Err(Unreadable::Missing(path));
        }
        let refused = |error: rusqlite::Error| refused(&path, &error);
        let found = Self::connect(&path).and_then(|db| schema::version(&db)).map_err(refused)?;
        if found > schema::known() {
            return Err(Unreadable::Newer { path, found });
        }
        if found < READABLE {
            match file::open(&path, file::BUSY) {
                Ok(_) => {}
                Err(Trouble::Newer { found }) => return Err(Unreadable::Newer { path, found }),
                Err(Trouble::Sqlite(error) | Trouble::NoLocks(error)) => return Err(refused(error)),
                Err(trouble @ Trouble::Older(_)) => {
                    let detail = trouble.fault(&path).message;
                    return Err(Unreadable::Refused { path, detail });
                }
                Err(Trouble::Io(error)) => return Err(Unreadable::Refused { path, detail: error.to_string() }),
            }
        }
        let db = Self::connect(&path).map_err(refused)?;
        // One transaction from here to the end: the state that every answer is read from.
        db.execute_batch("BEGIN; SELECT count(*) FROM watch;").map_err(refused)?;
        Ok(Self { db, path })
    }

    /// Opens a stranger's file, wherever it came from: it can do nothing, and is not changed. What a `-wal` beside it holds
    /// is not read.
    ///
    /// # Errors
    /// Where it cannot be read, or is no `history.db` of version 0.1.0 or later.
    pub fn open_stranger(path: &Path) -> Result<Self, Unreadable> {
        let found = path.metadata().map_err(|error| Unreadable::Refused {
            path: path.to_owned(),
            detail: sanitise(&error.to_string(), LINE_LIMIT),
        })?;
        if !found.is_file() || found.len() > stranger::LARGEST {
            let detail = if found.is_file() {
                format!("it has {} MiB; at most {} are read", found.len() >> 20, stranger::LARGEST >> 20)
            } else {
                "it is not a file".to_owned()
            };
            return Err(Unreadable::Strange { path: path.to_owned(), detail });
        }
        Ok(Self { db: stranger::open(path)?, path: path.to_owned() })
    }

    /// Since when a table's rows are to be read, so that there are no more than `most` of them, the newest.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn newest(&self, table: Dated, most: u32) -> Result<SystemTime, Unreadable> {
        let since = self.answer(stranger::since(&self.db, table, most))?;
        Ok(since.map_or(SystemTime::UNIX_EPOCH, from_millis))
    }

    fn connect(path: &Path) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(file::BUSY)?;
        Ok(db)
    }

    fn answer<T>(&self, rows: rusqlite::Result<T>) -> Result<T, Unreadable> {
        rows.map_err(|error| refused(&self.path, &error))
    }

    /// Every watch with anything in the file, by name.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn watches(&self) -> Result<Vec<WatchKey>, Unreadable> {
        self.answer((|| {
            let mut watches =
                self.db.prepare("SELECT account, login, mailbox FROM watch ORDER BY account, mailbox, login")?;
            watches.query_map([], |row| key_at(row, 0))?.collect()
        })())
    }

    /// Reads row by row: however many there are, one is in memory.
    fn each<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
        each: Each<'_, T>,
    ) -> Result<(), Interrupted> {
        let mut statement = self.answer(self.db.prepare(sql))?;
        let mut rows = self.answer(statement.query(params))?;
        while let Some(row) = self.answer(rows.next())? {
            each(self.answer(read(row))?)?;
        }
        Ok(())
    }

    /// All watches' receipts since then, oldest first. A DONE that was answered late has two.
    ///
    /// # Errors
    /// Where the file cannot be read, or `each` refuses.
    pub fn each_receipt(&self, since: SystemTime, each: Each<'_, KeptReceipt>) -> Result<(), Interrupted> {
        self.each(RECEIPTS, [to_millis(since)], receipt, each)
    }

    /// The same as a list.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn receipts(&self, since: SystemTime) -> Result<Vec<KeptReceipt>, Unreadable> {
        collected(|each| self.each_receipt(since, each))
    }

    /// All stalls since then, oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stalls(&self, since: SystemTime) -> Result<Vec<Stall>, Unreadable> {
        self.answer(read::stalls(&self.db, since))
    }

    /// The stretches since then in which no engine ran. A file from before that was kept has none.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn unwatched(&self, since: SystemTime) -> Result<Vec<Span>, Unreadable> {
        let columns = "SELECT count(*) = 2 AND max(hidden) = 0 FROM pragma_table_xinfo('run')";
        let is_ours: Option<bool> = self.answer(self.db.query_row(columns, [], |row| row.get(0)))?;
        if is_ours != Some(true) {
            return Ok(Vec::new());
        }
        self.answer(read::unwatched(&self.db, since))
    }

    /// All watches' blind intervals that ended since then, oldest first, each whole.
    ///
    /// # Errors
    /// Where the file cannot be read, or `each` refuses.
    pub fn each_blind(&self, since: SystemTime, each: Each<'_, Blindness>) -> Result<(), Interrupted> {
        self.each(
            "SELECT account, login, mailbox, since, until, why FROM blind JOIN watch ON watch.id = blind.watch
             WHERE until >= ?1 ORDER BY since, blind.rowid",
            [to_millis(since)],
            |row| {
                let why: Option<String> = row.get(5)?;
                Ok(Blindness {
                    key: key_at(row, 0)?,
                    since: from_millis(row.get(3)?),
                    until: from_millis(row.get(4)?),
                    why: why.as_deref().and_then(loss),
                })
            },
            each,
        )
    }

    /// The same as a list.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn blind(&self, since: SystemTime) -> Result<Vec<Blindness>, Unreadable> {
        collected(|each| self.each_blind(since, each))
    }

    /// All mails' push receipts since then, oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read, or `each` refuses.
    pub fn each_push(&self, since: SystemTime, each: Each<'_, KeptPush>) -> Result<(), Interrupted> {
        let version = self.answer(schema::version(&self.db))?;
        // A message of this program's own comes before the mails that came after it.
        let own = self.answer(read_proof::canaries(&self.db, version, since))?;
        let mut own = own.into_iter().peekable();
        if version >= schema::WITH_RECEIPTS {
            let since = [to_millis(since)];
            self.each(read_proof::PUSHES, since, read_proof::push, &mut |push: KeptPush| {
                while let Some(canary) = own.next_if(|canary| canary.at <= push.at) {
                    each(canary)?;
                }
                each(push)
            })?;
        }
        own.try_for_each(each).map_err(Interrupted::from)
    }

    /// The same as a list.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn pushes(&self, since: SystemTime) -> Result<Vec<KeptPush>, Unreadable> {
        collected(|each| self.each_push(since, each))
    }

    /// All mails that came since then, oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read, or `each` refuses.
    pub fn each_mail(&self, since: SystemTime, each: Each<'_, KeptMail>) -> Result<(), Interrupted> {
        if self.answer(schema::version(&self.db))? < schema::WITH_RECEIPTS {
            return Ok(());
        }
        self.each(kept_mails::ALL, [to_millis(since)], kept_mails::mail, each)
    }

    /// The mails of a query.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn mails(&self, query: &MailQuery) -> Result<MailList, Unreadable> {
        self.answer(kept_mails::mails(&self.db, query))
    }

    /// The wire around stalls since then, in the order in which it went.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn wire(&self, since: SystemTime) -> Result<Vec<KeptLine>, Unreadable> {
        self.answer(read_proof::wire(&self.db, since))
    }

    /// What the servers said of themselves since then, oldest first, and of each watch the last before.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn servers(&self, since: SystemTime) -> Result<Vec<KeptServer>, Unreadable> {
        self.answer(read_proof::servers(&self.db, since))
    }

    /// The last `most` lines of the log since then, oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read, or `each` refuses.
    pub fn each_line(&self, since: SystemTime, most: u32, each: Each<'_, Logged>) -> Result<(), Interrupted> {
        self.each(read::NEWEST_LINES, params![to_millis(since), most], read::logged, each)
    }

    /// The same with the receipts among them, in the order of time.
    ///
    /// # Errors
    /// Where the file cannot be read, or `each` refuses.
    pub fn each_moment(&self, since: SystemTime, most: u32, each: Each<'_, Moment>) -> Result<(), Interrupted> {
        let mut lines = self.answer(self.db.prepare(read::NEWEST_LINES))?;
        let mut lines = self.answer(lines.query(params![to_millis(since), most]))?;
        let mut receipts = self.answer(self.db.prepare(RECEIPTS))?;
        let mut receipts = self.answer(receipts.query([to_millis(since)]))?;
        let mut next_line = || self.answer((|| lines.next()?.map(read::logged).transpose())());
        let mut next_receipt = || self.answer((|| receipts.next()?.map(receipt).transpose())());
        let (mut line, mut receipt) = (next_line()?, next_receipt()?);
        loop {
            (line, receipt) = match (line, receipt) {
                (None, None) => return Ok(()),
                (Some(line), Some(receipt)) if receipt.at < line.at => {
                    each(Moment::Receipt(receipt))?;
                    (Some(line), next_receipt()?)
                }
                (Some(line), receipt) => {
                    each(Moment::Line(line))?;
                    (next_line()?, receipt)
                }
                (None, Some(receipt)) => {
                    each(Moment::Receipt(receipt))?;
                    (None, next_receipt()?)
                }
            };
        }
    }

    /// The last `limit` lines of the log since then, oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn logged(&self, since: SystemTime, limit: u32) -> Result<Vec<Logged>, Unreadable> {
        self.answer(read::log(&self.db, since, limit))
    }
}

fn receipt(row: &Row<'_>) -> rusqlite::Result<KeptReceipt> {
    read::receipt(&key_at(row, 10)?, row)
}

/// Every row that a reading has.
fn collected<T>(read: impl FnOnce(Each<'_, T>) -> Result<(), Interrupted>) -> Result<Vec<T>, Unreadable> {
    let mut rows = Vec::new();
    let read = read(&mut |row| {
        rows.push(row);
        Ok(())
    });
    match read {
        // A list takes every row.
        Ok(()) | Err(Interrupted::Reader(_)) => Ok(rows),
        Err(Interrupted::Unreadable(error)) => Err(error),
    }
}

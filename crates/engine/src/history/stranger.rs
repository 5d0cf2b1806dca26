//! A stranger's `history.db`: opened so that it can do nothing. It is never written, not even beside it; its schema is trusted
//! in nothing, what is larger or takes longer than a history does is refused.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::schema;
use super::unreadable::{self, Unreadable};

/// The first schema whose records are as they are now: version 0.1.0's.
pub(super) const READABLE: i64 = 4;

/// The largest file that is read: five times what is kept where the configuration says nothing else.
pub(super) const LARGEST: u64 = 512 << 20;

/// How long all of its answers may take together.
const LONGEST: Duration = Duration::from_secs(20);

/// Steps of SQLite's machine between two looks at the clock: some microseconds.
const STEPS: i32 = 10_000;

/// The longest value of a row. The program itself keeps no text of more than 4,000 bytes, and 64 KiB of capabilities.
const LONGEST_VALUE: i32 = 256 << 10;

/// Watches that a file may have.
const WATCHES: i64 = 20_000;

/// Bytes of a watch's names together. Each row of an answer repeats them.
const NAMES: i64 = 2000;

/// The tables that are read.
const TABLES: [&str; 9] = ["watch", "receipt", "stall", "look", "blind", "event", "wire", "server", "mail"];

/// Opens the file, and refuses one that no program of ours wrote.
pub(super) fn open(path: &Path) -> Result<Connection, Unreadable> {
    let strange = |detail: String| Unreadable::Strange { path: path.to_owned(), detail };
    let refused = |error: rusqlite::Error| unreadable::refused(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut db = Connection::open_with_flags(uri(path), flags).map_err(refused)?;
    restrict(&mut db).map_err(refused)?;
    let found = schema::version(&db).map_err(refused)?;
    if found > schema::known() {
        return Err(Unreadable::Newer { path: path.to_owned(), found });
    }
    if found < READABLE {
        return Err(strange(format!(
            "it is a database, but not a history.db of version 0.1.0 or later (schema {found})"
        )));
    }
    if let Some(why) = oddity(&db).map_err(refused)? {
        return Err(strange(why));
    }
    Ok(db)
}

/// Before the first statement reads the schema.
fn restrict(db: &mut Connection) -> rusqlite::Result<()> {
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, false),
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
    ] {
        db.set_db_config(setting, on)?;
    }
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 64 << 10),
        (Limit::SQLITE_LIMIT_COLUMN, 64),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 50),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 10),
        (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        db.set_limit(limit, most)?;
    }
    let by = Instant::now() + LONGEST;
    db.progress_handler(STEPS, Some(move || Instant::now() > by))?;
    db.execute_batch(
        "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA query_only = ON;
         PRAGMA temp_store = MEMORY;",
    )
}

/// What no history has.
fn oddity(db: &Connection) -> rusqlite::Result<Option<String>> {
    let mut odd = db.prepare(
        "SELECT type FROM sqlite_schema
         WHERE type IN ('view', 'trigger') OR (type = 'table' AND (rootpage = 0 OR rootpage IS NULL)) LIMIT 1",
    )?;
    let mut rows = odd.query([])?;
    if let Some(row) = rows.next()? {
        let what = match row.get::<_, String>(0)?.as_str() {
            "view" => "a view",
            "trigger" => "a trigger",
            _ => "a virtual table",
        };
        return Ok(Some(format!("it has {what}, which no history.db has")));
    }
    for table in TABLES {
        let columns: i64 = db.query_row("SELECT count(*) FROM pragma_table_xinfo(?1)", [table], |row| row.get(0))?;
        let computed: i64 =
            db.query_row("SELECT count(*) FROM pragma_table_xinfo(?1) WHERE hidden <> 0", [table], |row| row.get(0))?;
        if columns == 0 {
            return Ok(Some(format!("it has no table {table}")));
        }
        if computed > 0 {
            return Ok(Some(format!("its table {table} has computed columns, which no history.db has")));
        }
    }
    let watches: i64 = db.query_row("SELECT count(*) FROM watch", [], |row| row.get(0))?;
    if watches > WATCHES {
        return Ok(Some(format!("it has {watches} watches; at most {WATCHES} are read")));
    }
    let long: bool = db.query_row(
        "SELECT EXISTS (SELECT 1 FROM watch WHERE length(CAST(account AS BLOB)) + length(CAST(login AS BLOB))
             + length(CAST(mailbox AS BLOB)) > ?1)",
        [NAMES],
        |row| row.get(0),
    )?;
    Ok(long.then(|| "it has a watch whose name is too long".to_owned()))
}

/// The file as a URI: immutable, so that nothing is made beside it, no lock and no WAL.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    let text = path.to_string_lossy();
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() };
    if cfg!(windows) && text.contains(':') {
        uri.push('/');
    }
    for c in text.chars() {
        match c {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            c => uri.push(c),
        }
    }
    uri.push_str("?mode=ro&immutable=1");
    uri
}

/// Since when a table's rows are read, so that there are no more than `most`, the newest; `None` where all are.
pub(super) fn since(db: &Connection, table: Dated, most: u32) -> rusqlite::Result<Option<i64>> {
    let (table, column) = (table.table(), table.column());
    // Both are names of this file's own.
    let nth = format!("SELECT {column} FROM {table} ORDER BY {column} DESC LIMIT 1 OFFSET ?1");
    let mut statement = db.prepare(&nth)?;
    let mut rows = statement.query([most])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    // Rows of that very moment are left out, however many there are.
    Ok(Some(row.get::<_, i64>(0)?.saturating_add(1)))
}

/// A table with moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dated {
    /// DONEs.
    Receipts,
    /// Stalls.
    Stalls,
    /// Blind intervals, by their end.
    Blind,
    /// The log.
    Events,
    /// The wire.
    Wire,
    /// Servers.
    Servers,
}

impl Dated {
    const fn table(self) -> &'static str {
        match self {
            Self::Receipts => "receipt",
            Self::Stalls => "stall",
            Self::Blind => "blind",
            Self::Events => "event",
            Self::Wire => "wire",
            Self::Servers => "server",
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Blind => "until",
            Self::Receipts | Self::Stalls | Self::Events | Self::Wire | Self::Servers => "at",
        }
    }
}

//! The database's tables, and how an older file becomes a newer one.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// One step each; `PRAGMA user_version` counts a file's steps. Steps are only ever added.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE watch (
        id      INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        login   TEXT NOT NULL,
        mailbox TEXT NOT NULL,
        UNIQUE (account, login, mailbox)
    ) STRICT;
    CREATE TABLE seen (
        watch       INTEGER PRIMARY KEY REFERENCES watch,
        uidvalidity INTEGER NOT NULL,
        uidnext     INTEGER NOT NULL,
        alive       INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE mail (
        watch       INTEGER NOT NULL REFERENCES watch,
        uidvalidity INTEGER NOT NULL,
        uid         INTEGER NOT NULL,
        sender      TEXT NOT NULL,
        subject     TEXT NOT NULL,
        date        TEXT,
        message_id  TEXT,
        internal    INTEGER,
        found       INTEGER NOT NULL,
        owner       TEXT NOT NULL,
        reported    INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (watch, uidvalidity, uid)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX mail_unreported ON mail (watch, found) WHERE reported = 0;
    CREATE INDEX mail_found ON mail (found);
    CREATE TABLE receipt (
        watch    INTEGER NOT NULL REFERENCES watch,
        conn     INTEGER NOT NULL,
        at       INTEGER NOT NULL,
        reason   TEXT NOT NULL,
        idle_ms  INTEGER NOT NULL,
        written  INTEGER,
        acked    INTEGER,
        answered INTEGER,
        status   TEXT,
        untagged INTEGER NOT NULL,
        late     INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX receipt_watch ON receipt (watch, at);
    CREATE INDEX receipt_at ON receipt (at);
    CREATE TABLE outcome (
        host    TEXT NOT NULL,
        login   TEXT NOT NULL,
        at      INTEGER NOT NULL,
        age_ms  INTEGER NOT NULL,
        fate    TEXT NOT NULL,
        took_ms INTEGER
    ) STRICT;
    CREATE INDEX outcome_login ON outcome (host, login, at);
    CREATE INDEX outcome_at ON outcome (at);
    CREATE TABLE stall (
        watch       INTEGER NOT NULL REFERENCES watch,
        conn        INTEGER NOT NULL,
        at          INTEGER NOT NULL,
        verdict     TEXT NOT NULL,
        waited_ms   INTEGER NOT NULL,
        acked       INTEGER,
        outq        INTEGER,
        unacked     INTEGER,
        retransmits INTEGER,
        backoff     INTEGER,
        snd_wnd     INTEGER,
        proxy       INTEGER
    ) STRICT;
    CREATE INDEX stall_at ON stall (at);
    CREATE TABLE blind (
        watch INTEGER NOT NULL REFERENCES watch,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX blind_until ON blind (until);
    CREATE TABLE event (
        at    INTEGER NOT NULL,
        watch INTEGER REFERENCES watch,
        conn  INTEGER,
        kind  TEXT NOT NULL,
        text  TEXT NOT NULL
    ) STRICT;
    CREATE INDEX event_at ON event (at);
",
    "
    ALTER TABLE blind ADD COLUMN why TEXT;
    CREATE INDEX blind_watch ON blind (watch, until);
",
    "
    CREATE TABLE hook (
        id      INTEGER PRIMARY KEY,
        watch   INTEGER NOT NULL REFERENCES watch,
        event   TEXT NOT NULL,
        what    TEXT NOT NULL,
        at      INTEGER NOT NULL,
        line    TEXT NOT NULL,
        owner   TEXT NOT NULL,
        settled INTEGER,
        UNIQUE (watch, event, what)
    ) STRICT;
    CREATE INDEX hook_owed ON hook (watch, event, at) WHERE settled IS NULL;
    CREATE INDEX hook_settled ON hook (settled);
",
    "
    ALTER TABLE stall ADD COLUMN text TEXT;
    CREATE TABLE look (
        watch         INTEGER NOT NULL REFERENCES watch,
        conn          INTEGER NOT NULL,
        at            INTEGER NOT NULL,
        after_ms      INTEGER NOT NULL,
        acked         INTEGER NOT NULL,
        outq          INTEGER NOT NULL,
        notsent       INTEGER,
        unacked       INTEGER NOT NULL,
        retransmits   INTEGER NOT NULL,
        backoff       INTEGER NOT NULL,
        probes        INTEGER NOT NULL,
        total_retrans INTEGER NOT NULL,
        snd_wnd       INTEGER,
        rtt_us        INTEGER NOT NULL,
        heard_ms      INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX look_at ON look (at);
    CREATE TABLE wire (
        watch  INTEGER NOT NULL REFERENCES watch,
        conn   INTEGER NOT NULL,
        at     INTEGER NOT NULL,
        client INTEGER NOT NULL,
        text   TEXT NOT NULL
    ) STRICT;
    CREATE INDEX wire_at ON wire (at);
    CREATE TABLE server (
        watch        INTEGER NOT NULL REFERENCES watch,
        conn         INTEGER NOT NULL,
        at           INTEGER NOT NULL,
        addr         TEXT,
        proxy        TEXT,
        local        TEXT,
        tls          TEXT,
        cipher       TEXT,
        id           TEXT,
        capabilities TEXT NOT NULL
    ) STRICT;
    CREATE INDEX server_watch ON server (watch);
    CREATE INDEX server_at ON server (at);
",
    // A mail is known by its watch, epoch and UID; its UIDVALIDITY is a second fence, for rows of before there were epochs.
    // `seq` is the order in which mails were found: a cursor names the last that its reader was told of. `how` it was found,
    // when it was `announced` and `told` are its push receipt, with `internal`, when the server received it.
    // Rows are pruned in the order in which they came: an index on their times alone would only repeat others.
    "
    ALTER TABLE seen ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE mail_of_2 (
        seq         INTEGER PRIMARY KEY AUTOINCREMENT,
        watch       INTEGER NOT NULL REFERENCES watch,
        epoch       INTEGER NOT NULL,
        uidvalidity INTEGER NOT NULL,
        uid         INTEGER NOT NULL,
        sender      TEXT NOT NULL,
        subject     TEXT NOT NULL,
        date        TEXT,
        message_id  TEXT,
        internal    INTEGER,
        size        INTEGER,
        flags       TEXT NOT NULL,
        headers     INTEGER NOT NULL,
        how         TEXT,
        announced   INTEGER,
        found       INTEGER NOT NULL,
        told        INTEGER,
        owner       TEXT NOT NULL,
        reported    INTEGER NOT NULL,
        UNIQUE (watch, epoch, uidvalidity, uid)
    ) STRICT;
    INSERT INTO mail_of_2
        (watch, epoch, uidvalidity, uid, sender, subject, date, message_id, internal, flags, headers, found, owner,
         reported)
        SELECT watch, 0, uidvalidity, uid, sender, subject, date, message_id, internal, '', 1, found, owner, reported
        FROM mail ORDER BY found, watch, uidvalidity, uid;
    DROP TABLE mail;
    ALTER TABLE mail_of_2 RENAME TO mail;
    CREATE INDEX mail_unreported ON mail (watch) WHERE reported = 0;
    CREATE INDEX mail_message_id ON mail (message_id) WHERE message_id IS NOT NULL;
    CREATE INDEX mail_internal ON mail (internal) WHERE message_id IS NULL;
    CREATE TABLE poison (
        watch    INTEGER NOT NULL REFERENCES watch,
        epoch    INTEGER NOT NULL,
        uid      INTEGER NOT NULL,
        tried    INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        PRIMARY KEY (watch, epoch, uid)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE cursor (
        name  TEXT PRIMARY KEY,
        seq   INTEGER NOT NULL,
        moved INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    UPDATE hook SET what = '0/' || what WHERE what LIKE '%/%';
    DROP INDEX receipt_at;
    DROP INDEX outcome_at;
    DROP INDEX server_at;
    DROP INDEX blind_until;
    DROP INDEX hook_settled;
",
    // How late a mail was told, by the server's clock, where that is known.
    "
    ALTER TABLE mail ADD COLUMN late_ms INTEGER;
",
    // The mails beyond its cursor that a reader was told: they are not always told in the order in which they were found.
    "
    CREATE TABLE told (
        reader TEXT NOT NULL REFERENCES cursor ON DELETE CASCADE,
        seq    INTEGER NOT NULL,
        PRIMARY KEY (reader, seq)
    ) STRICT, WITHOUT ROWID;
",
    // Messages of this program's own, which time a push: written down before they are added, marked once they are gone.
    "
    CREATE TABLE canary (
        message_id   TEXT NOT NULL UNIQUE,
        watch        INTEGER NOT NULL REFERENCES watch,
        at           INTEGER NOT NULL,
        announced_ms INTEGER,
        removed      INTEGER
    ) STRICT;
",
    // When engines ran on this state directory.
    "
    CREATE TABLE run (
        began INTEGER PRIMARY KEY,
        seen  INTEGER NOT NULL
    ) STRICT;
",
    // Up to which of a watch's mails its user has looked, and when a screen was last open. What an older program told is not new.
    "
    CREATE TABLE looked (
        watch INTEGER PRIMARY KEY REFERENCES watch,
        seq   INTEGER NOT NULL,
        since INTEGER
    ) STRICT;
    CREATE TABLE screen (
        at INTEGER NOT NULL
    ) STRICT;
    INSERT INTO looked (watch, seq) SELECT id, (SELECT coalesce(max(seq), 0) FROM mail WHERE reported = 1) FROM watch;
    INSERT INTO screen (at) VALUES (CAST(unixepoch('subsec') * 1000 AS INTEGER));
",
    // Which mails were told and neither seen nor gone since. Those up to which their user has looked are new no longer, whatever
    // this says: to look costs one row.
    "
    ALTER TABLE mail ADD COLUMN new INTEGER NOT NULL DEFAULT 0;
    UPDATE mail SET new = 1 WHERE reported = 1 AND told IS NOT NULL
        AND seq > coalesce((SELECT seq FROM looked WHERE looked.watch = mail.watch), 0)
        AND instr(lower(' ' || flags || ' '), ' \\seen ') = 0
        AND NOT (how IS 'connect' AND internal IS NOT NULL
            AND internal < coalesce((SELECT since FROM looked WHERE looked.watch = mail.watch), internal));
    CREATE INDEX mail_new ON mail (watch) WHERE new = 1;
",
    // Until when a watch's user wants no notification.
    "
    ALTER TABLE looked ADD COLUMN muted INTEGER;
",
    // In an index by watch each receipt has a page of its own, which is written twice.
    "
    DROP INDEX IF EXISTS receipt_watch;
",
];

/// The first version whose mails have epochs, and whose tables the later ones have too.
pub(super) const WITH_EPOCHS: i64 = 5;

/// The first version whose mails say how they were found, and how late.
pub(super) const WITH_RECEIPTS: i64 = 6;

/// Why a file cannot be brought to this program's schema.
#[derive(Debug)]
pub(super) enum Mismatch {
    /// The file was written by a newer program: its tables may mean what this one does not know.
    Newer {
        /// The file's version.
        found: i64,
    },
    /// SQLite could not read or write it.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Mismatch {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// How many steps this program knows.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// How many steps the file has.
pub(super) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings the file to this program's schema. A newer file is left as it is.
pub(super) fn migrate(db: &Connection) -> Result<(), Mismatch> {
    if version(db)? == known() {
        return Ok(());
    }
    // Asked again inside the transaction: another program may be doing the same.
    let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    let found = version(db)?;
    if found > known() {
        return Err(Mismatch::Newer { found });
    }
    for step in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        db.execute_batch(step)?;
    }
    db.pragma_update(None, "user_version", known())?;
    transaction.commit()?;
    Ok(())
}

/// Statements that stay prepared: rather more than a mail and a DONE need from being found to being told.
const PREPARED: usize = 48;

/// Sets every connection's options, for file and memory.
pub(super) fn tune(db: &Connection) -> rusqlite::Result<()> {
    db.set_prepared_statement_cache_capacity(PREPARED);
    // Without it a statement is parsed again whenever other values are bound to it, should they make for another plan.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A few hundred KiB of cache are enough for rows that are written once and seldom read.
    db.execute_batch("PRAGMA foreign_keys = ON; PRAGMA cache_size = -512; PRAGMA temp_store = MEMORY;")
}

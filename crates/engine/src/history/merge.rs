//! Copies between the file and the stand-in in memory: readable rows out of the file, and the stand-in's rows back into it.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::schema;

/// What the stand-in needs of a file with this program's tables.
const SALVAGE: [&str; 11] = [
    "INSERT OR IGNORE INTO main.watch SELECT * FROM kept.watch",
    "INSERT OR IGNORE INTO main.seen SELECT * FROM kept.seen",
    "INSERT OR IGNORE INTO main.mail SELECT * FROM kept.mail",
    // Of a file that does not have all columns yet.
    "INSERT OR IGNORE INTO main.mail
        (seq, watch, epoch, uidvalidity, uid, sender, subject, date, message_id, internal, size, flags, headers, how, announced,
         found, told, owner, reported)
        SELECT seq, watch, epoch, uidvalidity, uid, sender, subject, date, message_id, internal, size, flags, headers, how,
            announced, found, told, owner, reported FROM kept.mail",
    "INSERT OR IGNORE INTO main.poison SELECT * FROM kept.poison",
    "INSERT OR IGNORE INTO main.cursor SELECT * FROM kept.cursor",
    "INSERT OR IGNORE INTO main.told SELECT * FROM kept.told",
    "INSERT OR IGNORE INTO main.hook SELECT * FROM kept.hook",
    "INSERT OR IGNORE INTO main.canary SELECT * FROM kept.canary",
    "INSERT OR IGNORE INTO main.looked SELECT * FROM kept.looked",
    "UPDATE main.screen SET at = (SELECT max(at) FROM kept.screen) WHERE EXISTS (SELECT 1 FROM kept.screen)",
];

/// The same of version 0.1.0's file, which knew no epochs. Its hooks are its own while it runs.
const SALVAGE_OF_1: [&str; 3] = [
    "INSERT OR IGNORE INTO main.watch SELECT * FROM kept.watch",
    "INSERT OR IGNORE INTO main.seen (watch, uidvalidity, uidnext, alive)
        SELECT watch, uidvalidity, uidnext, alive FROM kept.seen",
    "INSERT OR IGNORE INTO main.mail
        (watch, epoch, uidvalidity, uid, sender, subject, date, message_id, internal, flags, headers, found, owner,
         reported)
        SELECT watch, 0, uidvalidity, uid, sender, subject, date, message_id, internal, '', 1, found, owner, reported
        FROM kept.mail",
];

/// Copies what the stand-in needs out of the file. Unreadable rows are lost: their mails may be reported again.
pub(super) fn salvage(memory: &Connection, path: &Path) {
    // A read-only directory has no room for the files that WAL needs beside a file that was closed well.
    if !path.exists() || attach(memory, path).or_else(|_| attach_unchanging(memory, path)).is_err() {
        return;
    }
    let version: i64 = memory.query_row("PRAGMA kept.user_version", [], |row| row.get(0)).unwrap_or(0);
    // A table that the file does not have yet has nothing to salvage.
    let statements: &[&str] =
        if (schema::WITH_EPOCHS..=schema::known()).contains(&version) { &SALVAGE } else { &SALVAGE_OF_1 };
    for statement in statements {
        let _ = memory.execute_batch(statement);
    }
    let _ = detach(memory);
}

/// Runs this in a transaction.
pub(super) fn all_or_none<T>(
    db: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    let done = work(db)?;
    transaction.commit()?;
    Ok(done)
}

/// Which rows of the log, and of what else has no key, are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// All of them.
    All,
    /// Those that are newer than the file's own.
    Newer,
}

/// Writes the stand-in's rows into the file, all or none. Rows that the file has already only move forward.
pub(super) fn into_file(memory: &Connection, path: &Path, rows: Rows) -> rusqlite::Result<()> {
    attach(memory, path)?;
    // A full disk that has no room for the rows may still have it for what became of mails that the file has: else they would
    // be told a second time.
    let result = merge(memory, rows).or_else(|error| memory.execute_batch(TOLD).and(Err(error)));
    let detached = detach(memory);
    result.and(detached)
}

fn attach(memory: &Connection, path: &Path) -> rusqlite::Result<()> {
    memory.execute("ATTACH ?1 AS kept", [path.to_string_lossy()])?;
    // To attach reads nothing yet.
    let read = memory.query_row("PRAGMA kept.schema_version", [], |_| Ok(()));
    read.or_else(|error| detach(memory).and(Err(error)))
}

/// Attaches a file that nobody writes, without a WAL.
fn attach_unchanging(memory: &Connection, path: &Path) -> rusqlite::Result<()> {
    let path = path.to_string_lossy();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(byte);
    let uri: String = path
        .as_bytes()
        .iter()
        .map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    memory.execute("ATTACH ?1 AS kept", [format!("file:{uri}?immutable=1")])?;
    // To attach reads nothing yet.
    let read = memory.query_row("SELECT count(*) FROM kept.seen", [], |_| Ok(()));
    read.or_else(|error| detach(memory).and(Err(error)))
}

fn detach(memory: &Connection) -> rusqlite::Result<()> {
    memory.execute_batch("DETACH kept")
}

fn merge(memory: &Connection, rows: Rows) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(memory, TransactionBehavior::Immediate)?;
    // The numbers of watches may differ: another program may have numbered new ones meanwhile.
    memory.execute_batch(
        "
        CREATE TEMP TABLE IF NOT EXISTS same (here INTEGER PRIMARY KEY, there INTEGER NOT NULL);
        DELETE FROM temp.same;
        INSERT OR IGNORE INTO kept.watch (account, login, mailbox) SELECT account, login, mailbox FROM main.watch;
        INSERT INTO temp.same SELECT here.id, there.id FROM main.watch here
            JOIN kept.watch there USING (account, login, mailbox);
        INSERT INTO kept.seen (watch, epoch, uidvalidity, uidnext, alive)
            SELECT there, epoch, uidvalidity, uidnext, alive FROM main.seen JOIN temp.same ON here = watch WHERE true
            ON CONFLICT (watch) DO UPDATE SET
                uidnext = CASE
                    WHEN (excluded.epoch, excluded.uidvalidity) = (epoch, uidvalidity) THEN max(uidnext, excluded.uidnext)
                    WHEN (excluded.epoch, excluded.alive) > (epoch, alive) THEN excluded.uidnext
                    ELSE uidnext END,
                uidvalidity = iif((excluded.epoch, excluded.alive) > (epoch, alive), excluded.uidvalidity, uidvalidity),
                epoch = max(epoch, excluded.epoch),
                alive = max(alive, excluded.alive);
        INSERT INTO kept.mail
            (watch, epoch, uidvalidity, uid, sender, subject, date, message_id, internal, size, flags, headers, how,
             announced, found, told, owner, reported, late_ms, new)
            SELECT there, epoch, uidvalidity, uid, sender, subject, date, message_id, internal, size, flags, headers, how,
                announced, found, told, owner, reported, late_ms, new
            FROM main.mail JOIN temp.same ON here = watch WHERE true ORDER BY seq
            ON CONFLICT DO UPDATE SET
                reported = max(reported, excluded.reported), told = coalesce(told, excluded.told), owner = excluded.owner,
                new = excluded.new, flags = excluded.flags;
        INSERT INTO kept.poison (watch, epoch, uid, tried, failures)
            SELECT there, epoch, uid, tried, failures FROM main.poison JOIN temp.same ON here = watch WHERE true
            ON CONFLICT (watch, epoch, uid) DO UPDATE SET
                tried = max(tried, excluded.tried), failures = max(failures, excluded.failures);
        INSERT INTO kept.hook (watch, event, what, at, line, owner, settled)
            SELECT there, event, what, at, line, owner, settled
            FROM main.hook JOIN temp.same ON here = watch WHERE true ORDER BY id
            ON CONFLICT (watch, event, what) DO UPDATE SET
                line = iif(excluded.settled IS NULL, line, ''), owner = excluded.owner,
                settled = coalesce(settled, excluded.settled);
        INSERT INTO kept.canary (message_id, watch, at, announced_ms, removed)
            SELECT message_id, there, at, announced_ms, removed FROM main.canary JOIN temp.same ON here = watch
            WHERE true ORDER BY main.canary.rowid
            ON CONFLICT (message_id) DO UPDATE SET
                announced_ms = coalesce(announced_ms, excluded.announced_ms), removed = coalesce(removed, excluded.removed);
        ",
    )?;
    memory.execute_batch(READERS)?;
    for Unkeyed { table, time, columns, whose } in UNKEYED {
        let newer = match rows {
            Rows::All => String::new(),
            Rows::Newer => format!("WHERE {time} > coalesce((SELECT max({time}) FROM kept.{table}), 0)"),
        };
        memory.execute_batch(&format!(
            "INSERT INTO kept.{table} ({columns}{column}) SELECT {columns}{number} FROM main.{table} {join} {newer}
             ORDER BY main.{table}.rowid",
            column = if whose == Whose::Nobodys { "" } else { ", watch" },
            number = if whose == Whose::Nobodys { "" } else { ", there" },
            join = match whose {
                Whose::Nobodys => "",
                Whose::AWatchs => "JOIN temp.same ON here = watch",
                Whose::Perhaps => "LEFT JOIN temp.same ON here = watch",
            },
        ))?;
    }
    transaction.commit()
}

/// Which of the file's mails were told meanwhile.
const TOLD: &str = "
    UPDATE kept.mail AS there SET reported = 1, told = coalesce(there.told, here.told), new = here.new
        FROM main.mail here JOIN main.watch ours ON ours.id = here.watch
            JOIN kept.watch theirs USING (account, login, mailbox)
        WHERE there.watch = theirs.id AND here.reported = 1 AND there.reported = 0
            AND (there.epoch, there.uidvalidity, there.uid) = (here.epoch, here.uidvalidity, here.uid);
";

/// Readers. The file numbers mails in its own way, so what each is owed is carried over mail by mail: what it is owed here,
/// and what the file owes it and this side never knew.
const READERS: &str = "
    CREATE TEMP TABLE IF NOT EXISTS number (here INTEGER PRIMARY KEY, there INTEGER NOT NULL);
    CREATE TEMP TABLE IF NOT EXISTS owed (reader TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (reader, seq));
    DELETE FROM temp.number;
    DELETE FROM temp.owed;
    INSERT INTO temp.number SELECT here.seq, there.seq FROM main.mail here
        JOIN temp.same ON same.here = here.watch
        JOIN kept.mail there ON (there.watch, there.epoch, there.uidvalidity, there.uid)
            = (same.there, here.epoch, here.uidvalidity, here.uid);
    INSERT OR IGNORE INTO temp.owed SELECT cursor.name, number.there FROM main.cursor
        JOIN main.mail ON mail.seq > cursor.seq AND (mail.told IS NOT NULL OR mail.reported = 0)
        JOIN temp.number ON number.here = mail.seq
        WHERE NOT EXISTS (SELECT 1 FROM main.told WHERE told.reader = cursor.name AND told.seq = mail.seq);
    INSERT OR IGNORE INTO temp.owed SELECT cursor.name, mail.seq FROM main.cursor here
        JOIN kept.cursor ON cursor.name = here.name
        JOIN kept.mail ON mail.seq > cursor.seq AND (mail.told IS NOT NULL OR mail.reported = 0)
        WHERE NOT EXISTS (SELECT 1 FROM kept.told WHERE told.reader = cursor.name AND told.seq = mail.seq)
            AND mail.seq NOT IN (SELECT there FROM temp.number);
    DELETE FROM kept.told WHERE reader IN (SELECT name FROM main.cursor);
    INSERT INTO kept.cursor (name, seq, moved)
        SELECT name, coalesce((SELECT min(seq) - 1 FROM temp.owed WHERE reader = name),
            (SELECT max(seq) FROM kept.mail), 0), moved FROM main.cursor WHERE true
        ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, moved = max(moved, excluded.moved);
    INSERT INTO kept.told (reader, seq) SELECT cursor.name, mail.seq FROM kept.cursor
        JOIN kept.mail ON mail.seq > cursor.seq
        WHERE cursor.name IN (SELECT name FROM main.cursor)
            AND NOT EXISTS (SELECT 1 FROM temp.owed WHERE owed.reader = cursor.name AND owed.seq = mail.seq);
    INSERT INTO kept.looked (watch, seq, since, muted)
        SELECT same.there, coalesce((SELECT max(number.there) FROM main.mail JOIN temp.number ON number.here = mail.seq
            WHERE mail.watch = looked.watch AND mail.seq <= looked.seq), 0), looked.since, looked.muted
        FROM main.looked JOIN temp.same ON same.here = looked.watch WHERE true
        ON CONFLICT (watch) DO UPDATE SET
            muted = excluded.muted, seq = max(seq, excluded.seq), since = max(coalesce(since, excluded.since), coalesce(excluded.since, since));
    UPDATE kept.screen SET at = max(at, (SELECT at FROM main.screen));
";

/// Whether a table's rows belong to a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    AWatchs,
    Perhaps,
    Nobodys,
}

/// A table whose rows have no key.
struct Unkeyed {
    table: &'static str,
    time: &'static str,
    /// All columns but the watch's.
    columns: &'static str,
    whose: Whose,
}

const UNKEYED: [Unkeyed; 8] = [
    Unkeyed {
        table: "receipt",
        time: "at",
        columns: "conn, at, reason, idle_ms, written, acked, answered, status, untagged, late",
        whose: Whose::AWatchs,
    },
    Unkeyed { table: "outcome", time: "at", columns: "host, login, at, age_ms, fate, took_ms", whose: Whose::Nobodys },
    Unkeyed {
        table: "stall",
        time: "at",
        columns: "conn, at, verdict, waited_ms, acked, outq, unacked, retransmits, backoff, snd_wnd, proxy, text",
        whose: Whose::AWatchs,
    },
    Unkeyed {
        table: "look",
        time: "at",
        columns: "conn, at, after_ms, acked, outq, notsent, unacked, retransmits, backoff, probes, total_retrans, snd_wnd, \
                  rtt_us, heard_ms",
        whose: Whose::AWatchs,
    },
    Unkeyed { table: "wire", time: "at", columns: "conn, at, client, text", whose: Whose::AWatchs },
    Unkeyed {
        table: "server",
        time: "at",
        columns: "conn, at, addr, proxy, local, tls, cipher, id, capabilities",
        whose: Whose::AWatchs,
    },
    Unkeyed { table: "blind", time: "until", columns: "since, until, why", whose: Whose::AWatchs },
    Unkeyed { table: "event", time: "at", columns: "at, conn, kind, text", whose: Whose::Perhaps },
];

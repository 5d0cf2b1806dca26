//! What a report needs beside the records: the wire around each stall, TCP as it was seen, and what each server said of
//! itself. Bounded in rows besides [`super::KEPT`], for a server that stalls without end.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, params};

use super::WatchKey;
use super::keeper::Desk;
use super::look_back::key_at;
use super::moment::{duration, from_millis, millis, to_millis};
use super::records::Stall;
use mailwatch_proto::model::{ServerInfo, TcpLook, TlsInfo, WireDirection, WireLine};

/// Lines of the wire that are kept, of all watches: some 150 stalls, and at most some 5 MB.
const LINES: i64 = 20_000;

/// Looks at TCP that are kept, of all watches: 1,000 stalls and more.
const LOOKS: i64 = 16_000;

/// Connections of a watch that are kept.
const SERVERS: i64 = 100;

/// A line of the wire around a stall, secrets already replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLine {
    /// Whose.
    pub key: WatchKey,
    /// On which connection.
    pub conn: u64,
    /// When it went.
    pub at: SystemTime,
    /// The line, sanitised and cut.
    pub line: WireLine,
}

/// What the server of a connection said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptServer {
    /// Whose.
    pub key: WatchKey,
    /// On which connection.
    pub conn: u64,
    /// When the login was done.
    pub at: SystemTime,
    /// What is known of it. An address that cannot be read back is none.
    pub server: ServerInfo,
}

impl Desk<'_> {
    pub(super) fn append_line(&self, kept: &KeptLine) -> rusqlite::Result<()> {
        let watch = self.watch_or_new(&kept.key)?;
        let client = kept.line.direction == WireDirection::Client;
        self.db.prepare_cached("INSERT INTO wire VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            watch,
            kept.conn.cast_signed(),
            to_millis(kept.at),
            client,
            kept.line.text
        ])?;
        self.bound("DELETE FROM wire WHERE rowid <= ?1", LINES)
    }

    pub(super) fn append_looks(&self, watch: i64, stall: &Stall) -> rusqlite::Result<()> {
        for look in &stall.looks {
            self.db
                .prepare_cached(
                    "INSERT INTO look VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                )?
                .execute(params![
                    watch,
                    stall.conn.cast_signed(),
                    to_millis(stall.at),
                    millis(look.after),
                    look.acked,
                    look.outq.cast_signed(),
                    look.notsent.map(u64::cast_signed),
                    look.unacked.cast_signed(),
                    look.retransmits.cast_signed(),
                    look.backoff.cast_signed(),
                    look.probes.cast_signed(),
                    look.total_retrans.cast_signed(),
                    look.snd_wnd.map(u64::cast_signed),
                    i64::try_from(look.rtt.as_micros()).unwrap_or(i64::MAX),
                    millis(look.last_data_received),
                ])?;
        }
        // Without a look the newest row is one of another table.
        if stall.looks.is_empty() { Ok(()) } else { self.bound("DELETE FROM look WHERE rowid <= ?1", LOOKS) }
    }

    pub(super) fn append_server(&self, kept: &KeptServer) -> rusqlite::Result<()> {
        let watch = self.watch_or_new(&kept.key)?;
        let ServerInfo { addr, proxy, local, tls, capabilities, id } = &kept.server;
        self.db.prepare_cached("INSERT INTO server VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?.execute(
            params![
                watch,
                kept.conn.cast_signed(),
                to_millis(kept.at),
                addr.map(|addr| addr.to_string()),
                proxy,
                local.map(|local| local.to_string()),
                tls.as_ref().map(|tls| tls.version),
                tls.as_ref().map(|tls| &tls.cipher),
                id,
                // No capability has a space in it (RFC 3501 §9).
                capabilities.join(" "),
            ],
        )?;
        self.db
            .prepare_cached(
                "DELETE FROM server WHERE watch = ?1 AND rowid <=
                     (SELECT rowid FROM server WHERE watch = ?1 ORDER BY rowid DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute(params![watch, SERVERS])?;
        Ok(())
    }

    /// Drops the oldest rows beyond so many; rows are numbered as they come.
    fn bound(&self, delete: &str, most: i64) -> rusqlite::Result<()> {
        let newest = self.db.last_insert_rowid();
        if newest > most {
            self.db.prepare_cached(delete)?.execute([newest - most])?;
        }
        Ok(())
    }
}

/// The wire's lines since then, as they went.
pub(super) fn wire(db: &Connection, since: SystemTime) -> rusqlite::Result<Vec<KeptLine>> {
    let mut lines = db.prepare_cached(
        "SELECT account, login, mailbox, conn, at, client, text FROM wire JOIN watch ON watch.id = wire.watch
         WHERE at >= ?1 ORDER BY at, wire.rowid",
    )?;
    let rows = lines.query_map([to_millis(since)], |row| {
        let direction = if row.get(5)? { WireDirection::Client } else { WireDirection::Server };
        Ok(KeptLine {
            key: key_at(row, 0)?,
            conn: row.get::<_, i64>(3)?.cast_unsigned(),
            at: from_millis(row.get(4)?),
            line: WireLine { direction, text: row.get(6)? },
        })
    })?;
    rows.collect()
}

/// Gives each stall what TCP was seen to do.
pub(super) fn attach_looks(db: &Connection, stalls: &mut [Stall]) -> rusqlite::Result<()> {
    let mut looks = db.prepare_cached(
        "SELECT after_ms, acked, outq, notsent, unacked, retransmits, backoff, probes, total_retrans, snd_wnd, rtt_us,
             heard_ms
         FROM look JOIN watch ON watch.id = look.watch
         WHERE at = ?1 AND conn = ?2 AND account = ?3 AND login = ?4 AND mailbox = ?5 ORDER BY look.rowid",
    )?;
    for stall in stalls {
        let WatchKey { account, login, mailbox } = &stall.key;
        let of = params![to_millis(stall.at), stall.conn.cast_signed(), account, login, mailbox];
        let rows = looks.query_map(of, |row| {
            let count = |column| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)?.cast_unsigned());
            let known = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(i64::cast_unsigned));
            Ok(TcpLook {
                after: duration(row.get(0)?),
                acked: row.get(1)?,
                outq: count(2)?,
                notsent: known(3)?,
                unacked: count(4)?,
                retransmits: count(5)?,
                backoff: count(6)?,
                probes: count(7)?,
                total_retrans: count(8)?,
                snd_wnd: known(9)?,
                rtt: Duration::from_micros(count(10)?),
                last_data_received: duration(row.get(11)?),
            })
        })?;
        stall.looks = rows.collect::<rusqlite::Result<_>>()?;
    }
    Ok(())
}

/// What servers said of themselves since then, oldest first, and of each watch the last before.
pub(super) fn servers(db: &Connection, since: SystemTime) -> rusqlite::Result<Vec<KeptServer>> {
    let mut servers = db.prepare_cached(
        "SELECT account, login, mailbox, conn, at, addr, proxy, local, tls, cipher, server.id, capabilities
         FROM server JOIN watch ON watch.id = server.watch
         WHERE at >= ?1 OR server.rowid IN (SELECT max(rowid) FROM server WHERE at < ?1 GROUP BY watch)
         ORDER BY at, server.rowid",
    )?;
    let rows = servers.query_map([to_millis(since)], |row| {
        let address = |column| {
            let text: Option<String> = row.get(column)?;
            Ok::<_, rusqlite::Error>(text.and_then(|text| text.parse().ok()))
        };
        let (version, cipher): (Option<String>, Option<String>) = (row.get(8)?, row.get(9)?);
        let capabilities: String = row.get(11)?;
        Ok(KeptServer {
            key: key_at(row, 0)?,
            conn: row.get::<_, i64>(3)?.cast_unsigned(),
            at: from_millis(row.get(4)?),
            server: ServerInfo {
                addr: address(5)?,
                proxy: row.get(6)?,
                local: address(7)?,
                tls: version.zip(cipher).map(|(version, cipher)| TlsInfo { version: tls_version(&version), cipher }),
                capabilities: capabilities.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
                id: row.get(10)?,
            },
        })
    })?;
    rows.collect()
}

/// The versions that rustls speaks.
fn tls_version(kept: &str) -> &'static str {
    if kept == "1.2" { "1.2" } else { "1.3" }
}

//! Reads back what a report needs besides the other records: the wire around stalls, TCP samples, servers.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, Row, params};

use super::canary::UNANNOUNCED;
use super::moment::{duration, from_millis, to_millis};
use super::names::{key_at, named};
use super::record::{KeptLine, KeptPush, KeptServer, Stall};
use super::watch_key::WatchKey;
use mailwatch_proto::model::{FoundBy, ServerInfo, TcpSample, TlsInfo, WireDirection, WireLine};

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

/// Gives each stall its TCP samples.
pub(super) fn attach_samples(db: &Connection, stalls: &mut [Stall]) -> rusqlite::Result<()> {
    let mut samples = db.prepare_cached(
        "SELECT after_ms, acked, outq, notsent, unacked, retransmits, backoff, probes, total_retrans, snd_wnd, rtt_us,
             heard_ms
         FROM look JOIN watch ON watch.id = look.watch
         WHERE at = ?1 AND conn = ?2 AND account = ?3 AND login = ?4 AND mailbox = ?5 ORDER BY look.rowid",
    )?;
    for stall in stalls {
        let WatchKey { account, login, mailbox } = &stall.key;
        let of = params![to_millis(stall.at), stall.conn.cast_signed(), account, login, mailbox];
        let rows = samples.query_map(of, |row| {
            // A negative number says that the system did not tell: the column allows no NULL.
            let told = |column| Ok::<_, rusqlite::Error>(u64::try_from(row.get::<_, i64>(column)?).ok());
            let count = |column| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)?.cast_unsigned());
            let known = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(i64::cast_unsigned));
            Ok(TcpSample {
                after: duration(row.get(0)?),
                acked: row.get(1)?,
                outq: count(2)?,
                notsent: known(3)?,
                unacked: told(4)?,
                retransmits: count(5)?,
                backoff: told(6)?,
                probes: told(7)?,
                total_retrans: count(8)?,
                snd_wnd: known(9)?,
                rtt: Duration::from_micros(count(10)?),
                last_data_received: told(11)?.map(Duration::from_millis),
            })
        })?;
        stall.samples = rows.collect::<rusqlite::Result<_>>()?;
    }
    Ok(())
}

/// The first schema that has canaries.
const CANARIES: i64 = 8;

/// Push receipts of the mails that were found since then, oldest first. An older program's mails have none.
pub(super) const PUSHES: &str = "SELECT account, login, mailbox, uid, found, how, internal, announced, told, late_ms
     FROM mail JOIN watch ON watch.id = mail.watch WHERE found >= ?1 AND how IS NOT NULL ORDER BY seq";

/// A row of them.
pub(super) fn push(row: &Row<'_>) -> rusqlite::Result<KeptPush> {
    let moment = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(from_millis));
    Ok(KeptPush {
        key: key_at(row, 0)?,
        uid: row.get(3)?,
        at: from_millis(row.get(4)?),
        by: named(row, 5, &FoundBy::ALL, FoundBy::name)?,
        received: moment(6)?,
        announced: moment(7)?,
        told: moment(8)?,
        late: row.get::<_, Option<i64>>(9)?.map(duration),
        canary: false,
    })
}

/// The same of messages of this program's own, in a file of that schema.
pub(super) fn canaries(db: &Connection, version: i64, since: SystemTime) -> rusqlite::Result<Vec<KeptPush>> {
    if version < CANARIES {
        return Ok(Vec::new());
    }
    let mut canaries = db.prepare_cached(
        "SELECT account, login, mailbox, at, announced_ms FROM canary JOIN watch ON watch.id = canary.watch
         WHERE at >= ?1 AND removed IS NOT NULL AND announced_ms IS NOT NULL ORDER BY at",
    )?;
    let rows = canaries.query_map([to_millis(since)], |row| {
        let at = from_millis(row.get(3)?);
        let late = Some(row.get::<_, i64>(4)?).filter(|late| *late != UNANNOUNCED).map(duration);
        Ok(KeptPush {
            key: key_at(row, 0)?,
            uid: 0,
            at,
            by: if late.is_some() { FoundBy::Push } else { FoundBy::Done },
            received: Some(at),
            announced: late.map(|late| at + late),
            told: None,
            late,
            canary: true,
        })
    })?;
    rows.collect()
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

//! Reads the records back, each kind as it was appended.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::database::Database;
use super::moment::{duration, from_millis, to_millis};
use super::names::{REASONS, STATUSES, key_at, loss, named};
use super::read_proof;
use super::record::{KeptReceipt, Logged, Stall};
use super::watch_key::WatchKey;
use mailwatch_proto::model::{
    Ages, BlindInterval, ConnId, DoneReason, Evidence, Fate, Gaps, Outcome, PAST_INTERVALS, Past, PastReceipt, Span,
    Status, Verdict,
};

/// IDLEs that are counted by age at most: a week of 8 mailboxes at 4 minutes, and some milliseconds of the thread.
pub const AGES: u32 = 20_000;

/// Runs of engines that are looked at, the newest: some of an hour each for all that is kept.
const RUNS: u32 = 2000;

/// A restart of an engine takes less; that no engine ran for so short a time says nothing.
const SHORTEST: Duration = Duration::from_secs(2);

impl Database<'_> {
    pub(super) fn receipts(&self, key: &WatchKey, since: SystemTime) -> rusqlite::Result<Vec<KeptReceipt>> {
        let Some(watch) = self.watch(key)? else { return Ok(Vec::new()) };
        let mut receipts = self.db.prepare_cached(
            "SELECT conn, at, reason, idle_ms, written, acked, answered, status, untagged, late FROM receipt
             WHERE watch = ?1 AND at >= ?2 ORDER BY at, rowid",
        )?;
        let rows = receipts.query_map(params![watch, to_millis(since)], |row| receipt(key, row))?;
        rows.collect()
    }

    /// The watch's newest receipts, oldest first. A DONE with a late answer has two rows, so there are more than are shown.
    fn newest_receipts(&self, key: &WatchKey, watch: i64) -> rusqlite::Result<Vec<KeptReceipt>> {
        let rows = self.newest.borrow_mut().of(self.db, watch)?;
        let mut find = self.db.prepare_cached(
            "SELECT conn, at, reason, idle_ms, written, acked, answered, status, untagged, late FROM receipt
             WHERE rowid = ?1 AND watch = ?2",
        )?;
        let found = rows.into_iter().map(|id| find.query_row([id, watch], |row| receipt(key, row)).optional());
        let mut receipts: Vec<_> = found.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()?;
        receipts.sort_by_key(|kept| kept.at);
        Ok(receipts)
    }

    /// The watch's past.
    pub(super) fn past(&self, key: &WatchKey) -> rusqlite::Result<Past> {
        let mut past = Past::default();
        let Some(watch) = self.watch(key)? else { return Ok(past) };
        let (late, in_time): (Vec<_>, Vec<_>) =
            self.newest_receipts(key, watch)?.into_iter().partition(|kept| kept.late);
        for kept in in_time {
            past.receipt(past_receipt(&kept));
        }
        // A late answer whose DONE has left the list is left out.
        for kept in late {
            if past.receipts.iter().any(|owed| owed.conn.0 == kept.conn && owed.answered.is_none()) {
                past.receipt(past_receipt(&kept));
            }
        }
        let mut intervals = self.db.prepare_cached(
            "SELECT since, until, why FROM blind WHERE watch = ?1 ORDER BY until DESC, rowid DESC LIMIT ?2",
        )?;
        let rows = intervals.query_map(params![watch, limit(PAST_INTERVALS)], |row| {
            let why: Option<String> = row.get(2)?;
            let (from, to) = (from_millis(row.get(0)?), from_millis(row.get(1)?));
            Ok(BlindInterval { from, to, why: why.as_deref().and_then(loss) })
        })?;
        let newest_first = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        for interval in newest_first.into_iter().rev() {
            past.interval(interval);
        }
        Ok(past)
    }

    pub(super) fn outcomes(&self, host: &str, login: &str, since: SystemTime) -> rusqlite::Result<Vec<Outcome>> {
        let mut outcomes = self.db.prepare_cached(
            "SELECT at, age_ms, fate, took_ms FROM outcome
             WHERE host = ?1 AND login = ?2 AND at >= ?3 ORDER BY at, rowid",
        )?;
        let rows = outcomes.query_map(params![host, login, to_millis(since)], |row| {
            Ok(Outcome {
                host: host.to_owned(),
                login: login.to_owned(),
                at: from_millis(row.get(0)?),
                age: duration(row.get(1)?),
                fate: named(row, 2, &Fate::ALL, Fate::name)?,
                took: row.get::<_, Option<i64>>(3)?.map(duration),
            })
        })?;
        rows.collect()
    }

    pub(super) fn ages(&self, host: &str, login: &str, since: SystemTime, until: SystemTime) -> rusqlite::Result<Ages> {
        let mut outcomes = self.db.prepare_cached(
            "SELECT age_ms, fate, took_ms FROM outcome
             WHERE host = ?1 AND login = ?2 AND at >= ?3 AND at <= ?4 ORDER BY at DESC LIMIT ?5",
        )?;
        let mut rows = outcomes.query(params![host, login, to_millis(since), to_millis(until), AGES])?;
        let mut ages = Ages::default();
        while let Some(row) = rows.next()? {
            let took = row.get::<_, Option<i64>>(2)?.map(duration);
            ages.note(duration(row.get(0)?), named(row, 1, &Fate::ALL, Fate::name)?.end(took));
        }
        Ok(ages)
    }

    pub(super) fn stalls(&self, since: SystemTime) -> rusqlite::Result<Vec<Stall>> {
        stalls(self.db, since)
    }

    pub(super) fn blind(&self, since: SystemTime, until: SystemTime) -> rusqlite::Result<BTreeMap<WatchKey, Duration>> {
        // An interval that crosses an edge counts with the part inside.
        let mut sums = self.db.prepare_cached(
            "SELECT account, login, mailbox, sum(min(blind.until, ?2) - max(blind.since, ?1))
             FROM blind JOIN watch ON watch.id = blind.watch
             WHERE blind.until > ?1 AND blind.since < ?2 AND blind.until > blind.since GROUP BY watch.id",
        )?;
        let rows = sums.query_map(params![to_millis(since), to_millis(until)], |row| {
            Ok((key_at(row, 0)?, duration(row.get(3)?)))
        })?;
        rows.collect()
    }

    /// When engines did not run, and when watches were blind, since then.
    pub(super) fn gaps(&self, since: SystemTime) -> rusqlite::Result<Gaps> {
        gaps(self.db, since)
    }

    /// The log's lines on where watches stood.
    pub(super) fn stages_between(
        &self,
        since: SystemTime,
        until: SystemTime,
        limit: u32,
    ) -> rusqlite::Result<Vec<Logged>> {
        let mut lines = self.db.prepare_cached(
            "SELECT account, login, mailbox, at, conn, kind, text
             FROM event JOIN watch ON watch.id = event.watch
             WHERE at >= ?1 AND at < ?2 AND kind IN ('phase', 'stalled', 'verdict', 'slept')
             ORDER BY at, event.rowid LIMIT ?3",
        )?;
        let rows = lines.query_map(params![to_millis(since), to_millis(until), limit], logged)?;
        rows.collect()
    }

    pub(super) fn log(&self, since: SystemTime, limit: u32) -> rusqlite::Result<Vec<Logged>> {
        log(self.db, since, limit)
    }

    /// The last lines of the log before a moment.
    pub(super) fn log_between(
        &self,
        since: SystemTime,
        until: SystemTime,
        limit: u32,
    ) -> rusqlite::Result<Vec<Logged>> {
        log_until(self.db, since, to_millis(until), limit)
    }
}

/// The log's last lines, so many at most, since a moment.
pub(super) const NEWEST_LINES: &str = "SELECT account, login, mailbox, at, conn, kind, text
     FROM event LEFT JOIN watch ON watch.id = event.watch
     WHERE event.rowid IN (SELECT rowid FROM event WHERE at >= ?1 ORDER BY at DESC, rowid DESC LIMIT ?2)
     ORDER BY at, event.rowid";

/// A row of the log.
pub(super) fn logged(row: &Row<'_>) -> rusqlite::Result<Logged> {
    let account: Option<String> = row.get(0)?;
    Ok(Logged {
        at: from_millis(row.get(3)?),
        key: account.map(|_| key_at(row, 0)).transpose()?,
        conn: row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned),
        kind: row.get(5)?,
        text: row.get(6)?,
    })
}

/// When engines did not run, and when watches were blind, since then.
fn gaps(db: &Connection, since: SystemTime) -> rusqlite::Result<Gaps> {
    let mut blind = db.prepare_cached("SELECT since, until FROM blind WHERE until > ?1 ORDER BY since")?;
    let blind = blind.query_map([to_millis(since)], span)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(Gaps::new(blind, unwatched(db, since)?))
}

/// When no engine ran since then, oldest first. Before the first run that is known nothing is.
pub(super) fn unwatched(db: &Connection, since: SystemTime) -> rusqlite::Result<Vec<Span>> {
    let mut runs = db.prepare_cached(
        "SELECT began, seen FROM run
         WHERE seen >= ?1 OR began = (SELECT max(began) FROM run WHERE seen < ?1) ORDER BY began DESC LIMIT ?2",
    )?;
    let mut runs = runs.query_map(params![to_millis(since), RUNS], span)?.collect::<rusqlite::Result<Vec<_>>>()?;
    runs.reverse();
    let mut seen: Option<SystemTime> = None;
    let mut unwatched = Vec::new();
    for Span { from, to } in runs {
        unwatched.extend(seen.map(|seen| Span { from: seen, to: from }).filter(|gap| gap.long() >= SHORTEST));
        seen = seen.max(Some(to));
    }
    Ok(unwatched)
}

fn span(row: &Row<'_>) -> rusqlite::Result<Span> {
    Ok(Span { from: from_millis(row.get(0)?), to: from_millis(row.get(1)?) })
}

pub(super) fn stalls(db: &Connection, since: SystemTime) -> rusqlite::Result<Vec<Stall>> {
    let mut stalls = db.prepare_cached(
        "SELECT account, login, mailbox, conn, at, verdict, waited_ms,
             acked, outq, unacked, retransmits, backoff, snd_wnd, proxy, text
         FROM stall JOIN watch ON watch.id = stall.watch WHERE at >= ?1 ORDER BY at, stall.rowid",
    )?;
    let rows = stalls.query_map([to_millis(since)], |row| {
        let count = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(i64::cast_unsigned));
        Ok(Stall {
            key: key_at(row, 0)?,
            conn: row.get::<_, i64>(3)?.cast_unsigned(),
            at: from_millis(row.get(4)?),
            verdict: named(row, 5, &Verdict::ALL, Verdict::name)?,
            waited: duration(row.get(6)?),
            evidence: Evidence {
                acked: row.get(7)?,
                outq: count(8)?,
                unacked: count(9)?,
                retransmits: count(10)?,
                backoff: count(11)?,
                snd_wnd: count(12)?,
                proxy: row.get(13)?,
            },
            text: row.get(14)?,
            samples: Vec::new(),
        })
    })?;
    let mut stalls = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    read_proof::attach_samples(db, &mut stalls)?;
    Ok(stalls)
}

pub(super) fn log(db: &Connection, since: SystemTime, limit: u32) -> rusqlite::Result<Vec<Logged>> {
    log_until(db, since, i64::MAX, limit)
}

fn log_until(db: &Connection, since: SystemTime, until: i64, limit: u32) -> rusqlite::Result<Vec<Logged>> {
    let mut lines = db.prepare_cached(
        "SELECT account, login, mailbox, at, conn, kind, text
         FROM event LEFT JOIN watch ON watch.id = event.watch
         WHERE at >= ?1 AND at < ?3 ORDER BY at DESC, event.rowid DESC LIMIT ?2",
    )?;
    let rows = lines.query_map(params![to_millis(since), limit, until], logged)?;
    let mut newest_first = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    newest_first.reverse();
    Ok(newest_first)
}

fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

fn past_receipt(kept: &KeptReceipt) -> PastReceipt {
    PastReceipt {
        at: kept.at,
        conn: ConnId(kept.conn),
        reason: kept.reason,
        idle: kept.idle,
        written: kept.written,
        acked: kept.acked,
        answered: kept.answered,
        status: kept.status,
        untagged: kept.untagged,
        late: kept.late,
        stall: None,
    }
}

pub(super) fn receipt(key: &WatchKey, row: &Row<'_>) -> rusqlite::Result<KeptReceipt> {
    Ok(KeptReceipt {
        key: key.clone(),
        conn: row.get::<_, i64>(0)?.cast_unsigned(),
        at: from_millis(row.get(1)?),
        reason: named(row, 2, &REASONS, DoneReason::name)?,
        idle: duration(row.get(3)?),
        written: row.get::<_, Option<i64>>(4)?.map(duration),
        acked: row.get::<_, Option<i64>>(5)?.map(duration),
        answered: row.get::<_, Option<i64>>(6)?.map(duration),
        status: match row.get_ref(7)?.data_type() {
            Type::Null => None,
            Type::Text | Type::Integer | Type::Real | Type::Blob => Some(named(row, 7, &STATUSES, Status::name)?),
        },
        untagged: row.get(8)?,
        late: row.get(9)?,
    })
}

//! What is kept for looking back: receipts, outcomes by IDLE age, stalls, blind time, the log. For [`KEPT`] each.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

use super::WatchKey;
use super::keeper::Desk;
use super::moment::{duration, from_millis, millis, to_millis};
use crate::model::{DoneReason, Evidence, Status, Verdict};

/// How long everything is kept but mails that nobody was told of, which stay until they are.
pub const KEPT: Duration = Duration::from_hours(30 * 24);

/// Something to be kept. A front end or the engine appends it and does not wait.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// What became of one DONE.
    Receipt(KeptReceipt),
    /// What became of one IDLE, for learning.
    Outcome(Outcome),
    /// A DONE that was not answered in time.
    Stall(Stall),
    /// Time in which a mail could have come unheard.
    Blind(Blindness),
    /// A line of the log.
    Event(Logged),
}

/// One DONE's ladder on the wall clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReceipt {
    /// Whose.
    pub key: WatchKey,
    /// On which connection.
    pub conn: u64,
    /// When DONE was queued.
    pub at: SystemTime,
    /// Why.
    pub reason: DoneReason,
    /// The IDLE's age.
    pub idle: Duration,
    /// From queued to written.
    pub written: Option<Duration>,
    /// From queued to acked.
    pub acked: Option<Duration>,
    /// From queued to answered.
    pub answered: Option<Duration>,
    /// The tagged reply's word.
    pub status: Option<Status>,
    /// Untagged responses between DONE and the reply.
    pub untagged: u32,
    /// Whether it came after `done` had run out.
    pub late: bool,
}

/// How an IDLE of some age ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// DONE was answered in time.
    Answered,
    /// DONE was not answered in time.
    Stalled,
    /// The connection proved dead without a word.
    Dropped,
    /// It was ended early (new mail, the user): neither survival of the full age nor failure.
    CutShort,
}

impl Fate {
    const ALL: [Self; 4] = [Self::Answered, Self::Stalled, Self::Dropped, Self::CutShort];

    const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Stalled => "stalled",
            Self::Dropped => "dropped",
            Self::CutShort => "cut-short",
        }
    }
}

/// What became of one IDLE, per host and login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The server's host name.
    pub host: String,
    /// `user@host`, as in [`WatchKey::login`].
    pub login: String,
    /// When the IDLE ended.
    pub at: SystemTime,
    /// Its age then.
    pub age: Duration,
    /// How it ended.
    pub fate: Fate,
    /// From DONE to its answer, where there was one.
    pub took: Option<Duration>,
}

/// A DONE that was not answered in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stall {
    /// Whose.
    pub key: WatchKey,
    /// On which connection.
    pub conn: u64,
    /// When it was concluded.
    pub at: SystemTime,
    /// What was concluded.
    pub verdict: Verdict,
    /// How long it had waited.
    pub waited: Duration,
    /// What TCP knew.
    pub evidence: Evidence,
}

/// An interval in which a mail could have come unheard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blindness {
    /// Whose.
    pub key: WatchKey,
    /// The last proof of life.
    pub since: SystemTime,
    /// When IDLE stood again.
    pub until: SystemTime,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When.
    pub at: SystemTime,
    /// Of which watch, if of one.
    pub key: Option<WatchKey>,
    /// On which connection, if on one.
    pub conn: Option<u64>,
    /// The kind's name in `watch --json`.
    pub kind: String,
    /// What happened, in plain words.
    pub text: String,
}

/// Drops what is older than [`KEPT`]. Mails that were not reported stay, whatever their age.
pub(super) fn prune(db: &Connection, now: SystemTime) -> rusqlite::Result<()> {
    let Some(oldest) = now.checked_sub(KEPT).map(to_millis) else { return Ok(()) };
    for delete in [
        "DELETE FROM mail WHERE found < ?1 AND reported = 1",
        "DELETE FROM receipt WHERE at < ?1",
        "DELETE FROM outcome WHERE at < ?1",
        "DELETE FROM stall WHERE at < ?1",
        "DELETE FROM blind WHERE until < ?1",
        "DELETE FROM event WHERE at < ?1",
    ] {
        db.execute(delete, [oldest])?;
    }
    Ok(())
}

impl Desk<'_> {
    pub(super) fn append(&self, record: &Record) -> rusqlite::Result<()> {
        match record {
            Record::Receipt(receipt) => self.append_receipt(receipt),
            Record::Outcome(outcome) => self
                .db
                .prepare_cached("INSERT INTO outcome VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                .execute(params![
                    outcome.host,
                    outcome.login,
                    to_millis(outcome.at),
                    millis(outcome.age),
                    outcome.fate.name(),
                    outcome.took.map(millis),
                ])
                .map(drop),
            Record::Stall(stall) => self.append_stall(stall),
            Record::Blind(blind) => {
                let watch = self.watch_or_new(&blind.key)?;
                self.db
                    .prepare_cached("INSERT INTO blind VALUES (?1, ?2, ?3)")?
                    .execute(params![watch, to_millis(blind.since), to_millis(blind.until)])
                    .map(drop)
            }
            Record::Event(event) => {
                let watch = event.key.as_ref().map(|key| self.watch_or_new(key)).transpose()?;
                self.db
                    .prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![
                        to_millis(event.at),
                        watch,
                        event.conn.map(u64::cast_signed),
                        event.kind,
                        event.text
                    ])
                    .map(drop)
            }
        }
    }

    fn append_receipt(&self, receipt: &KeptReceipt) -> rusqlite::Result<()> {
        let watch = self.watch_or_new(&receipt.key)?;
        self.db.prepare_cached("INSERT INTO receipt VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?.execute(
            params![
                watch,
                receipt.conn.cast_signed(),
                to_millis(receipt.at),
                receipt.reason.name(),
                millis(receipt.idle),
                receipt.written.map(millis),
                receipt.acked.map(millis),
                receipt.answered.map(millis),
                receipt.status.map(Status::name),
                receipt.untagged,
                receipt.late,
            ],
        )?;
        Ok(())
    }

    fn append_stall(&self, stall: &Stall) -> rusqlite::Result<()> {
        let watch = self.watch_or_new(&stall.key)?;
        let Evidence { acked, outq, unacked, retransmits, backoff, snd_wnd, proxy } = &stall.evidence;
        self.db
            .prepare_cached("INSERT INTO stall VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")?
            .execute(params![
                watch,
                stall.conn.cast_signed(),
                to_millis(stall.at),
                stall.verdict.name(),
                millis(stall.waited),
                acked,
                outq.map(u64::cast_signed),
                unacked.map(u64::cast_signed),
                retransmits.map(u64::cast_signed),
                backoff.map(u64::cast_signed),
                snd_wnd.map(u64::cast_signed),
                proxy,
            ])?;
        Ok(())
    }

    pub(super) fn receipts(&self, key: &WatchKey, since: SystemTime) -> rusqlite::Result<Vec<KeptReceipt>> {
        let Some(watch) = self.watch(key)? else { return Ok(Vec::new()) };
        let mut receipts = self.db.prepare_cached(
            "SELECT conn, at, reason, idle_ms, written, acked, answered, status, untagged, late FROM receipt
             WHERE watch = ?1 AND at >= ?2 ORDER BY at, rowid",
        )?;
        let rows = receipts.query_map(params![watch, to_millis(since)], |row| {
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
                    Type::Text | Type::Integer | Type::Real | Type::Blob => {
                        Some(named(row, 7, &STATUSES, Status::name)?)
                    }
                },
                untagged: row.get(8)?,
                late: row.get(9)?,
            })
        })?;
        rows.collect()
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

    pub(super) fn stalls(&self, since: SystemTime) -> rusqlite::Result<Vec<Stall>> {
        let mut stalls = self.db.prepare_cached(
            "SELECT account, login, mailbox, conn, at, verdict, waited_ms,
                 acked, outq, unacked, retransmits, backoff, snd_wnd, proxy
             FROM stall JOIN watch ON watch.id = stall.watch WHERE at >= ?1 ORDER BY at, stall.rowid",
        )?;
        let rows = stalls.query_map([to_millis(since)], |row| {
            let count = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(i64::cast_unsigned));
            Ok(Stall {
                key: key_at(row, 0)?,
                conn: row.get::<_, i64>(3)?.cast_unsigned(),
                at: from_millis(row.get(4)?),
                verdict: named(row, 5, &VERDICTS, Verdict::name)?,
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
            })
        })?;
        rows.collect()
    }

    pub(super) fn blind(&self, since: SystemTime, until: SystemTime) -> rusqlite::Result<BTreeMap<WatchKey, Duration>> {
        // What reaches over the edges of the interval counts with the part inside.
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

    pub(super) fn log(&self, since: SystemTime, limit: u32) -> rusqlite::Result<Vec<Logged>> {
        let mut lines = self.db.prepare_cached(
            "SELECT account, login, mailbox, at, conn, kind, text
             FROM event LEFT JOIN watch ON watch.id = event.watch
             WHERE at >= ?1 ORDER BY at DESC, event.rowid DESC LIMIT ?2",
        )?;
        let rows = lines.query_map(params![to_millis(since), limit], |row| {
            let account: Option<String> = row.get(0)?;
            Ok(Logged {
                at: from_millis(row.get(3)?),
                key: account.map(|_| key_at(row, 0)).transpose()?,
                conn: row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned),
                kind: row.get(5)?,
                text: row.get(6)?,
            })
        })?;
        let mut newest_first = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        newest_first.reverse();
        Ok(newest_first)
    }
}

const REASONS: [DoneReason; 9] = [
    DoneReason::Reissue,
    DoneReason::NewMail,
    DoneReason::User,
    DoneReason::Silence,
    DoneReason::Retune,
    DoneReason::Rotate,
    DoneReason::Slept,
    DoneReason::Pause,
    DoneReason::Shutdown,
];

const STATUSES: [Status; 3] = [Status::Ok, Status::No, Status::Bad];

const VERDICTS: [Verdict; 11] = [
    Verdict::Live,
    Verdict::Finishing,
    Verdict::Quiet,
    Verdict::Slept,
    Verdict::Closed,
    Verdict::Limited,
    Verdict::Refused,
    Verdict::ServerIgnoring,
    Verdict::PathDead,
    Verdict::ServerNotReading,
    Verdict::NotKnown,
];

fn key_at(row: &Row<'_>, first: usize) -> rusqlite::Result<WatchKey> {
    Ok(WatchKey { account: row.get(first)?, login: row.get(first + 1)?, mailbox: row.get(first + 2)? })
}

/// The value of that name.
fn named<T: Copy>(row: &Row<'_>, column: usize, all: &[T], name: fn(T) -> &'static str) -> rusqlite::Result<T> {
    let found: String = row.get(column)?;
    all.iter().copied().find(|value| name(*value) == found).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, format!("no such name: {found}").into())
    })
}

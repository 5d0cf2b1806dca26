//! What is kept for looking back: receipts, outcomes by IDLE age, stalls, blind time, the log. For [`KEPT`] each.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, params};

use super::WatchKey;
use super::keeper::Desk;
use super::moment::{millis, to_millis};
use super::proof::{KeptLine, KeptServer};
use mailwatch_proto::model::{DoneReason, Evidence, Loss, Outcome, Status, TcpLook, Verdict};

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
    /// A line of the wire around a stall.
    Wire(KeptLine),
    /// What a connection's server said of itself.
    Server(KeptServer),
}

/// One DONE's ladder on the wall clock, as a row keeps it: with its watch, and without what was concluded, which is a row
/// of its own ([`Stall`]). [`PastReceipt`](mailwatch_proto::model::PastReceipt) is the same DONE on a board: the other way round.
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
    /// The conclusion in a sentence; `None` in what an older program kept.
    pub text: Option<String>,
    /// TCP as it was seen on the way there.
    pub looks: Vec<TcpLook>,
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
    /// Why; `None` in what an older program kept.
    pub why: Option<Loss>,
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

/// Drops what is older than [`KEPT`]. Mails that were not reported and hooks that are owed stay, whatever their age.
pub(super) fn prune(db: &Connection, now: SystemTime) -> rusqlite::Result<()> {
    let Some(oldest) = now.checked_sub(KEPT).map(to_millis) else { return Ok(()) };
    for delete in [
        "DELETE FROM mail WHERE found < ?1 AND reported = 1",
        "DELETE FROM receipt WHERE at < ?1",
        "DELETE FROM outcome WHERE at < ?1",
        "DELETE FROM stall WHERE at < ?1",
        "DELETE FROM blind WHERE until < ?1",
        "DELETE FROM event WHERE at < ?1",
        "DELETE FROM look WHERE at < ?1",
        "DELETE FROM wire WHERE at < ?1",
        "DELETE FROM server WHERE at < ?1",
        "DELETE FROM hook WHERE settled < ?1",
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
                    .prepare_cached("INSERT INTO blind VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![watch, to_millis(blind.since), to_millis(blind.until), blind.why.map(Loss::name)])
                    .map(drop)
            }
            Record::Wire(line) => self.append_line(line),
            Record::Server(server) => self.append_server(server),
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
            .prepare_cached("INSERT INTO stall VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")?
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
                stall.text,
            ])?;
        self.append_looks(watch, stall)
    }
}

//! Writes records, each into its table, and bounds the tables of what is bulky.

use std::time::SystemTime;

use rusqlite::params;

use super::database::Database;
use super::moment::{millis, to_millis};
use super::record::{KeptLine, KeptReceipt, KeptServer, Record, Stall};
use mailwatch_proto::model::{Evidence, Loss, ServerInfo, Status, WireDirection};

/// Lines of the wire that are kept, of all watches: some 150 stalls, at most some 5 MB.
const LINES: i64 = 20_000;

/// TCP samples that are kept, of all watches: 1,000 stalls and more.
const SAMPLES: i64 = 16_000;

/// Connections of a watch that are kept.
const SERVERS: i64 = 100;

/// Runs of engines that are kept.
const RUNS: i64 = 2000;

impl Database<'_> {
    /// Writes a record, all of it or nothing.
    pub(super) fn append(&self, record: &Record) -> rusqlite::Result<()> {
        match record {
            // One row, and perhaps its watch's.
            Record::Receipt(_) | Record::Outcome(_) | Record::Blind(_) | Record::Event(_) | Record::Routine(_) => {
                self.append_rows(record)
            }
            Record::Stall(_) | Record::Wire(_) | Record::Server(_) | Record::Run { .. } => {
                self.db.prepare_cached("SAVEPOINT record")?.execute([])?;
                let written = self.append_rows(record);
                if written.is_err() {
                    self.db.prepare_cached("ROLLBACK TO record")?.execute([])?;
                }
                self.db.prepare_cached("RELEASE record")?.execute([])?;
                written
            }
        }
    }

    fn append_rows(&self, record: &Record) -> rusqlite::Result<()> {
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
            Record::Run { began, seen } => self.append_run(*began, *seen),
            Record::Event(event) | Record::Routine(event) => {
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

    fn append_run(&self, began: SystemTime, seen: SystemTime) -> rusqlite::Result<()> {
        let (began, seen) = (to_millis(began), to_millis(seen));
        let mut put = self.db.prepare_cached(
            "INSERT INTO run VALUES (?1, ?2) ON CONFLICT (began) DO UPDATE SET seen = max(seen, excluded.seen)",
        )?;
        put.execute([began, seen])?;
        if began == seen {
            let oldest = "SELECT began FROM run ORDER BY began DESC LIMIT 1 OFFSET ?1";
            self.db.execute(&format!("DELETE FROM run WHERE began <= ({oldest})"), [RUNS])?;
        }
        Ok(())
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
        self.append_samples(watch, stall)
    }

    fn append_line(&self, kept: &KeptLine) -> rusqlite::Result<()> {
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

    fn append_samples(&self, watch: i64, stall: &Stall) -> rusqlite::Result<()> {
        // These columns allow no NULL: -1 says that the system does not tell.
        let told = |count: Option<u64>| count.map_or(-1, u64::cast_signed);
        for sample in &stall.samples {
            self.db
                .prepare_cached(
                    "INSERT INTO look VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                )?
                .execute(params![
                    watch,
                    stall.conn.cast_signed(),
                    to_millis(stall.at),
                    millis(sample.after),
                    sample.acked,
                    sample.outq.cast_signed(),
                    sample.notsent.map(u64::cast_signed),
                    told(sample.unacked),
                    sample.retransmits.cast_signed(),
                    told(sample.backoff),
                    told(sample.probes),
                    sample.total_retrans.cast_signed(),
                    sample.snd_wnd.map(u64::cast_signed),
                    i64::try_from(sample.rtt.as_micros()).unwrap_or(i64::MAX),
                    sample.last_data_received.map_or(-1, millis),
                ])?;
        }
        // Without a sample the newest row belongs to another table.
        if stall.samples.is_empty() { Ok(()) } else { self.bound("DELETE FROM look WHERE rowid <= ?1", SAMPLES) }
    }

    fn append_server(&self, kept: &KeptServer) -> rusqlite::Result<()> {
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

    /// Drops the oldest rows beyond `most`; rows are numbered as they come.
    fn bound(&self, delete: &str, most: i64) -> rusqlite::Result<()> {
        let newest = self.db.last_insert_rowid();
        if newest > most {
            self.db.prepare_cached(delete)?.execute([newest - most])?;
        }
        Ok(())
    }
}

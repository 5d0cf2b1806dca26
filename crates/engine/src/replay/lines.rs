//! `state.jsonl`, read line by line under limits. docs/report.md describes it.

use std::io::{self, BufRead, Read as _};
use std::time::{Duration, SystemTime};

use mailwatch_proto::model::{
    DoneReason, Evidence, LINE_LIMIT, ServerInfo, Span, Status, TlsInfo, Verdict, WireDirection, WireLine, sanitise,
};

use super::material::Material;
use crate::history::{Blindness, KeptLine, KeptReceipt, KeptServer, Logged, Stall, WatchKey, loss};
use crate::report::{FORMAT, Of, ReceiptLine, ServerLine, StallLine, StateLine};

/// The longest line: 64 KiB of capabilities, each character escaped.
const LONGEST: usize = 512 << 10;

/// Records of a file.
const RECORDS: u64 = 400_000;

/// Capabilities of a server that are read; servers have some dozens.
const CAPABILITIES: usize = 500;

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct BadLine {
    /// Which, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: Wrong,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// The bytes cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is too long.
    #[error("it is longer than {} KiB", LONGEST >> 10)]
    Long,
    /// There are too many.
    #[error("there are more than {RECORDS} lines")]
    Many,
    /// It is no record.
    #[error("{0}")]
    Json(String),
    /// A field has no value of its kind.
    #[error("`{field}` is {value:?}, which does not exist")]
    Value {
        /// The field's name.
        field: &'static str,
        /// What it holds, cut.
        value: String,
    },
    /// The first line is another.
    #[error("the first line is not a `report` record")]
    First,
    /// A newer program wrote it.
    #[error("a newer mailwatch-tui wrote it (format {0}): open it with that one")]
    Newer(u32),
}

/// Reads the lines.
pub(super) fn read(mut from: impl BufRead) -> Result<Material, BadLine> {
    let mut material = Material::default();
    let mut bytes = Vec::new();
    let mut line = 0;
    let mut unknown = 0_u64;
    loop {
        line += 1;
        let bad = |what| BadLine { line, what };
        bytes.clear();
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        let count = from.by_ref().take(most).read_until(b'\n', &mut bytes).map_err(|error| bad(error.into()))?;
        if count == 0 {
            break;
        }
        if count == LONGEST && bytes.last() != Some(&b'\n') {
            return Err(bad(Wrong::Long));
        }
        if line > RECORDS {
            return Err(bad(Wrong::Many));
        }
        if !take(&mut material, &bytes, line).map_err(bad)? {
            unknown += 1;
        }
    }
    if line == 1 {
        return Err(BadLine { line, what: Wrong::First });
    }
    if unknown > 0 {
        material.remark = Some(format!("{unknown} records come from a newer mailwatch-tui and are skipped"));
    }
    Ok(material)
}

/// Takes in a line. Whether its record is known.
fn take(material: &mut Material, bytes: &[u8], line: u64) -> Result<bool, Wrong> {
    let record = match serde_json::from_slice::<StateLine>(bytes) {
        Ok(record) => record,
        Err(_) if line > 1 && is_unknown(bytes) => return Ok(false),
        Err(error) => return Err(Wrong::Json(sanitise(&error.to_string(), LINE_LIMIT))),
    };
    if line == 1 {
        let StateLine::Report { format, since, until, .. } = record else { return Err(Wrong::First) };
        if format > FORMAT {
            return Err(Wrong::Newer(format));
        }
        material.since = Some(moment("since", &since)?);
        material.until = Some(moment("until", &until)?);
        return Ok(true);
    }
    match record {
        // A second one says nothing more.
        StateLine::Report { .. } => {}
        StateLine::Watch(of) => material.watches.push(key(of)),
        StateLine::Event { ts, of, conn, kind, text } => {
            material.log.push(Logged { at: moment("ts", &ts)?, key: of.map(key), conn, kind, text });
        }
        StateLine::Receipt(line) => material.receipts.push(receipt(line)?),
        StateLine::Stall(line) => material.stalls.push(stall(line)?),
        StateLine::Blind { since, until, of, why } => material.blind.push(Blindness {
            key: key(of),
            since: moment("since", &since)?,
            until: moment("until", &until)?,
            why: why.as_deref().and_then(loss),
        }),
        StateLine::Unwatched { since, until } => {
            let span = Span { from: moment("since", &since)?, to: moment("until", &until)? };
            // One that ends before it begins is none.
            material.unwatched.extend((span.from < span.to).then_some(span));
        }
        StateLine::Server(line) => material.servers.push(server(line)?),
        StateLine::Wire { ts, of, conn, from, text } => {
            let direction = match from {
                'C' => WireDirection::Client,
                'S' => WireDirection::Server,
                other => return Err(value("from", &other.to_string())),
            };
            let line = WireLine { direction, text };
            material.wire.push(KeptLine { key: key(of), conn, at: moment("ts", &ts)?, line });
        }
    }
    Ok(true)
}

/// Whether it is an object with a record that this program does not know.
fn is_unknown(bytes: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Named {
        record: String,
    }
    const KNOWN: [&str; 9] = ["report", "watch", "event", "receipt", "stall", "blind", "unwatched", "server", "wire"];
    serde_json::from_slice::<Named>(bytes).is_ok_and(|named| !KNOWN.contains(&named.record.as_str()))
}

fn receipt(line: ReceiptLine) -> Result<KeptReceipt, Wrong> {
    let status = match line.status {
        Some(name) => Some(named("status", &name, &[Status::Ok, Status::No, Status::Bad], Status::name)?),
        None => None,
    };
    Ok(KeptReceipt {
        key: key(line.of),
        conn: line.conn,
        at: moment("ts", &line.ts)?,
        reason: named("reason", &line.reason, &DoneReason::ALL, DoneReason::name)?,
        idle: Duration::from_millis(line.idle_ms),
        written: line.written_ms.map(Duration::from_millis),
        acked: line.acked_ms.map(Duration::from_millis),
        answered: line.answered_ms.map(Duration::from_millis),
        status,
        untagged: line.untagged,
        late: line.late,
    })
}

fn stall(line: StallLine) -> Result<Stall, Wrong> {
    let StallLine { acked, outq, unacked, retransmits, backoff, snd_wnd, proxy, .. } = line;
    Ok(Stall {
        key: key(line.of),
        conn: line.conn,
        at: moment("ts", &line.ts)?,
        verdict: named("verdict", &line.verdict, &Verdict::ALL, Verdict::name)?,
        waited: Duration::from_millis(line.waited_ms),
        evidence: Evidence { acked, outq, unacked, retransmits, backoff, snd_wnd, proxy },
        text: line.text,
        samples: Vec::new(),
    })
}

fn server(line: ServerLine) -> Result<KeptServer, Wrong> {
    let version = match line.tls.as_deref() {
        None => None,
        Some("1.2") => Some("1.2"),
        Some("1.3") => Some("1.3"),
        Some(other) => return Err(value("tls", other)),
    };
    let tls = version.map(|version| TlsInfo { version, cipher: line.cipher.unwrap_or_default() });
    Ok(KeptServer {
        key: key(line.of),
        conn: line.conn,
        at: moment("ts", &line.ts)?,
        server: ServerInfo {
            addr: line.addr.and_then(|addr| addr.parse().ok()),
            proxy: line.proxy,
            local: line.local.and_then(|addr| addr.parse().ok()),
            tls,
            capabilities: line.capabilities.into_iter().take(CAPABILITIES).collect(),
            id: line.id,
        },
    })
}

fn key(of: Of) -> WatchKey {
    let Of { account, login, mailbox } = of;
    WatchKey { account, login, mailbox }
}

fn moment(field: &'static str, text: &str) -> Result<SystemTime, Wrong> {
    let stamp: jiff::Timestamp = text.parse().map_err(|_| value(field, text))?;
    Ok(stamp.into())
}

fn named<T: Copy>(field: &'static str, text: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, Wrong> {
    all.iter().copied().find(|known| name(*known) == text).ok_or_else(|| value(field, text))
}

fn value(field: &'static str, value: &str) -> Wrong {
    /// What a message repeats of it.
    const SHOWN: usize = 40;
    Wrong::Value { field, value: sanitise(value, SHOWN) }
}

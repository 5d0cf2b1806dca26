//! `state.jsonl`: all that a report knows as one list of dated records, for `mailwatch-tui open`.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use super::cells::utc;
use super::data::{Proof, ReportData};
use super::state_line::{FORMAT, Of, ReceiptLine, ServerLine, StallLine, StateLine};
use crate::history::{Interrupted, KeptReceipt, KeptServer, Logged, Moment, Stall, WatchKey};
use crate::json::escape_controls;
use mailwatch_proto::model::{Evidence, Loss, ServerInfo, Span, Status, WireDirection};

/// Writes the lines: what the file is, the watches, then what happened, oldest first.
pub(super) fn state_json(
    data: &ReportData<'_>,
    (since, until): (SystemTime, SystemTime),
    renamed: bool,
    out: &mut dyn Write,
) -> Result<(), Interrupted> {
    let mut write = |line: &StateLine| {
        // A line holds names, texts and numbers alone: there is nothing that JSON could not hold.
        let line = serde_json::to_string(line).map_err(io::Error::from)?;
        out.write_all(escape_controls(line).as_bytes())?;
        out.write_all(b"\n")
    };
    write(&StateLine::Report {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        since: utc(since),
        until: utc(until),
        renamed,
    })?;
    for key in watches(data) {
        write(&StateLine::Watch(Of::from(key)))?;
    }
    let mut few = few(&data.proof, since).into_iter().peekable();
    data.lists.moments(&mut |moment| {
        let (at, line) = match moment {
            Moment::Line(Logged { at, key, conn, kind, text }) => {
                (at, StateLine::Event { ts: utc(at), of: key.as_ref().map(Of::from), conn, kind, text })
            }
            Moment::Receipt(kept) => (kept.at, StateLine::Receipt(receipt(&kept))),
        };
        while let Some((_, earlier)) = few.next_if(|(moment, _)| *moment < at) {
            write(&earlier)?;
        }
        write(&line)
    })?;
    Ok(few.try_for_each(|(_, line)| write(&line))?)
}

/// What there is little of, in the order of time.
fn few(proof: &Proof, since: SystemTime) -> Vec<(SystemTime, StateLine)> {
    let mut dated: Vec<(SystemTime, StateLine)> = Vec::new();
    dated.extend(proof.stalls.iter().map(|kept| (kept.at, StateLine::Stall(stall(kept)))));
    let blind = proof.blind.iter().map(|kept| {
        let (since, until) = (utc(kept.since), utc(kept.until));
        let why = kept.why.map(|why| Loss::name(why).to_owned());
        (kept.until, StateLine::Blind { since, until, of: Of::from(&kept.key), why })
    });
    dated.extend(blind);
    let unwatched = |span: &Span| StateLine::Unwatched { since: utc(span.from), until: utc(span.to) };
    dated.extend(proof.unwatched.iter().map(|span| (span.to, unwatched(span))));
    dated.extend(proof.servers.iter().map(|kept| (kept.at, StateLine::Server(server(kept)))));
    let wire = proof.wire.iter().filter(|line| line.at >= since).map(|kept| {
        let from = match kept.line.direction {
            WireDirection::Client => 'C',
            WireDirection::Server => 'S',
        };
        let text = kept.line.text.clone();
        (kept.at, StateLine::Wire { ts: utc(kept.at), of: Of::from(&kept.key), conn: kept.conn, from, text })
    });
    dated.extend(wire);
    dated.sort_by_key(|(at, _)| *at);
    dated
}

/// The watches that anything is known of.
fn watches<'a>(data: &'a ReportData<'_>) -> BTreeSet<&'a WatchKey> {
    let stalls = data.proof.stalls.iter().map(|kept| &kept.key);
    let servers = data.proof.servers.iter().map(|kept| &kept.key);
    data.figures.watches.iter().chain(stalls).chain(servers).collect()
}

fn receipt(kept: &KeptReceipt) -> ReceiptLine {
    ReceiptLine {
        ts: utc(kept.at),
        of: Of::from(&kept.key),
        conn: kept.conn,
        reason: kept.reason.name().to_owned(),
        idle_ms: millis(kept.idle),
        written_ms: kept.written.map(millis),
        acked_ms: kept.acked.map(millis),
        answered_ms: kept.answered.map(millis),
        status: kept.status.map(|status| Status::name(status).to_owned()),
        untagged: kept.untagged,
        late: kept.late,
    }
}

fn stall(kept: &Stall) -> StallLine {
    let Evidence { acked, outq, unacked, retransmits, backoff, snd_wnd, proxy } = kept.evidence;
    StallLine {
        ts: utc(kept.at),
        of: Of::from(&kept.key),
        conn: kept.conn,
        verdict: kept.verdict.name().to_owned(),
        waited_ms: millis(kept.waited),
        acked,
        outq,
        unacked,
        retransmits,
        backoff,
        snd_wnd,
        proxy,
        text: kept.text.clone(),
    }
}

fn server(kept: &KeptServer) -> ServerLine {
    let ServerInfo { addr, proxy, local, tls, capabilities, id } = kept.server.clone();
    ServerLine {
        ts: utc(kept.at),
        of: Of::from(&kept.key),
        conn: kept.conn,
        addr: addr.map(|addr| addr.to_string()),
        proxy,
        local: local.map(|local| local.to_string()),
        tls: tls.as_ref().map(|tls| tls.version.to_owned()),
        cipher: tls.map(|tls| tls.cipher),
        id,
        capabilities: capabilities.to_vec(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

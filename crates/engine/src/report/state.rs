//! `state.jsonl`: all that a report knows as one list of dated records, for `mailwatch-tui open`.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::cells::utc;
use super::data::ReportData;
use super::state_line::{FORMAT, Of, ReceiptLine, ServerLine, StallLine, StateLine};
use crate::history::{KeptReceipt, KeptServer, Stall, WatchKey};
use crate::json::escape_controls;
use mailwatch_proto::model::{Evidence, Loss, ServerInfo, Status, WireDirection};

/// The lines: what the file is, the watches, then what happened, oldest first.
#[must_use]
pub(super) fn state_json(data: &ReportData, since: SystemTime, until: SystemTime, renamed: bool) -> String {
    let mut dated: Vec<(SystemTime, StateLine)> = Vec::new();
    let events = data.log.iter().map(|line| {
        let of = line.key.as_ref().map(Of::from);
        let (kind, text) = (line.kind.clone(), line.text.clone());
        (line.at, StateLine::Event { ts: utc(line.at), of, conn: line.conn, kind, text })
    });
    dated.extend(events);
    dated.extend(data.receipts.iter().map(|kept| (kept.at, StateLine::Receipt(receipt(kept)))));
    dated.extend(data.stalls.iter().map(|kept| (kept.at, StateLine::Stall(stall(kept)))));
    let blind = data.blind.iter().map(|kept| {
        let (since, until) = (utc(kept.since), utc(kept.until));
        let why = kept.why.map(|why| Loss::name(why).to_owned());
        (kept.until, StateLine::Blind { since, until, of: Of::from(&kept.key), why })
    });
    dated.extend(blind);
    dated.extend(data.servers.iter().map(|kept| (kept.at, StateLine::Server(server(kept)))));
    let wire = data.wire.iter().filter(|line| line.at >= since).map(|kept| {
        let from = match kept.line.direction {
            WireDirection::Client => 'C',
            WireDirection::Server => 'S',
        };
        let text = kept.line.text.clone();
        (kept.at, StateLine::Wire { ts: utc(kept.at), of: Of::from(&kept.key), conn: kept.conn, from, text })
    });
    dated.extend(wire);
    dated.sort_by_key(|(at, _)| *at);
    let head = StateLine::Report {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        since: utc(since),
        until: utc(until),
        renamed,
    };
    let watches = keys(data).into_iter().map(|key| StateLine::Watch(Of::from(key)));
    let lines = std::iter::once(head).chain(watches).chain(dated.into_iter().map(|(_, line)| line));
    lines.fold(String::new(), |mut text, line| {
        // A line holds names, texts and numbers alone: there is nothing that JSON could not hold.
        if let Ok(line) = serde_json::to_string(&line) {
            text.push_str(&escape_controls(line));
            text.push('\n');
        }
        text
    })
}

/// The watches that anything is known of.
fn keys(data: &ReportData) -> BTreeSet<&WatchKey> {
    let events = data.log.iter().filter_map(|line| line.key.as_ref());
    let receipts = data.receipts.iter().map(|kept| &kept.key);
    let stalls = data.stalls.iter().map(|kept| &kept.key);
    let servers = data.servers.iter().map(|kept| &kept.key);
    events.chain(receipts).chain(stalls).chain(servers).collect()
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

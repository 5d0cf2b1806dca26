//! The files of a report that machines read and people search: timeline, TCP's figures, servers, the wire.

use std::time::Duration;

use serde_json::Value;

use super::cells::utc;
use super::data::ReportData;
use super::lines::object;
use crate::history::{KeptLine, KeptServer, Logged, Stall, WatchKey};
use mailwatch_proto::model::{LINE_LIMIT, TcpSample, WireDirection, sanitise};

/// The head of the log as a table: one event a line, tabs between its fields.
pub(super) const TIMELINE: &str = "ts\twatch\tconn\tkind\ttext\n";

/// A line of it.
pub(super) fn timeline_tsv(line: &Logged) -> String {
    let Logged { at, key, conn, kind, text: said } = line;
    let watch = key.as_ref().map_or_else(String::new, watch);
    let conn = conn.map_or_else(String::new, |conn| conn.to_string());
    let said = sanitise(said, LINE_LIMIT);
    format!("{}\t{watch}\t{conn}\t{kind}\t{said}\n", utc(*at))
}

/// A line of the log as a JSON object, with its line end.
pub(super) fn timeline_json(line: &Logged) -> String {
    let name = |of: fn(&WatchKey) -> &String| line.key.as_ref().map(|key| of(key).as_str()).into();
    let fields = [
        ("ts", utc(line.at).into()),
        ("account", name(|key| &key.account)),
        ("login", name(|key| &key.login)),
        ("mailbox", name(|key| &key.mailbox)),
        ("conn", line.conn.into()),
        ("kind", line.kind.as_str().into()),
        ("text", line.text.as_str().into()),
    ];
    object(fields.into_iter()) + "\n"
}

/// Every TCP sample before a stall, as JSON lines; `ts` is the stall's.
#[must_use]
pub(super) fn tcp_json(data: &ReportData<'_>) -> String {
    let samples = data.proof.stalls.iter().flat_map(|stall| stall.samples.iter().map(move |sample| (stall, sample)));
    json_lines(samples.map(|(stall, sample)| object(sample_fields(stall, sample).into_iter())))
}

fn sample_fields(stall: &Stall, sample: &TcpSample) -> Vec<(&'static str, Value)> {
    let mut fields = named(stall.conn, &stall.key);
    fields.insert(0, ("ts", utc(stall.at).into()));
    fields.extend([
        ("after_ms", millis(sample.after)),
        ("acked", sample.acked.into()),
        ("outq", sample.outq.into()),
        ("notsent", sample.notsent.into()),
        ("unacked", sample.unacked.into()),
        ("retransmits", sample.retransmits.into()),
        ("backoff", sample.backoff.into()),
        ("probes", sample.probes.into()),
        ("total_retrans", sample.total_retrans.into()),
        ("snd_wnd", sample.snd_wnd.into()),
        ("rtt_us", u64::try_from(sample.rtt.as_micros()).unwrap_or(u64::MAX).into()),
        ("last_data_received_ms", sample.last_data_received.map_or(Value::Null, millis)),
    ]);
    fields
}

/// Each connection's server as JSON lines: addresses, TLS, what it says of itself, capabilities after login.
#[must_use]
pub(super) fn servers_json(data: &ReportData<'_>) -> String {
    json_lines(data.proof.servers.iter().map(|kept| {
        let KeptServer { key, conn, at, server } = kept;
        let mut fields = named(*conn, key);
        fields.insert(0, ("ts", utc(*at).into()));
        fields.extend([
            ("addr", server.addr.map(|addr| addr.to_string()).into()),
            ("proxy", server.proxy.as_deref().into()),
            ("local", server.local.map(|local| local.to_string()).into()),
            ("tls", server.tls.as_ref().map(|tls| tls.version).into()),
            ("cipher", server.tls.as_ref().map(|tls| tls.cipher.as_str()).into()),
            ("id", server.id.as_deref().into()),
            ("capabilities", server.capabilities.iter().map(String::as_str).collect::<Vec<_>>().into()),
        ]);
        object(fields.into_iter())
    }))
}

/// The wire around a stall, with the moment at which it was called one.
#[must_use]
pub fn wire(stall: &Stall, lines: &[&KeptLine]) -> String {
    let mut text = format!(
        "The wire around a stall of {} on connection {}. Times are UTC; C is this program, S the server.\n\
         What is said at login, mails and users' names are replaced; a literal is its size.\n\n",
        watch(&stall.key),
        stall.conn
    );
    let called = format!("-- {}  connection {}: {}\n", stamp(stall.at), stall.conn, stall.verdict);
    let mut is_called = false;
    for line in lines {
        if line.at > stall.at && !is_called {
            text.push_str(&called);
            is_called = true;
        }
        text.push_str(&wire_line(line));
    }
    if !is_called {
        text.push_str(&called);
    }
    text
}

/// A line of the wire as people read it.
pub(super) fn wire_line(kept: &KeptLine) -> String {
    let who = match kept.line.direction {
        WireDirection::Client => 'C',
        WireDirection::Server => 'S',
    };
    format!("{}  {:>4}  {who}  {}\n", stamp(kept.at), kept.conn, kept.line.text)
}

/// `2026-11-25 07:15:03.211`.
fn stamp(at: std::time::SystemTime) -> String {
    utc(at).replace('T', " ").trim_end_matches('Z').to_owned()
}

/// The watch as people name it.
pub(super) fn watch(key: &WatchKey) -> String {
    sanitise(&format!("{}/{}", key.account, key.mailbox), LINE_LIMIT)
}

/// `wire/01-work-INBOX.txt`. `index` counts from 0.
pub(super) fn wire_name(index: usize, stall: &Stall) -> String {
    let watch = format!("{}-{}", stall.key.account, stall.key.mailbox);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let watch: String = watch.chars().take(40).map(plain).collect();
    format!("wire/{:02}-{}.txt", index + 1, watch.trim_start_matches(['.', '-']))
}

fn named(conn: u64, key: &WatchKey) -> Vec<(&'static str, Value)> {
    vec![
        ("account", key.account.as_str().into()),
        ("login", key.login.as_str().into()),
        ("mailbox", key.mailbox.as_str().into()),
        ("conn", conn.into()),
    ]
}

fn millis(duration: Duration) -> Value {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).into()
}

fn json_lines(objects: impl Iterator<Item = String>) -> String {
    objects.fold(String::new(), |mut text, object| {
        text.push_str(&object);
        text.push('\n');
        text
    })
}

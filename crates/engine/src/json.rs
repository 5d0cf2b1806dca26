//! Events as JSON: the lines of `watch --json` and of a hook's standard input. Below both, so that it is written once. Names
//! and order of the fields are an interface: new ones come at the end.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};

use mailwatch_proto::model::{ConnId, Event, EventKind, Evidence, Mail, Phase, Unannounced, WatchId};

/// The event as one JSON object without a line end; `None` for the trace's lines.
#[must_use]
pub fn json_line(event: &Event) -> Option<String> {
    json_line_with(event, &[])
}

/// The same with further fields at its end.
#[must_use]
pub fn json_line_with(event: &Event, more: &[(&'static str, &str)]) -> Option<String> {
    if matches!(event.kind, EventKind::Wire(_)) {
        return None;
    }
    serde_json::to_string(&Line { event, more }).ok().map(escape_controls)
}

/// Escapes DEL and the C1 controls, which JSON allows unescaped and a terminal may obey.
pub(crate) fn escape_controls(line: String) -> String {
    // Most lines are plain ASCII: a byte is quicker to judge than a character.
    if line.bytes().all(|b| matches!(b, b' '..=b'~')) || !line.contains(char::is_control) {
        return line;
    }
    let mut escaped = String::with_capacity(line.len() + 8);
    for c in line.chars() {
        if c.is_control() {
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

struct Line<'a> {
    event: &'a Event,
    more: &'a [(&'static str, &'a str)],
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let Event { ts, at: _, watch, conn, kind } = self.event;
        entries(*ts, watch.as_ref(), *conn, kind, &mut map)?;
        for (name, value) in self.more {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// An event's entries, in their order.
pub(crate) fn entries<M: SerializeMap>(
    ts: SystemTime,
    watch: Option<&WatchId>,
    conn: Option<ConnId>,
    kind: &EventKind,
    map: &mut M,
) -> Result<(), M::Error> {
    map.serialize_entry("ts", &moment(ts))?;
    map.serialize_entry("kind", kind.name())?;
    if let Some(watch) = watch {
        map.serialize_entry("account", &*watch.account)?;
        map.serialize_entry("mailbox", &*watch.mailbox)?;
    }
    if let Some(conn) = conn {
        map.serialize_entry("conn", &conn.0)?;
    }
    fields(kind, map)
}

fn fields<M: SerializeMap>(kind: &EventKind, map: &mut M) -> Result<(), M::Error> {
    match kind {
        EventKind::Phase { from, to, by } => {
            map.serialize_entry("from", &from.map(Phase::name))?;
            map.serialize_entry("to", to.name())?;
            map.serialize_entry("by", &by.name())
        }
        EventKind::Connected { addr, tls, took } => {
            map.serialize_entry("addr", addr)?;
            map.serialize_entry("tls", tls)?;
            map.serialize_entry("took_ms", &ms(*took))
        }
        EventKind::Capabilities { idle, list } => {
            map.serialize_entry("idle", idle)?;
            map.serialize_entry("list", &**list)
        }
        EventKind::Exists { count, delta } => {
            map.serialize_entry("count", count)?;
            map.serialize_entry("delta", delta)
        }
        EventKind::Expunge { count } | EventKind::Flags { count } => map.serialize_entry("count", count),
        EventKind::NewMail(mail) => new_mail(mail, map),
        EventKind::DoneSent { reason, idle } => {
            map.serialize_entry("reason", reason.name())?;
            map.serialize_entry("idle_ms", &ms(*idle))
        }
        EventKind::DoneAcked { took } => map.serialize_entry("took_ms", &ms(*took)),
        EventKind::DoneAnswered { reason, took, status, untagged, late } => {
            map.serialize_entry("reason", reason.name())?;
            map.serialize_entry("took_ms", &ms(*took))?;
            map.serialize_entry("status", status.name())?;
            map.serialize_entry("untagged", untagged)?;
            map.serialize_entry("late", late)
        }
        EventKind::Stalled { verdict, waited, evidence } => {
            map.serialize_entry("verdict", verdict.name())?;
            map.serialize_entry("waited_ms", &ms(*waited))?;
            map.serialize_entry("evidence", &Figures(Some(evidence)))
        }
        EventKind::Verdict { verdict, text, evidence, mails } => {
            map.serialize_entry("verdict", verdict.name())?;
            map.serialize_entry("text", text)?;
            map.serialize_entry("evidence", &Figures(evidence.as_ref()))?;
            map.serialize_entry("mails", &mails.iter().map(Shown).collect::<Vec<_>>())
        }
        EventKind::Replaced { by, blind } => {
            map.serialize_entry("by", &by.0)?;
            map.serialize_entry("blind_ms", &ms(*blind))
        }
        EventKind::Heartbeat { text }
        | EventKind::Unparsed { text }
        | EventKind::Bye { text }
        | EventKind::Alert { text }
        | EventKind::Hint { text }
        | EventKind::Contradiction { text } => map.serialize_entry("text", text),
        EventKind::Canary { announced, removed } => {
            map.serialize_entry("announced_ms", &announced.map(ms))?;
            map.serialize_entry("removed", removed)
        }
        EventKind::Fault { class, message, retry } => {
            map.serialize_entry("class", class.name())?;
            map.serialize_entry("message", message)?;
            map.serialize_entry("retry", retry)
        }
        EventKind::Retry { attempt, delay } => {
            map.serialize_entry("attempt", attempt)?;
            map.serialize_entry("delay_ms", &ms(*delay))
        }
        EventKind::Retuned { timer, from, to, origin, by } => {
            map.serialize_entry("timer", timer.name())?;
            map.serialize_entry("from_ms", &from.map(ms))?;
            map.serialize_entry("to_ms", &to.map(ms))?;
            map.serialize_entry("origin", origin.name())?;
            map.serialize_entry("by", by)
        }
        EventKind::Slept { slept } => map.serialize_entry("slept_ms", &ms(*slept)),
        EventKind::Hook { command, exit, took } => {
            map.serialize_entry("command", command)?;
            map.serialize_entry("exit", exit)?;
            map.serialize_entry("took_ms", &ms(*took))
        }
        EventKind::Lost { count } => map.serialize_entry("count", count),
        // `json_line` gives no line for it.
        EventKind::Wire(_) => Ok(()),
    }
}

fn new_mail<M: SerializeMap>(mail: &Mail, map: &mut M) -> Result<(), M::Error> {
    map.serialize_entry("uid", &mail.uid)?;
    map.serialize_entry("uidvalidity", &mail.uidvalidity)?;
    map.serialize_entry("from", &mail.from)?;
    map.serialize_entry("subject", &mail.subject)?;
    map.serialize_entry("date", &mail.date)?;
    map.serialize_entry("gap", &mail.gap)?;
    map.serialize_entry("flags", &mail.flags)?;
    map.serialize_entry("headers", &mail.headers)?;
    map.serialize_entry("found", mail.found.name())?;
    map.serialize_entry("received", &mail.received.map(moment))?;
    map.serialize_entry("late_ms", &mail.late.map(ms))
}

/// The seven figures, always all of them, so that a script need not ask first whether there is evidence.
struct Figures<'a>(Option<&'a Evidence>);

impl Serialize for Figures<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unknown = Evidence::default();
        let Evidence { acked, outq, unacked, retransmits, backoff, snd_wnd, proxy } = self.0.unwrap_or(&unknown);
        let mut map = serializer.serialize_map(Some(7))?;
        map.serialize_entry("acked", acked)?;
        map.serialize_entry("outq", outq)?;
        map.serialize_entry("unacked", unacked)?;
        map.serialize_entry("retransmits", retransmits)?;
        map.serialize_entry("backoff", backoff)?;
        map.serialize_entry("snd_wnd", snd_wnd)?;
        map.serialize_entry("proxy", proxy)?;
        map.end()
    }
}

/// A mail that was not announced.
struct Shown<'a>(&'a Unannounced);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Unannounced { uid, received, found_after } = self.0;
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("uid", uid)?;
        map.serialize_entry("received", &received.map(moment))?;
        map.serialize_entry("found_after_ms", &ms(*found_after))?;
        map.end()
    }
}

/// RFC 3339 in UTC, with milliseconds.
fn moment(at: SystemTime) -> String {
    format!("{:.3}", Timestamp::try_from(at).unwrap_or_default())
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

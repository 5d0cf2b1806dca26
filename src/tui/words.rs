//! What the screen says: events, phases and verdicts in plain words, each with its role. No layout here.

use std::time::{Duration, Instant};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use super::glyphs::Glyphs;
use super::theme::Role;
use crate::model::{Event, EventKind, Mail, Phase, PhaseGroup, Receipt, Snapshot, Verdict, show_clock, show_duration};

/// A line of the log, before its time and watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// How it looks.
    pub role: Role,
    /// What it says.
    pub text: String,
    /// Whether it is news: what goes on all day as it should is not.
    pub news: bool,
}

fn told(role: Role, news: bool, text: impl Into<String>) -> Told {
    Told { role, text: text.into(), news }
}

/// A span as the screen writes it: `0.1 ms`, `38 ms`, `1.2 s`, `36 s`, `5:00`.
#[must_use]
pub fn show_span(span: Duration) -> String {
    let micros = span.as_micros();
    match micros {
        0 => "0 ms".to_owned(),
        1..10_000 => format!("{}.{} ms", micros / 1000, micros / 100 % 10),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        1_000_000..10_000_000 => format!("{}.{} s", micros / 1_000_000, micros / 100_000 % 10),
        10_000_000..60_000_000 => format!("{} s", micros / 1_000_000),
        _ => show_clock(span),
    }
}

/// An age in at most five cells: `2:41`, `1h02m`, `3d04h`.
#[must_use]
pub fn show_age(age: Duration) -> String {
    let seconds = age.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match hours {
        0 => format!("{minutes}:{:02}", seconds % 60),
        1..100 => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{}d{:02}h", hours / 24, hours % 24),
    }
}

/// What an event is in the log; `None` for lines of the trace, which have a pane of their own.
#[must_use]
pub fn tell(event: &Event) -> Option<Told> {
    Some(match &event.kind {
        EventKind::Phase { to, .. } => phase_change(*to),
        EventKind::Connected { addr, tls, took } => {
            let peer = addr.map_or_else(String::new, |addr| format!(" to {addr}"));
            let tls = tls.map_or_else(|| "no TLS".to_owned(), |version| format!("TLS {version}"));
            told(Role::Dim, false, format!("connected{peer}, {tls}, in {}", show_span(*took)))
        }
        EventKind::Capabilities { idle: true, list } => told(Role::Dim, false, format!("{} capabilities", list.len())),
        EventKind::Capabilities { idle: false, .. } => told(Role::Busy, true, "the server has no IDLE: it is polled"),
        EventKind::Exists { count, delta } => told(Role::Dim, false, format!("{count} messages ({delta:+})")),
        EventKind::Expunge { count } => told(Role::Dim, false, format!("{count} expunged")),
        EventKind::Flags { count } => told(Role::Dim, false, format!("flags of {count} changed")),
        EventKind::NewMail(mail) => told(Role::Mail, true, new_mail(mail)),
        EventKind::DoneSent { reason, idle } => {
            told(Role::Text, true, format!("DONE ({reason}) after {}", show_clock(*idle)))
        }
        EventKind::DoneAcked { took } => told(Role::Dim, false, format!("DONE acked in {}", show_span(*took))),
        EventKind::DoneAnswered { reason, took, status, untagged, late } => {
            let after = match (late, untagged) {
                (false, _) => String::new(),
                (true, 0) => ", with nothing before it".to_owned(),
                (true, n) => format!(", after {n} untagged"),
            };
            let (role, word) = if *late { (Role::Warn, "late ") } else { (Role::Text, "") };
            let text = format!("{word}{} to DONE ({reason}) after {}{after}", status.name(), show_span(*took));
            told(role, *late, text)
        }
        EventKind::Stalled { verdict, waited, evidence } => {
            told(Role::Warn, true, stalled(*verdict, *waited, evidence.acked))
        }
        EventKind::Verdict { verdict, text, .. } => {
            let (role, news) = match verdict {
                Verdict::Live => (Role::Live, false),
                Verdict::Finishing => (Role::Dim, false),
                Verdict::Quiet | Verdict::Slept | Verdict::Closed => (Role::Busy, true),
                Verdict::Limited
                | Verdict::Refused
                | Verdict::ServerIgnoring
                | Verdict::PathDead
                | Verdict::ServerNotReading
                | Verdict::NotKnown => (Role::Warn, true),
            };
            told(role, news, text.as_str())
        }
        EventKind::Replaced { by, blind } => {
            let blind =
                if blind.is_zero() { "never blind".to_owned() } else { format!("blind for {}", show_span(*blind)) };
            told(Role::Live, true, format!("replaced by connection {by}, {blind}"))
        }
        EventKind::Heartbeat { text } => told(Role::Dim, false, format!("heartbeat: {text}")),
        EventKind::Unparsed { text } => told(Role::Dim, false, format!("not understood, kept as data: {text}")),
        EventKind::Bye { text } => told(Role::Busy, true, format!("BYE: {text}")),
        EventKind::Alert { text } => told(Role::Warn, true, format!("ALERT: {text}")),
        EventKind::Fault { class, message, retry } => {
            told(if *retry { Role::Busy } else { Role::Down }, true, format!("{class}: {message}"))
        }
        EventKind::Retry { attempt, delay } => {
            told(Role::Busy, true, format!("retry {attempt} in {}", show_span(*delay)))
        }
        EventKind::Retuned { timer, from, to, origin } => {
            let (from, to) = (show_duration(*from), show_duration(*to));
            told(Role::Key, true, format!("{timer} {from} to {to} ({})", origin.name()))
        }
        EventKind::Slept { slept } => {
            told(Role::Busy, true, format!("the machine slept for {}; checking every IDLE", show_span(*slept)))
        }
        EventKind::Hook { command, exit, took } => {
            let program = command.first().map_or("", String::as_str);
            let (role, ended) = match exit {
                Some(0) => (Role::Text, "done".to_owned()),
                Some(code) => (Role::Down, format!("exit {code}")),
                None => (Role::Down, "ended by a signal".to_owned()),
            };
            told(role, true, format!("hook {program}: {ended} after {}", show_span(*took)))
        }
        EventKind::Lost { count } => {
            let (noun, were) = if *count == 1 { ("event", "was") } else { ("events", "were") };
            told(Role::Warn, true, format!("{count} {noun} {were} dropped: the screen could not keep up"))
        }
        EventKind::Wire(_) => return None,
    })
}

fn phase_change(to: Phase) -> Told {
    let (role, news) = match to {
        Phase::Paused => (Role::Resting, true),
        Phase::Failed => (Role::Down, true),
        Phase::Idling
        | Phase::Polling
        | Phase::Connecting
        | Phase::Authenticating
        | Phase::Selecting
        | Phase::CatchingUp
        | Phase::Requested
        | Phase::Finishing
        | Phase::Waiting => (Role::Dim, false),
    };
    told(role, news, to.name())
}

fn new_mail(mail: &Mail) -> String {
    let sender = mail.from.split('<').next().map_or("", str::trim).trim_matches('"');
    let sender = if sender.is_empty() { mail.from.trim_matches(['<', '>', ' ']) } else { sender };
    let sender = if sender.is_empty() { "no sender" } else { sender };
    let subject = if mail.subject.is_empty() { "(no subject)" } else { &mail.subject };
    let gap = if mail.gap { "  (came while nobody listened)" } else { "" };
    format!("new  {}: {}{gap}", tame(sender), tame(subject))
}

fn stalled(verdict: Verdict, waited: Duration, acked: Option<bool>) -> String {
    let why = match verdict {
        Verdict::ServerIgnoring => "server ignores DONE",
        Verdict::PathDead => "path dead",
        Verdict::ServerNotReading => "server does not read",
        Verdict::NotKnown => "DONE not answered",
        Verdict::Live
        | Verdict::Finishing
        | Verdict::Quiet
        | Verdict::Slept
        | Verdict::Closed
        | Verdict::Limited
        | Verdict::Refused => verdict.name(),
    };
    let acked = match acked {
        Some(true) => ": acked",
        Some(false) => ": not acked",
        None => "",
    };
    format!("{why}{acked}, no answer in {}. Replacing", show_span(waited))
}

/// The text without what terminals disagree on: joined emoji and their variations become the first of them, so that
/// a border stands where `unicode-width` says.
#[must_use]
pub fn tame(text: &str) -> String {
    text.graphemes(true)
        .map(|cluster| {
            let first = cluster.chars().next();
            match first {
                Some(c) if c.width() == Some(2) || cluster.contains('\u{fe0f}') => &cluster[..c.len_utf8()],
                Some(_) | None => cluster,
            }
        })
        .collect()
}

/// A watch's glyph, word and role, as the table shows them.
#[must_use]
pub fn phase_word(snapshot: &Snapshot, glyphs: &Glyphs) -> (&'static str, &'static str, Role) {
    if snapshot.replacing {
        return (glyphs.warn, "replacing", Role::Warn);
    }
    let (glyph, role) = group_mark(snapshot.phase.group(), glyphs);
    (glyph, snapshot.phase.name(), role)
}

/// A group's glyph and role.
#[must_use]
pub const fn group_mark(group: PhaseGroup, glyphs: &Glyphs) -> (&'static str, Role) {
    match group {
        PhaseGroup::Live => (glyphs.live, Role::Live),
        PhaseGroup::Busy => (glyphs.busy, Role::Busy),
        PhaseGroup::Down => (glyphs.down, Role::Down),
        PhaseGroup::Resting => (glyphs.resting, Role::Resting),
    }
}

/// The group the headline counts a watch in: one being replaced is on its way.
#[must_use]
pub const fn group(snapshot: &Snapshot) -> PhaseGroup {
    if snapshot.replacing { PhaseGroup::Busy } else { snapshot.phase.group() }
}

/// A watch's verdict in words.
#[must_use]
pub fn verdict_word(snapshot: &Snapshot, now: Instant) -> (String, Role) {
    match snapshot.phase {
        Phase::Paused => return ("paused by you".to_owned(), Role::Resting),
        Phase::Waiting | Phase::Failed => {
            if let Some(fault) = &snapshot.fault {
                return (fault.message.clone(), Role::Down);
            }
        }
        Phase::Connecting
        | Phase::Authenticating
        | Phase::Selecting
        | Phase::CatchingUp
        | Phase::Requested
        | Phase::Idling
        | Phase::Finishing
        | Phase::Polling => {}
    }
    let Some(finding) = &snapshot.finding else { return (String::new(), Role::Dim) };
    let (word, role) = match finding.verdict {
        Verdict::Live => ("live", Role::Live),
        Verdict::Finishing => (rung_word(snapshot.receipt.as_ref()), Role::Busy),
        Verdict::Quiet => return (format!("quiet{}", quiet_for(snapshot, now)), Role::Warn),
        Verdict::Slept => ("checking after sleep", Role::Busy),
        Verdict::Closed => ("closed", Role::Down),
        Verdict::Limited => ("too many connections", Role::Down),
        Verdict::Refused => ("login refused", Role::Down),
        Verdict::ServerIgnoring => ("server ignores", Role::Warn),
        Verdict::PathDead => ("path dead", Role::Down),
        Verdict::ServerNotReading => ("server not reading", Role::Warn),
        Verdict::NotKnown => ("DONE unanswered", Role::Warn),
    };
    (word.to_owned(), role)
}

fn quiet_for(snapshot: &Snapshot, now: Instant) -> String {
    snapshot.heard.map_or_else(String::new, |at| format!(" for {}", show_clock(now.saturating_duration_since(at))))
}

fn rung_word(receipt: Option<&Receipt>) -> &'static str {
    match receipt {
        Some(Receipt { answer: Some(_), .. }) => "DONE answered",
        Some(Receipt { acked: Some(_), .. }) => "DONE acked",
        Some(Receipt { written: Some(_), .. }) => "DONE written",
        Some(_) => "DONE queued",
        None => "DONE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_the_precision_that_is_read() {
        let cases = [
            (0, "0 ms"),
            (140, "0.1 ms"),
            (1_400, "1.4 ms"),
            (38_400, "38 ms"),
            (1_240_000, "1.2 s"),
            (36_000_000, "36 s"),
            (300_000_000, "5:00"),
        ];
        for (micros, text) in cases {
            assert_eq!(show_span(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn an_age_takes_five_cells_at_most() {
        for (seconds, text) in [(0, "0:00"), (161, "2:41"), (3599, "59:59"), (3720, "1h02m"), (360_000, "4d04h")] {
            assert_eq!(show_age(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_sender_is_known_by_name_and_by_address_where_there_is_none() {
        let mail = |from: &str, subject: &str| {
            let (from, subject) = (from.to_owned(), subject.to_owned());
            new_mail(&Mail { uid: 1, uidvalidity: 1, from, subject, date: None, gap: false })
        };
        assert_eq!(mail("Ann Lee <ann@example.org>", "Friday?"), "new  Ann Lee: Friday?");
        assert_eq!(mail("<ann@example.org>", ""), "new  ann@example.org: (no subject)");
        assert_eq!(mail("", "x"), "new  no sender: x");
    }

    #[test]
    fn joined_emoji_become_the_first_and_letters_stay() {
        assert_eq!(tame("👩\u{200d}💻 e\u{301} 日本 ❤\u{fe0f}"), "👩 e\u{301} 日本 ❤");
    }
}

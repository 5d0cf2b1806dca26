//! An event from what was kept of it: the reverse of [`words`](super::words). What the words left out is unknown: a count
//! of capabilities is a list of empty names, a duration is as exact as it was written.

use std::time::Duration;

use super::{
    ConnId, DoneReason, DurationError, EventKind, Evidence, FaultClass, Mail, Origin, Phase, Served, Status, TIMERS,
    Timer, Verdict, parse_duration,
};

/// The event that was kept under this kind with these words. What a newer program kept, or a report left out, is shown as
/// it stands.
#[must_use]
pub fn reread(kind: &str, text: &str) -> EventKind {
    let known = match kind {
        "phase" => phase(text),
        "connected" => connected(text),
        "capabilities" => capabilities(text),
        "exists" => exists(text),
        "expunge" => text.strip_suffix(" expunged").and_then(count).map(|count| EventKind::Expunge { count }),
        "flags" => flags(text),
        "new_mail" => new_mail(text),
        "done_sent" => done_sent(text),
        "done_acked" => text.strip_prefix("DONE acked in ").and_then(brief).map(|took| EventKind::DoneAcked { took }),
        "done_answered" => answered(text),
        "stalled" => stalled(text),
        "verdict" => verdict(text),
        "replaced" => replaced(text),
        "heartbeat" => Some(EventKind::Heartbeat { text: labelled("heartbeat", text) }),
        "unparsed" => Some(EventKind::Unparsed { text: labelled("unparsed", text) }),
        "bye" => Some(EventKind::Bye { text: labelled("BYE", text) }),
        "alert" => Some(EventKind::Alert { text: labelled("ALERT", text) }),
        "canary" => canary(text),
        "hint" => Some(EventKind::Hint { text: labelled("hint", text) }),
        "contradiction" => Some(EventKind::Contradiction { text: labelled("contradiction", text) }),
        "fault" => fault(text),
        "retry" => retry(text),
        "retuned" => retuned(text),
        "slept" => text.strip_prefix("the machine slept for ").and_then(brief).map(|slept| EventKind::Slept { slept }),
        "hook" => hook(text),
        "lost" => lost(text),
        _ => None,
    };
    known.unwrap_or_else(|| EventKind::Unparsed { text: format!("{kind}: {text}") })
}

fn canary(text: &str) -> Option<EventKind> {
    let (text, removed) = match text.strip_suffix("; its message may be in the mailbox still") {
        Some(text) => (text, false),
        None => (text, true),
    };
    let announced = match text {
        "push not proven: a message was added and not announced" => None,
        text => Some(brief(text.strip_prefix("push proven: announced in ")?)?),
    };
    Some(EventKind::Canary { announced, removed })
}

fn phase(text: &str) -> Option<EventKind> {
    let (to, by) = match text {
        "told by NOTIFY" => (Phase::Idling, Served::Notify),
        "polling in turn" => (Phase::Polling, Served::Status),
        "ended: the mailbox is gone" => (Phase::Ended, Served::Own),
        name => (Phase::ALL.into_iter().find(|phase| phase.name() == name)?, Served::Own),
    };
    Some(EventKind::Phase { from: None, to, by })
}

fn connected(text: &str) -> Option<EventKind> {
    let (rest, tls) = text.strip_prefix("connected")?.rsplit_once(", ")?;
    let (to, took) = rest.rsplit_once(" in ").or_else(|| Some(("", rest.strip_prefix(" in ")?)))?;
    let addr = match to.strip_prefix(" to ") {
        Some(addr) => Some(addr.parse().ok()?),
        None => None,
    };
    let tls = match tls {
        "TLS 1.2" => Some("1.2"),
        "TLS 1.3" => Some("1.3"),
        _ => None,
    };
    Some(EventKind::Connected { addr, tls, took: brief(took)? })
}

fn capabilities(text: &str) -> Option<EventKind> {
    /// More than any server has: a file can claim anything.
    const MOST: usize = 1000;
    let (idle, counted) = text.split_once("; ")?;
    let idle = match idle {
        "the server has IDLE" => true,
        "the server has no IDLE, so it is polled" => false,
        _ => return None,
    };
    let count: usize = counted.strip_suffix(" capabilities")?.parse().ok()?;
    Some(EventKind::Capabilities { idle, list: vec![String::new(); count.min(MOST)].into() })
}

fn exists(text: &str) -> Option<EventKind> {
    let (messages, delta) = text.split_once(" (")?;
    Some(EventKind::Exists { count: count(messages)?, delta: delta.strip_suffix(')')?.parse().ok()? })
}

fn flags(text: &str) -> Option<EventKind> {
    let messages = text.strip_prefix("flags of ")?.strip_suffix(" changed")?;
    Some(EventKind::Flags { count: count(messages)? })
}

/// A mail, of which a report says nothing but that it came.
fn new_mail(text: &str) -> Option<EventKind> {
    let rest = text.strip_prefix("new")?;
    let (gap, rest) = match rest.strip_prefix(" (came unheard)") {
        Some(rest) => (true, rest),
        None => (rest.ends_with(" (came unheard)"), rest),
    };
    let (from, subject) = match rest.strip_prefix("  ").and_then(from_and_rest) {
        Some(("no sender", subject)) => ("", subject),
        Some((from, subject)) => (from, subject),
        None => ("sender and subject", "left out of this file"),
    };
    let subject = if subject == "(no subject)" { "" } else { subject };
    let (from, subject) = (from.to_owned(), subject.to_owned());
    Some(EventKind::NewMail(Mail { from, subject, gap, ..Mail::default() }))
}

/// Splits `from: rest`. An empty sender has other words, so a colon at the start is the sender's own.
fn from_and_rest(text: &str) -> Option<(&str, &str)> {
    let (at, colon) = text.match_indices(": ").find(|(at, _)| *at > 0)?;
    Some((text.get(..at)?, text.get(at + colon.len()..)?))
}

fn done_sent(text: &str) -> Option<EventKind> {
    let (reason, idle) = text.strip_prefix("DONE (")?.split_once(") after ")?;
    Some(EventKind::DoneSent { reason: reason_of(reason)?, idle: clock(idle)? })
}

fn answered(text: &str) -> Option<EventKind> {
    if let Some(rest) = text.strip_prefix("DONE answered ") {
        let (status, took) = rest.split_once(" in ")?;
        let (status, took) = (status_of(status)?, brief(took)?);
        // Not said of an answer in time.
        let (reason, untagged) = (DoneReason::Reissue, 0);
        return Some(EventKind::DoneAnswered { reason, took, status, untagged, late: false });
    }
    let (reason, rest) = text.strip_prefix("late answer to DONE (")?.split_once("): ")?;
    let (status, rest) = rest.split_once(" after ")?;
    let (took, with) = rest.split_once(", ")?;
    let untagged = match with.strip_suffix(" before it")? {
        "nothing" => 0,
        responses => count(responses)?,
    };
    let (reason, status, took) = (reason_of(reason)?, status_of(status)?, brief(took)?);
    Some(EventKind::DoneAnswered { reason, took, status, untagged, late: true })
}

fn stalled(text: &str) -> Option<EventKind> {
    let mut evidence = Evidence::default();
    let (verdict, waited) = if let Some(rest) = text.strip_prefix("DONE ignored: ") {
        let (acked, waited) = rest.split_once(", no answer in ")?;
        evidence.acked = Some(true);
        evidence.proxy = (acked == "acked by proxy").then_some(true);
        (Verdict::ServerIgnoring, waited)
    } else if let Some(rest) = text.strip_prefix("path dead: DONE not acked in ") {
        evidence.acked = Some(false);
        let (waited, again) = rest.split_once(", ").unwrap_or((rest, ""));
        evidence.retransmits = count(again).map(u64::from);
        (Verdict::PathDead, waited)
    } else if let Some(waited) = text.strip_prefix("server does not read: its window is closed, no answer in ") {
        evidence.snd_wnd = Some(0);
        (Verdict::ServerNotReading, waited)
    } else {
        let rest = text.strip_prefix("DONE not answered in ")?;
        let (waited, name) = rest.split_once(": ").unwrap_or((rest, Verdict::NotKnown.name()));
        (verdict_of(name)?, waited)
    };
    Some(EventKind::Stalled { verdict, waited: brief(waited)?, evidence })
}

const fn concluded(verdict: Verdict, text: String) -> EventKind {
    EventKind::Verdict { verdict, text, evidence: None, mails: Vec::new() }
}

fn verdict(text: &str) -> Option<EventKind> {
    let (name, text) = text.split_once(": ").unwrap_or((text, ""));
    Some(concluded(verdict_of(name)?, text.to_owned()))
}

fn replaced(text: &str) -> Option<EventKind> {
    let (by, how) = text.strip_prefix("replaced by connection ")?.split_once(", ")?;
    let blind = match how.strip_prefix("blind for ") {
        Some(blind) => brief(blind)?,
        None => Duration::ZERO,
    };
    let by = by.strip_prefix('#').unwrap_or(by);
    Some(EventKind::Replaced { by: ConnId(by.parse().ok()?), blind })
}

fn fault(text: &str) -> Option<EventKind> {
    let (class, rest) = text.split_once(" fault")?;
    let class = FaultClass::ALL.into_iter().find(|known| known.name() == class)?;
    let (retry, message) = match rest.strip_prefix(", needs you: ") {
        Some(message) => (false, message),
        None => (true, rest.strip_prefix(": ")?),
    };
    Some(EventKind::Fault { class, message: message.to_owned(), retry })
}

fn retry(text: &str) -> Option<EventKind> {
    let (attempt, delay) = text.strip_prefix("retry ")?.split_once(" in ")?;
    Some(EventKind::Retry { attempt: attempt.parse().ok()?, delay: brief(delay)? })
}

fn retuned(text: &str) -> Option<EventKind> {
    let (timer, rest) = text.split_once(' ')?;
    let (from, rest) = rest.split_once(" -> ")?;
    let (to, origin) = rest.split_once(" (")?;
    let (origin, by) = origin.split_once(')')?;
    let by = if by.is_empty() { None } else { Some(by.strip_prefix(" by ")?.to_owned()) };
    let origins = [Origin::BuiltIn, Origin::Provider, Origin::Learned, Origin::Config, Origin::You];
    let origin = origins.into_iter().find(|known| known.name() == origin)?;
    let timer = TIMERS.iter().find(|spec| spec.name == timer)?.timer;
    Some(EventKind::Retuned { timer, from: value(timer, from).ok()?, to: value(timer, to).ok()?, origin, by })
}

/// A timer's value, which is never longer than its range.
fn value(timer: Timer, text: &str) -> Result<Option<Duration>, DurationError> {
    if text == "off" {
        return Ok(None);
    }
    parse_duration(text).map(|value| Some(value.min(timer.spec().max)))
}

fn hook(text: &str) -> Option<EventKind> {
    let text = text.strip_prefix("hook ")?;
    let (name, exit, took) = if let Some((name, took)) = text.rsplit_once(" was ended by a signal after ") {
        (name, None, took)
    } else if let Some((name, rest)) = text.rsplit_once(" failed with exit code ") {
        let (code, took) = rest.split_once(" after ")?;
        (name, Some(code.parse().ok()?), took)
    } else {
        let (name, took) = text.rsplit_once(" done in ")?;
        (name, Some(0), took)
    };
    Some(EventKind::Hook { command: vec![name.to_owned()], exit, took: brief(took)? })
}

fn lost(text: &str) -> Option<EventKind> {
    let events = text.strip_suffix(" not shown: too far behind")?;
    Some(EventKind::Lost { count: events.split_once(' ')?.0.parse().ok()? })
}

/// The text behind its label.
fn labelled(label: &str, text: &str) -> String {
    match text.strip_prefix(label) {
        Some("") => String::new(),
        Some(rest) => rest.strip_prefix(": ").unwrap_or(text).to_owned(),
        None => text.to_owned(),
    }
}

/// `1 message`, `3 messages`.
fn count(text: &str) -> Option<u32> {
    text.split_once(' ')?.0.parse().ok()
}

fn reason_of(name: &str) -> Option<DoneReason> {
    DoneReason::ALL.into_iter().find(|reason| reason.name() == name)
}

fn status_of(name: &str) -> Option<Status> {
    [Status::Ok, Status::No, Status::Bad].into_iter().find(|status| status.name() == name)
}

fn verdict_of(name: &str) -> Option<Verdict> {
    Verdict::ALL.into_iter().find(|verdict| verdict.name() == name)
}

/// `19 ms`, `1.2 s`, `36 s`, `6:12`.
fn brief(text: &str) -> Option<Duration> {
    let Some((number, unit)) = text.split_once(' ') else { return clock(text) };
    match (unit, number.split_once('.')) {
        ("ms", None) => Some(Duration::from_millis(number.parse().ok()?)),
        ("s", None) => Some(Duration::from_secs(number.parse().ok()?)),
        ("s", Some((whole, tenths))) => {
            let tenths: u8 = tenths.parse().ok().filter(|tenths| *tenths < 10)?;
            let whole: u32 = whole.parse().ok()?;
            Some(Duration::from_secs(whole.into()) + Duration::from_millis(u64::from(tenths) * 100))
        }
        _ => None,
    }
}

/// `2:41`, `1:02:03`.
fn clock(text: &str) -> Option<Duration> {
    let parts: Vec<u32> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [minutes, seconds] => (0, minutes, seconds),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let (hours, minutes, seconds) = (u64::from(hours), u64::from(minutes), u64::from(seconds));
    Some(Duration::from_secs(hours * 3600 + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests;

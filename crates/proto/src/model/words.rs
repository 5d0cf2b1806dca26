//! What an event says in plain words: for the log, on every front end.

use std::time::Duration;

use super::{
    DoneReason, EventKind, Evidence, Mail, Phase, Served, Status, Verdict, WireDirection, show_clock, show_duration,
};

/// The event in a phrase of one line. Holds only text that was sanitised on its way into the event.
#[must_use]
pub fn words(kind: &EventKind) -> String {
    match kind {
        EventKind::Phase { from: _, to: Phase::Idling, by: Served::Notify } => "told by NOTIFY".to_owned(),
        EventKind::Phase { from: _, to: Phase::Polling, by: Served::Status } => "polling in turn".to_owned(),
        EventKind::Phase { from: _, to: Phase::Ended, by: _ } => "ended: the mailbox is gone".to_owned(),
        EventKind::Phase { from: _, to, by: _ } => to.name().to_owned(),
        EventKind::Connected { addr, tls, took } => {
            let to = addr.map_or_else(String::new, |addr| format!(" to {addr}"));
            let how = tls.map_or_else(|| "no TLS".to_owned(), |version| format!("TLS {version}"));
            format!("connected{to} in {}, {how}", brief(*took))
        }
        EventKind::Capabilities { idle: true, list } => format!("the server has IDLE; {} capabilities", list.len()),
        EventKind::Capabilities { idle: false, list } => {
            format!("the server has no IDLE, so it is polled; {} capabilities", list.len())
        }
        EventKind::Exists { count, delta } => format!("{} ({delta:+})", counted(u64::from(*count), "message")),
        EventKind::Expunge { count } => format!("{} expunged", counted(u64::from(*count), "message")),
        EventKind::Flags { count } => format!("flags of {} changed", counted(u64::from(*count), "message")),
        EventKind::NewMail(mail) => new_mail(mail),
        EventKind::Canary { announced, removed } => canary(*announced, *removed),
        EventKind::DoneSent { reason, idle } => format!("DONE ({reason}) after {}", show_clock(*idle)),
        EventKind::DoneAcked { took } => format!("DONE acked in {}", brief(*took)),
        EventKind::DoneAnswered { reason, took, status, untagged, late } => {
            answered(*reason, *took, *status, *untagged, *late)
        }
        EventKind::Stalled { verdict, waited, evidence } => stalled(*verdict, *waited, evidence),
        EventKind::Verdict { verdict, text, .. } => labelled(verdict.name(), text),
        EventKind::Replaced { by, blind } if blind.is_zero() => format!("replaced by connection {by}, never blind"),
        EventKind::Replaced { by, blind } => format!("replaced by connection {by}, blind for {}", brief(*blind)),
        EventKind::Heartbeat { text } => labelled("heartbeat", text),
        EventKind::Unparsed { text } => labelled("unparsed", text),
        EventKind::Bye { text } => labelled("BYE", text),
        EventKind::Alert { text } => labelled("ALERT", text),
        EventKind::Hint { text } => labelled("hint", text),
        EventKind::Contradiction { text } => labelled("contradiction", text),
        EventKind::Fault { class, message, retry: true } => format!("{class} fault: {message}"),
        EventKind::Fault { class, message, retry: false } => format!("{class} fault, needs you: {message}"),
        EventKind::Retry { attempt, delay } => format!("retry {attempt} in {}", brief(*delay)),
        EventKind::Retuned { timer, from, to, origin, by } => {
            let by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            format!("{timer} {} -> {} ({}){by}", show_duration(*from), show_duration(*to), origin.name())
        }
        EventKind::Slept { slept } => format!("the machine slept for {}", brief(*slept)),
        EventKind::Hook { command, exit, took } => {
            let name = command.first().map_or("", String::as_str);
            match exit {
                Some(0) => format!("hook {name} done in {}", brief(*took)),
                Some(code) => format!("hook {name} failed with exit code {code} after {}", brief(*took)),
                None => format!("hook {name} was ended by a signal after {}", brief(*took)),
            }
        }
        EventKind::Lost { count } => format!("{} not shown: too far behind", counted(*count, "event")),
        EventKind::Wire(line) => match line.direction {
            WireDirection::Client => format!("C {}", line.text),
            WireDirection::Server => format!("S {}", line.text),
        },
    }
}

fn canary(announced: Option<Duration>, removed: bool) -> String {
    let left = if removed { "" } else { "; its message may be in the mailbox still" };
    match announced {
        Some(took) => format!("push proven: announced in {}{left}", brief(took)),
        None => format!("push not proven: a message was added and not announced{left}"),
    }
}

fn new_mail(mail: &Mail) -> String {
    let late = if mail.gap { " (came unheard)" } else { "" };
    format!("new{late}  {}: {}", mail.sender(), mail.subject())
}

fn answered(reason: DoneReason, took: Duration, status: Status, untagged: u32, late: bool) -> String {
    let status = status.name();
    let took = brief(took);
    if !late {
        return format!("DONE answered {status} in {took}");
    }
    let came_with = match untagged {
        0 => "nothing before it".to_owned(),
        count => format!("{} before it", counted(u64::from(count), "untagged response")),
    };
    format!("late answer to DONE ({reason}): {status} after {took}, {came_with}")
}

fn stalled(verdict: Verdict, waited: Duration, evidence: &Evidence) -> String {
    let waited = brief(waited);
    let acked = match evidence.proxy {
        Some(true) => "acked by proxy",
        Some(false) | None => "acked",
    };
    match verdict {
        Verdict::ServerIgnoring => format!("DONE ignored: {acked}, no answer in {waited}"),
        Verdict::PathDead => match evidence.retransmits {
            Some(count) => {
                format!("path dead: DONE not acked in {waited}, {}", counted(count, "retransmit"))
            }
            None => format!("path dead: DONE not acked in {waited}"),
        },
        Verdict::ServerNotReading => format!("server does not read: its window is closed, no answer in {waited}"),
        Verdict::NotKnown => format!("DONE not answered in {waited}"),
        Verdict::Live
        | Verdict::Finishing
        | Verdict::Quiet
        | Verdict::Slept
        | Verdict::Closed
        | Verdict::Limited
        | Verdict::Refused
        | Verdict::NotPushing => format!("DONE not answered in {waited}: {verdict}"),
    }
}

fn labelled(label: &str, text: &str) -> String {
    if text.is_empty() { label.to_owned() } else { format!("{label}: {text}") }
}

fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// A duration as a person says it: `19 ms`, `1.2 s`, `36 s`, `6:12`.
fn brief(duration: Duration) -> String {
    match duration.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        millis @ 1_000..10_000 if millis % 1_000 >= 100 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        millis @ 1_000..60_000 => format!("{} s", millis / 1_000),
        _ => show_clock(duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_written_as_a_person_says_it() {
        let cases = [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (1_250, "1.2 s"),
            (10_900, "10 s"),
            (59_999, "59 s"),
            (60_000, "1:00"),
            (372_000, "6:12"),
        ];
        for (millis, text) in cases {
            assert_eq!(brief(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn a_sender_is_shown_by_name_where_there_is_one() {
        let cases = [
            ("Ann Lee <ann@example.org>", "new  Ann Lee: Friday?"),
            ("Ann <b>Lee</b> <ann@example.org>", "new  Ann <b>Lee</b>: Friday?"),
            ("<ann@example.org>", "new  ann@example.org: Friday?"),
            ("ann@example.org, Bob <bob@example.org>", "new  ann@example.org, Bob: Friday?"),
            ("Ann Lee <ann@example.org>, Bob <bob@example.org>", "new  Ann Lee: Friday?"),
            ("ann", "new  ann: Friday?"),
            ("", "new  no sender: Friday?"),
        ];
        for (from, told) in cases {
            let (from, subject) = (from.to_owned(), "Friday?".to_owned());
            let mail = Mail { uid: 1, uidvalidity: 1, from, subject, date: None, gap: false, ..Mail::default() };
            assert_eq!(words(&EventKind::NewMail(mail)), told);
        }
    }

    #[test]
    fn an_ignored_done_says_what_the_proof_is() {
        let evidence = Evidence { acked: Some(true), ..Evidence::default() };
        let kind = EventKind::Stalled { verdict: Verdict::ServerIgnoring, waited: Duration::from_secs(10), evidence };
        assert_eq!(words(&kind), "DONE ignored: acked, no answer in 10 s");
    }
}

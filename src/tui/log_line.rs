//! Events as lines of the log, in plain words.

use std::time::Duration;

use super::linked::EngineIs;
use super::theme::Role;
use super::words::{first_sentence, show_span, single_width_emoji};
use mailwatch_engine::link::Ending;
use mailwatch_proto::model::{
    DoneReason, Event, EventKind, Evidence, FaultClass, Host, HostLink, Mail, Phase, PhaseGroup, Verdict, sanitise,
    show_clock, show_duration,
};

/// How many characters of another process's names are shown.
const NAME: usize = 24;

/// A line of the log, before its time and watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How it looks.
    pub role: Role,
    /// What it says.
    pub text: String,
    /// Whether it is news: what happens all day as it should is not.
    pub news: bool,
    /// What it is about.
    pub topic: Topic,
}

/// What a line is about, for the log's kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// New mail.
    Mail,
    /// DONE and what became of it.
    Done,
    /// Anything else.
    Other,
}

fn line(role: Role, news: bool, text: impl Into<String>) -> LogLine {
    LogLine { role, text: text.into(), news, topic: Topic::Other }
}

fn done_line(role: Role, news: bool, text: impl Into<String>) -> LogLine {
    LogLine { topic: Topic::Done, ..line(role, news, text) }
}

/// An event as a line of the log; `None` for lines of the trace, which have their own pane.
#[must_use]
pub fn describe(event: &Event) -> Option<LogLine> {
    Some(match &event.kind {
        EventKind::Phase { to, .. } => phase_change(*to, mailwatch_proto::model::words(&event.kind)),
        EventKind::Connected { addr, tls, took } => {
            let peer = addr.map_or_else(String::new, |addr| format!(" to {addr}"));
            let tls = tls.map_or_else(|| "no TLS".to_owned(), |version| format!("TLS {version}"));
            line(Role::Dim, false, format!("connected{peer}, {tls}, in {}", show_span(*took)))
        }
        EventKind::Capabilities { idle: true, list } => line(Role::Dim, false, format!("{} capabilities", list.len())),
        // That it is polled is told once that begins.
        EventKind::Capabilities { idle: false, .. } => line(Role::Busy, false, "the server has no IDLE"),
        EventKind::Exists { count, delta } => line(Role::Dim, false, format!("{count} messages ({delta:+})")),
        EventKind::Expunge { count } => line(Role::Dim, false, format!("{count} expunged")),
        EventKind::Flags { count } => line(Role::Dim, false, format!("flags of {count} changed")),
        EventKind::NewMail(mail) => LogLine { topic: Topic::Mail, ..line(Role::Mail, true, new_mail(mail)) },
        EventKind::DoneSent { reason, idle } => {
            // The day's routine; what the user asked for is answered where it can be seen.
            let news = matches!(reason, DoneReason::User);
            done_line(Role::Text, news, format!("DONE ({reason}) after {}", show_clock(*idle)))
        }
        EventKind::DoneAcked { took } => done_line(Role::Dim, false, format!("DONE acked in {}", show_span(*took))),
        EventKind::DoneAnswered { reason, took, status, untagged, late } => {
            let after = match (late, untagged) {
                (false, _) => String::new(),
                (true, 0) => ", with nothing before it".to_owned(),
                (true, n) => format!(", after {n} untagged"),
            };
            let (role, word) = if *late { (Role::Warn, "late ") } else { (Role::Text, "") };
            let text = format!("{word}{} to DONE ({reason}) after {}{after}", status.name(), show_span(*took));
            done_line(role, *late, text)
        }
        EventKind::Stalled { verdict, waited, evidence } => {
            done_line(Role::Warn, true, stalled(*verdict, *waited, evidence))
        }
        EventKind::Verdict { verdict, text, .. } => {
            let (role, news) = match verdict {
                Verdict::Live => (Role::Live, false),
                Verdict::Finishing => (Role::Dim, false),
                Verdict::Quiet | Verdict::Slept | Verdict::Closed => (Role::Busy, true),
                // The fault has said it.
                Verdict::Limited | Verdict::Refused => (Role::Warn, false),
                Verdict::ServerIgnoring
                | Verdict::PathDead
                | Verdict::ServerNotReading
                | Verdict::NotKnown
                | Verdict::NotPushing => (Role::Warn, true),
            };
            line(role, news, text.as_str())
        }
        EventKind::Replaced { by, blind } => {
            let blind =
                if blind.is_zero() { "never blind".to_owned() } else { format!("blind for {}", show_span(*blind)) };
            line(Role::Live, true, format!("replaced by connection {by}, {blind}"))
        }
        EventKind::Heartbeat { text } => line(Role::Dim, false, format!("heartbeat: {text}")),
        EventKind::Unparsed { text } => line(Role::Dim, false, format!("not understood, kept as data: {text}")),
        EventKind::Bye { text } => line(Role::Busy, true, format!("BYE: {text}")),
        EventKind::Alert { text } => line(Role::Warn, true, format!("ALERT: {text}")),
        EventKind::Hint { text } => line(Role::Dim, false, format!("hint: {text}")),
        EventKind::Canary { announced, removed } => {
            let role = if announced.is_some() && *removed { Role::Live } else { Role::Warn };
            line(role, true, mailwatch_proto::model::words(&event.kind))
        }
        EventKind::Contradiction { text } => line(Role::Warn, true, format!("contradiction: {text}")),
        // A hook's failure takes no watch down.
        EventKind::Fault { class: FaultClass::Hook, message, retry: _ } => {
            line(Role::Warn, true, format!("hook: {message}"))
        }
        EventKind::Fault { class, message, retry } => {
            // What is tried again by itself needs no advice; the details have it.
            let said = if *retry { first_sentence(message) } else { message.clone() };
            line(if *retry { Role::Busy } else { Role::Down }, true, format!("{class}: {said}"))
        }
        EventKind::Retry { attempt, delay } => {
            // That the watch is down was told; when it is tried again stands in its row.
            line(Role::Busy, false, format!("retry {attempt} in {}", show_span(*delay)))
        }
        EventKind::Retuned { timer, from, to, origin, by } => {
            let (from, to) = (show_duration(*from), show_duration(*to));
            let by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            line(Role::Key, true, format!("{timer} {from} to {to} ({}){by}", origin.name()))
        }
        EventKind::Slept { slept } => {
            line(Role::Busy, true, format!("the machine slept for {}; checking every IDLE", show_span(*slept)))
        }
        EventKind::Hook { command, exit, took } => {
            let program = command.first().map_or("", String::as_str);
            let (role, ended) = match exit {
                Some(0) => (Role::Text, "done".to_owned()),
                Some(code) => (Role::Warn, format!("exit {code}")),
                None => (Role::Warn, "ended by a signal".to_owned()),
            };
            line(role, true, format!("hook {program}: {ended} after {}", show_span(*took)))
        }
        EventKind::Lost { count } => {
            let (noun, were) = if *count == 1 { ("event", "was") } else { ("events", "were") };
            line(Role::Warn, true, format!("{count} {noun} {were} dropped: the screen could not keep up"))
        }
        EventKind::Wire(_) => return None,
    })
}

/// The sentence on an account, shown at the beginning.
#[must_use]
pub fn describe_account(account: &str, about: &str) -> LogLine {
    line(Role::Title, true, format!("{account}: {about}"))
}

/// What became of a command of the user's own.
#[must_use]
pub fn user_command(said: &str, is_well: bool) -> LogLine {
    line(if is_well { Role::Dim } else { Role::Warn }, !is_well, said)
}

/// The engine has ended.
#[must_use]
pub fn engine_ended(engine: &EngineIs, why: Option<Ending>) -> LogLine {
    let text = match engine {
        EngineIs::Own | EngineIs::Hosts => "the engine has ended".to_owned(),
        EngineIs::Attached { role, pid, .. } => format!("{} has ended", process(role, *pid)),
    };
    let text = why.map_or_else(|| text.clone(), |why| format!("{text} ({})", why.words()));
    line(Role::Down, true, text)
}

/// Another engine takes the place of the one before.
#[must_use]
pub fn linked(engine: &EngineIs) -> LogLine {
    let text = match engine {
        EngineIs::Own => "this screen is the engine now".to_owned(),
        EngineIs::Hosts => "the engines of several hosts".to_owned(),
        EngineIs::Attached { role, pid, .. } => format!("attached to {}", process(role, *pid)),
    };
    line(Role::Live, true, text)
}

/// To whose engine the screen is attached: news where that is of another version than the screen's `own`. `None` for the
/// screen's own engine.
#[must_use]
pub fn attached(engine: &EngineIs, own: &str) -> Option<LogLine> {
    let EngineIs::Attached { role, pid, version, since: _ } = engine else { return None };
    let process = process(role, *pid);
    Some(if version == own {
        line(Role::Dim, false, format!("attached to {process}"))
    } else {
        let version = sanitise(version, NAME);
        line(Role::Warn, true, format!("attached to {process}, which is version {version}; this screen is {own}"))
    })
}

/// A link to a host stands otherwise than before; nothing where that is no news.
#[must_use]
pub fn host(name: &str, old: Option<&Host>, new: &Host, own: &str) -> Option<LogLine> {
    let name = if name.is_empty() { "this machine" } else { name };
    let was = old.map(|host| host.link);
    let said = || if new.said.is_empty() { String::new() } else { format!(": {}", new.said) };
    match (was, new.link) {
        (Some(HostLink::Up), HostLink::Up) => None,
        (_, HostLink::Connecting) if new.said.is_empty() => None,
        (_, HostLink::Up) => Some(match &new.engine {
            Some(engine) if engine.version != own => line(
                Role::Warn,
                true,
                format!(
                    "{name}: linked to {}, which is version {}; this screen is {own}",
                    process(&engine.role, engine.pid),
                    sanitise(&engine.version, NAME)
                ),
            ),
            Some(engine) => line(Role::Live, true, format!("{name}: linked to {}", process(&engine.role, engine.pid))),
            None => line(Role::Live, false, format!("{name}: its engine is this screen's")),
        }),
        (_, HostLink::Silent) => {
            (was != Some(HostLink::Silent)).then(|| line(Role::Down, true, format!("{name}: no answer")))
        }
        (Some(HostLink::Lost), HostLink::Lost) => {
            let same = old.is_some_and(|old| old.said == new.said);
            (!same).then(|| line(Role::Down, true, format!("{name}: still no link{}", said())))
        }
        (_, HostLink::Lost) => Some(line(Role::Down, true, format!("{name}: the link is lost{}", said()))),
        (_, HostLink::Connecting) => {
            let same = old.is_some_and(|old| old.said == new.said);
            (!same).then(|| line(Role::Down, true, format!("{name}: no link{}", said())))
        }
    }
}

fn process(role: &str, pid: u32) -> String {
    format!("{} (pid {pid})", sanitise(role, NAME))
}

fn phase_change(to: Phase, text: String) -> LogLine {
    let (role, news) = match to.group() {
        PhaseGroup::Resting => (Role::Resting, true),
        // Its fault has said why.
        PhaseGroup::Down if to == Phase::Failed => (Role::Down, false),
        PhaseGroup::Down | PhaseGroup::Live | PhaseGroup::Busy => (Role::Dim, false),
    };
    line(role, news, text)
}

fn new_mail(mail: &Mail) -> String {
    let gap = if mail.gap { "  (came while nobody listened)" } else { "" };
    format!("new  {}: {}{gap}", single_width_emoji(mail.sender()), single_width_emoji(mail.subject()))
}

fn stalled(verdict: Verdict, waited: Duration, evidence: &Evidence) -> String {
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
        | Verdict::Refused
        | Verdict::NotPushing => verdict.name(),
    };
    let acked = match (evidence.acked, evidence.proxy) {
        (Some(true), Some(true)) => ": acked by proxy",
        (Some(true), Some(false) | None) => ": acked",
        (Some(false), _) => ": not acked",
        (None, _) => "",
    };
    format!("{why}{acked}, no answer in {}. Replacing", show_span(waited))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ack_by_a_proxy_is_named_as_such() {
        let text = |proxy| {
            let evidence = Evidence { acked: Some(true), proxy: Some(proxy), ..Evidence::default() };
            stalled(Verdict::NotKnown, Duration::from_secs(10), &evidence)
        };
        assert!(text(true).contains(": acked by proxy, no answer"), "{}", text(true));
        assert!(text(false).contains(": acked, no answer"), "{}", text(false));
    }

    #[test]
    fn a_sender_is_known_by_name_and_by_address_where_there_is_none() {
        let mail = |from: &str, subject: &str| {
            let (from, subject) = (from.to_owned(), subject.to_owned());
            new_mail(&Mail { uid: 1, uidvalidity: 1, from, subject, date: None, gap: false, ..Mail::default() })
        };
        assert_eq!(mail("Ann Lee <ann@example.org>", "Friday?"), "new  Ann Lee: Friday?");
        assert_eq!(mail("<ann@example.org>", ""), "new  ann@example.org: (no subject)");
        assert_eq!(mail("Ann <b>Lee</b> <ann@example.org>", "x"), "new  Ann <b>Lee</b>: x");
        assert_eq!(mail("ann@example.org", "x"), "new  ann@example.org: x");
        assert_eq!(mail("", "x"), "new  no sender: x");
        let unread = Mail { headers: false, ..Mail::default() };
        assert_eq!(new_mail(&unread), "new  no sender: headers could not be read");
    }
}

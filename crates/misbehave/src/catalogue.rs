//! The scenarios that have a name: one table, from which lookup, list and documentation read.

use std::fmt;
use std::time::Duration;

use crate::behaviour::listed::{self, listed};
use crate::fault::{Act, Answer, Close, Fault, Payload, Place, Step, Until, When};
use crate::odd_lines::ODD_LINES;
use crate::scenario::{Connections, Dialect, Scenario};
use crate::text::{parse_time, show_time};

struct Entry {
    name: &'static str,
    about: &'static str,
    /// The time that the faults take where the name gives none.
    time: Duration,
    faults: fn(Duration) -> Vec<Fault>,
}

const fn entry(name: &'static str, about: &'static str, faults: fn(Duration) -> Vec<Fault>) -> Entry {
    Entry { name, about, time: Duration::ZERO, faults }
}

const fn timed(name: &'static str, secs: u64, about: &'static str, faults: fn(Duration) -> Vec<Fault>) -> Entry {
    Entry { name, about, time: Duration::from_secs(secs), faults }
}

/// Announced by [`Payload::HugeLiteral`]: below imap-proto's limit of 512 MiB, far above any header.
const HUGE: u64 = 400_000_000;

/// What an endless line sends before it ends after all: more than any client may keep.
const ENDLESS: u64 = 256 << 20;

/// What a server may say by itself.
const FLOOD: &[u8] =
    b"* OK [ALERT] The mailbox is almost full\r\n* NO Disk quota soon reached\r\n* BAD Too many ideas\r\n\
    * OK Still here\r\n* 7001 EXISTS\r\n* 7002 EXISTS\r\n* 1 EXPUNGE\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 1 RECENT\r\n\
    * XFLOOD 1\r\n";

const GMAIL_EXPIRY: &str = "Session expired, please login again.";
const GMAIL_LIMIT: &str = "[ALERT] Too many simultaneous connections. (Failure)";
const DOVECOT_LIMIT: &str = "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)";
const OUTLOOK_LIMIT: &str = "User is authenticated but not connected.";
const GREETING_LIMIT: &str = "[UNAVAILABLE] Too many connections from your address, try again later.";
const WRONG_PASSWORD: &str = "[AUTHENTICATIONFAILED] Authentication failed.";
const NO_MAILBOX: &str = "[NONEXISTENT] Mailbox doesn't exist: INBOX";

fn answer(to: Step, with: Answer) -> Vec<Fault> {
    vec![Fault::Answer { to, with }]
}

fn act(when: When, act: Act) -> Vec<Fault> {
    vec![Fault::Timed { when, act }]
}

fn insert(at: Place, what: Payload) -> Vec<Fault> {
    vec![Fault::Insert { at, what }]
}

fn bye(when: When, text: &str, close: bool) -> Vec<Fault> {
    act(when, Act::Bye { text: text.to_owned(), close })
}

const fn ignore(from: Duration, until: Until) -> Fault {
    Fault::IgnoreDone { from, until }
}

const ENTRIES: &[Entry] = &[
    entry("healthy", "nothing goes wrong", |_| vec![]),
    timed("ignores-done", 30, "DONE is ignored from an IDLE age on until new mail comes: Gmail's case", |t| {
        vec![ignore(t, Until::NewMail)]
    }),
    entry("ignores-done-forever", "DONE is never answered; new mail is still told", |t| vec![ignore(t, Until::Never)]),
    timed("late-done", 20, "DONE is answered late", |t| vec![ignore(Duration::ZERO, Until::For(t))]),
    timed("silent", 10, "after a time nothing is answered, the connection stays open", |t| {
        act(When::Connected(t), Act::Silence)
    }),
    timed("silent-idle", 10, "nothing is answered once an IDLE has some age", |t| act(When::Idling(t), Act::Silence)),
    timed("stops-reading", 10, "nothing is read any more once an IDLE has some age", |t| {
        act(When::Idling(t), Act::StopReading)
    }),
    timed("rst", 10, "RST within IDLE", |t| act(When::Idling(t), Act::Close(Close::Rst))),
    timed("fin", 10, "FIN within IDLE", |t| act(When::Idling(t), Act::Close(Close::Fin))),
    timed("close", 10, "an orderly end of TLS and TCP within IDLE, without BYE", |t| {
        act(When::Idling(t), Act::Close(Close::Clean))
    }),
    timed("bye", 10, "BYE within IDLE, then FIN", |t| bye(When::Idling(t), "Server shutting down.", true)),
    timed("bye-open", 10, "BYE within IDLE, but the connection stays open: Yandex", |t| {
        bye(When::Idling(t), "Autologout; idle for too long", false)
    }),
    timed("session-expiry", 60, "BYE when a session has some age: Gmail", |t| {
        bye(When::Connected(t), GMAIL_EXPIRY, true)
    }),
    timed("late-plus", 5, "IDLE's + comes late", |t| vec![Fault::Slow { to: Step::Idle, by: Some(t) }]),
    entry("no-plus", "IDLE's + never comes", |_| vec![Fault::Slow { to: Step::Idle, by: None }]),
    entry("no-idle", "the server has no IDLE", |_| vec![Fault::Without("IDLE")]),
    entry("idle-no", "IDLE is answered NO", |_| answer(Step::Idle, Answer::No("IDLE is not for you.".to_owned()))),
    entry("idle-bad", "IDLE is answered BAD without a text", |_| answer(Step::Idle, Answer::Bad(String::new()))),
    timed("ends-idle", 10, "the server ends IDLE by itself with the tagged OK", |t| act(When::Idling(t), Act::EndIdle)),
    timed("heartbeat", 120, "* OK Still here again and again: Dovecot", |t| {
        act(When::EveryIdling(t), Act::Send(Payload::StillHere(1)))
    }),
    entry("endless-line", "a line within IDLE that does not end", |_| {
        insert(Place::InIdle, Payload::EndlessLine(ENDLESS))
    }),
    entry("endless-greeting", "a line before login that does not end", |_| {
        insert(Place::AfterGreeting, Payload::EndlessLine(ENDLESS))
    }),
    entry("huge-literal", "a literal of 400 MB is announced within IDLE, little follows", |_| {
        insert(Place::InIdle, Payload::HugeLiteral { announced: HUGE, sent: 1000 })
    }),
    entry("huge-literal-sent", "a literal of 400 MB within IDLE, really sent", |_| {
        insert(Place::InIdle, Payload::HugeLiteral { announced: HUGE, sent: HUGE })
    }),
    entry("huge-literal-greeting", "a literal of 400 MB before login", |_| {
        insert(Place::AfterGreeting, Payload::HugeLiteral { announced: HUGE, sent: 1000 })
    }),
    entry("deep-nesting", "lists within lists, 500 deep", |_| insert(Place::InIdle, Payload::Nested(500))),
    entry("nil-internaldate", "every INTERNALDATE is NIL", |_| vec![Fault::NilInternalDate]),
    timed("expunge-burst", 5, "5000 EXPUNGE at once within IDLE", |t| {
        act(When::Idling(t), Act::Send(Payload::ExpungeAll(5000)))
    }),
    timed("flood", 1, "some hundred untagged responses of every kind at once within IDLE, again and again", |t| {
        act(When::EveryIdling(t), Act::Send(Payload::Bytes(FLOOD.repeat(10))))
    }),
    entry("exists-before-plus", "new mail is told between IDLE and its +: Outlook", |_| {
        insert(Place::BeforeContinuation, Payload::NewMail)
    }),
    entry("exists-after-done", "new mail is told between DONE and its OK", |_| {
        insert(Place::AfterDone, Payload::NewMail)
    }),
    entry("flood-after-done", "1000 untagged responses, and new mail, between DONE and its OK", |_| {
        [Payload::StillHere(999), Payload::NewMail].map(|what| Fault::Insert { at: Place::AfterDone, what }).to_vec()
    }),
    timed("new-uidvalidity", 10, "RST in the first connection's IDLE; the next finds another UIDVALIDITY", |t| {
        [act(When::Idling(t), Act::Close(Close::Rst)), vec![Fault::FreshUidValidity(2)]].concat()
    }),
    entry("no-uidnext", "SELECT and EXAMINE give no UIDNEXT", |_| vec![Fault::NoUidNext]),
    entry("status-only", "no IDLE, no UIDNEXT, NOOP shows nothing, STATUS does: 163.com", |_| {
        vec![Fault::Without("IDLE"), Fault::NoUidNext, Fault::NoopShowsNothing]
    }),
    entry("id-required", "EXAMINE is refused until ID was sent, which is not offered: 163.com", |_| {
        vec![Fault::Without("ID"), Fault::IdRequired]
    }),
    entry("auth-failure", "every login is refused", |_| answer(Step::Login, Answer::No(WRONG_PASSWORD.to_owned()))),
    entry("limit-greeting", "too many connections: BYE for a greeting", |_| {
        answer(Step::Greeting, Answer::Bye(GREETING_LIMIT.to_owned()))
    }),
    entry("limit-gmail", "too many connections: NO to LOGIN, Gmail's words", |_| {
        answer(Step::Login, Answer::No(GMAIL_LIMIT.to_owned()))
    }),
    entry("limit-dovecot", "too many connections: BYE to LOGIN, Dovecot's words", |_| {
        answer(Step::Login, Answer::Bye(DOVECOT_LIMIT.to_owned()))
    }),
    entry("limit-outlook", "too many connections: BAD to EXAMINE, Outlook's words", |_| {
        answer(Step::Select, Answer::Bad(OUTLOOK_LIMIT.to_owned()))
    }),
    entry("one-connection", "a second connection at the same time is refused at login", |_| {
        vec![Fault::Limit { open: 1, to: Step::Login, with: Answer::No(GMAIL_LIMIT.to_owned()) }]
    }),
    entry("preauth", "the greeting is PREAUTH", |_| vec![Fault::Preauth]),
    entry("login-disabled", "LOGINDISABLED, and no STARTTLS", |_| vec![Fault::LoginDisabled]),
    entry("no-mailbox", "SELECT and EXAMINE are answered NO", |_| {
        answer(Step::Select, Answer::No(NO_MAILBOX.to_owned()))
    }),
    entry("no-handshake", "the connection is accepted and nothing follows", |_| vec![Fault::NoHandshake]),
    entry("no-greeting", "the greeting never comes", |_| vec![Fault::Slow { to: Step::Greeting, by: None }]),
    timed("slow-greeting", 5, "the greeting comes late", |t| vec![Fault::Slow { to: Step::Greeting, by: Some(t) }]),
    timed("slow-login", 5, "LOGIN is answered late", |t| vec![Fault::Slow { to: Step::Login, by: Some(t) }]),
    entry("no-login-reply", "LOGIN is never answered", |_| vec![Fault::Slow { to: Step::Login, by: None }]),
    timed("slow-examine", 5, "EXAMINE is answered late", |t| vec![Fault::Slow { to: Step::Select, by: Some(t) }]),
    entry("no-examine-reply", "EXAMINE is never answered", |_| vec![Fault::Slow { to: Step::Select, by: None }]),
    entry("no-logout-reply", "LOGOUT is never answered", |_| vec![Fault::Slow { to: Step::Logout, by: None }]),
    entry("trickle", "every byte is sent by itself", |_| vec![Fault::Trickle]),
    entry("stale-tag", "before DONE's OK comes one that belongs to no command", |_| vec![Fault::StaleTag]),
    entry("fetch-cut", "the connection ends in the middle of a FETCH", |_| vec![Fault::CutFetch(40)]),
    entry("fetch-unreadable", "the reply to FETCH is one that no parser can read", |_| {
        vec![Fault::FetchLine("* {seq} FETCH (UID {uid} X-MOOD <<happy>> ENVELOPE ((\r\n")]
    }),
    entry("fetch-empty", "the reply to FETCH is empty", |_| vec![Fault::FetchLine("* {seq} FETCH ()\r\n")]),
    entry("fetch-no", "FETCH is answered NO", |_| {
        answer(Step::Fetch, Answer::No("[SERVERBUG] Internal error occurred.".to_owned()))
    }),
    entry("no-utf8", "the server has no UTF8=ACCEPT", |_| vec![Fault::Without("UTF8=ACCEPT")]),
    entry("no-notify", "the server has no NOTIFY", |_| vec![Fault::Without("NOTIFY")]),
    entry("notify-no", "NOTIFY is answered NO", |_| {
        answer(Step::Notify, Answer::No("[CANNOT] Too many mailboxes to watch.".to_owned()))
    }),
    entry(
        "notify-deaf",
        "NOTIFY is accepted and announces nothing, as when mail gets into a maildir without Dovecot",
        |_| vec![Fault::NotifyDeaf],
    ),
    timed("notify-overflow", 60, "NOTIFY overflows once an IDLE has some age", |t| act(When::Idling(t), Act::Overflow)),
    entry("odd-lines", "all lines that some parser cannot read, one after the other", |_| {
        ODD_LINES.iter().flat_map(|odd| insert(Place::InIdle, Payload::Bytes(odd.bytes.to_vec()))).collect()
    }),
    timed("gmail", 30, "ignores-done in Gmail's words", |t| vec![ignore(t, Until::NewMail)]),
];

/// There is no such scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScenario(String);

impl fmt::Display for UnknownScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(given) = self;
        let name = given.split(['=', '@']).next().unwrap_or_default();
        if name != given && find(name).is_some() {
            return write!(
                f,
                "{given:?}: after {name} comes `=TIME` (20s, 4m, 300ms) or `@N`, a number of connections"
            );
        }
        write!(f, "no scenario is called {given:?}")
    }
}

impl std::error::Error for UnknownScenario {}

impl Scenario {
    /// The scenario of that name: `ignores-done`. A time may follow: `ignores-done=20s`,
    /// `late-plus=300ms`, `session-expiry=1h30m`. `@2` limits it to the first two connections; `+` joins two.
    ///
    /// # Errors
    /// Where there is none of that name, or what follows it is no time or no number.
    pub fn by_name(name: &str) -> Result<Self, UnknownScenario> {
        let mut parts = name.split('+').map(|part| find(part).ok_or_else(|| UnknownScenario(part.to_owned())));
        let first = parts.next().unwrap_or_else(|| Err(UnknownScenario(name.to_owned())))?;
        parts.try_fold(first, |all, part| Ok(all.and(part?)))
    }

    /// Every scenario's name with a sentence on it.
    #[must_use]
    pub fn list() -> Vec<(String, String)> {
        let named = ENTRIES.iter().map(|entry| (entry.name.to_owned(), about(entry)));
        let odd = ODD_LINES.iter().map(|odd| (odd.name.to_owned(), odd.about.to_owned()));
        let behaviours = listed().iter().map(|behaviour| (behaviour.name.clone(), behaviour.about.clone()));
        named.chain(odd).chain(behaviours).collect()
    }
}

/// The scenario of one name with its time and its limit.
fn find(text: &str) -> Option<Scenario> {
    let (rest, first) = match text.split_once('@') {
        Some((rest, n)) => (rest, Some(n.parse().ok()?)),
        None => (text, None),
    };
    let (name, time) = match rest.split_once('=') {
        Some((name, time)) => (name, Some(parse_time(time)?)),
        None => (rest, None),
    };
    let mut scenario = Scenario::healthy().named(rest);
    if let Some(entry) = ENTRIES.iter().find(|entry| entry.name == name) {
        for fault in (entry.faults)(time.unwrap_or(entry.time)) {
            scenario = scenario.with(fault);
        }
        match name {
            "gmail" => scenario = scenario.speaking(Dialect::Gmail),
            "new-uidvalidity" => scenario.rules[0].on = Connections::First(1),
            _ => {}
        }
    } else if let Some(behaviour) = listed::find(name).filter(|_| time.is_none()) {
        scenario = behaviour.scenario().with_companions(&behaviour.with).named(rest);
    } else {
        let odd = ODD_LINES.iter().find(|odd| odd.name == name)?;
        scenario = scenario.with(Fault::Insert { at: Place::InIdle, what: Payload::Bytes(odd.bytes.to_vec()) });
    }
    Some(match first {
        Some(n) => scenario.only_first(n),
        None => scenario,
    })
}

fn about(entry: &Entry) -> String {
    if entry.time.is_zero() {
        return entry.about.to_owned();
    }
    format!("{} ({})", entry.about, show_time(entry.time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_on_the_list_is_found_by_its_name() {
        let list = Scenario::list();
        assert!(list.len() > 60);
        for (name, about) in list {
            let scenario = Scenario::by_name(&name).expect("it is on the list");
            assert_eq!(scenario.name, name);
            assert!(!about.is_empty());
        }
    }

    #[test]
    fn a_name_takes_a_time_a_limit_and_a_companion() {
        let scenario = Scenario::by_name("ignores-done-forever=20s@2+trickle").expect("a scenario");
        assert_eq!(scenario.name, "ignores-done-forever=20s@2+trickle");
        let ignores = Fault::IgnoreDone { from: Duration::from_secs(20), until: Until::Never };
        assert_eq!(scenario.faults(2).collect::<Vec<_>>(), [&ignores, &Fault::Trickle]);
        assert_eq!(scenario.faults(3).collect::<Vec<_>>(), [&Fault::Trickle]);
    }

    #[test]
    fn an_unknown_name_is_told_back() {
        for name in ["nonsense", "trickle=x", "trickle@x", ""] {
            assert!(Scenario::by_name(name).is_err(), "{name:?}");
        }
        let error = Scenario::by_name("healthy+nonsense").expect_err("unknown");
        assert_eq!(error.to_string(), "no scenario is called \"nonsense\"");
    }

    #[test]
    fn a_time_that_is_none_is_said_to_be_wrong_and_not_the_name() {
        for (given, part) in [("silent=soon", "`=TIME`"), ("silent@x", "`@N`"), ("slient", "no scenario is called")] {
            let error = Scenario::by_name(given).expect_err(given).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}

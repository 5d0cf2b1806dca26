//! What a hook gets: lines of JSON on its standard input, and the newest of them as variables. Text from mails and servers
//! is sanitised; a variable's value is bounded, because execve takes no more than 128 KiB in one.

use std::time::SystemTime;

use serde_json::Value;

use crate::clock::now;
use crate::history::{OwedHook, WatchKey};
use crate::json::json_line_with;
use mailwatch_proto::model::{ConnId, Event, EventKind, HookEvent, LINE_LIMIT, WatchId, sanitise};

/// The variables of every hook: which hook, where, and how many lines come on standard input.
pub const COMMON: [&str; 4] = ["MAILWATCH_EVENT", "MAILWATCH_ACCOUNT", "MAILWATCH_MAILBOX", "MAILWATCH_COUNT"];

/// The variables of this hook alone, and where their values stand in the newest line. A null is not set.
#[must_use]
pub const fn variables(event: HookEvent) -> &'static [(&'static str, &'static str)] {
    match event {
        HookEvent::NewMail => &[
            ("MAILWATCH_UID", "/uid"),
            ("MAILWATCH_UIDVALIDITY", "/uidvalidity"),
            ("MAILWATCH_FROM", "/from"),
            ("MAILWATCH_SUBJECT", "/subject"),
            ("MAILWATCH_DATE", "/date"),
            ("MAILWATCH_GAP", "/gap"),
            ("MAILWATCH_FLAGS", "/flags"),
            ("MAILWATCH_HEADERS", "/headers"),
            ("MAILWATCH_FOUND", "/found"),
            ("MAILWATCH_LATE_MS", "/late_ms"),
        ],
        HookEvent::Stall => &[
            ("MAILWATCH_VERDICT", "/verdict"),
            ("MAILWATCH_TEXT", "/text"),
            ("MAILWATCH_WAITED_MS", "/waited_ms"),
            ("MAILWATCH_ACKED", "/evidence/acked"),
            ("MAILWATCH_OUTQ", "/evidence/outq"),
            ("MAILWATCH_UNACKED", "/evidence/unacked"),
            ("MAILWATCH_RETRANSMITS", "/evidence/retransmits"),
            ("MAILWATCH_BACKOFF", "/evidence/backoff"),
            ("MAILWATCH_SND_WND", "/evidence/snd_wnd"),
            ("MAILWATCH_PROXY", "/evidence/proxy"),
        ],
        HookEvent::Failed => &[("MAILWATCH_CLASS", "/class"), ("MAILWATCH_MESSAGE", "/message")],
        HookEvent::Recovered => &[("MAILWATCH_BLIND_MS", "/blind_ms"), ("MAILWATCH_WHY", "/why")],
    }
}

/// A hook's line: the event's object as in `watch --json`, with `more` fields for the hook.
#[must_use]
pub fn line(key: &WatchKey, conn: Option<ConnId>, kind: EventKind, more: &[(&'static str, &str)]) -> String {
    // The server may have named the mailbox.
    let watch = WatchId::new(&key.account, &sanitise(&key.mailbox, LINE_LIMIT));
    let event = Event { ts: SystemTime::now(), at: now(), watch: Some(watch), conn, kind };
    // Only lines of the trace have no JSON.
    json_line_with(&event, more).unwrap_or_default()
}

/// One run: the command and its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invocation {
    pub event: HookEvent,
    /// Program and arguments.
    pub command: Vec<String>,
    pub variables: Vec<(&'static str, String)>,
    /// Standard input.
    pub input: String,
}

impl Invocation {
    /// The hook's run for these, oldest first.
    pub fn new(command: Vec<String>, event: HookEvent, batch: &[OwedHook]) -> Self {
        let mut input = String::new();
        for owed in batch {
            input.push_str(&owed.line);
            input.push('\n');
        }
        let (mailbox, account) = batch.last().map_or(("", ""), |owed| (&*owed.key.mailbox, &*owed.key.account));
        let common = [event.name().to_owned(), bounded(account), bounded(mailbox), batch.len().to_string()];
        let newest = batch.last().and_then(|owed| serde_json::from_str(&owed.line).ok()).unwrap_or(Value::Null);
        let own = variables(event).iter();
        let own = own.filter_map(|(name, place)| Some((*name, newest.pointer(place).and_then(variable)?)));
        Self { event, command, variables: COMMON.into_iter().zip(common).chain(own).collect(), input }
    }

    /// The program.
    pub fn program(&self) -> &str {
        self.command.first().map_or("", String::as_str)
    }
}

fn variable(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) => None,
        // Flags: atoms, which hold no blank.
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            Some(bounded(&words.join(" ")))
        }
        Value::String(text) => Some(bounded(text)),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

fn bounded(text: &str) -> String {
    sanitise(text, LINE_LIMIT)
}

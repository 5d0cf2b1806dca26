//! A watch's memory beyond this run: what happened, what became of each DONE, and when it was blind.
//!
//! Nothing here waits: the history takes records as they come, and counts what it could not take.

use std::time::{Duration, SystemTime};

use super::hook::{self, HookSignal};
use crate::history::{Blindness, History, KeptLine, KeptReceipt, KeptServer, OwedHook, Record, Stall, WatchKey};
use crate::stall_trace::Traced;
use mailwatch_proto::model::{
    BlindInterval, ConnId, Event, EventKind, Finding, HookEvent, PastReceipt, Receipt, ServerInfo, TcpSample,
};
use mailwatch_proto::model::{Fate, Outcome};
use mailwatch_proto::told::MailNumber;
use mailwatch_proto::view::fate;

/// Writes one watch's records.
#[derive(Clone, Debug)]
pub struct Recorder {
    history: History,
    key: WatchKey,
    host: String,
    hooks: HookSignal,
}

impl Recorder {
    /// Writes under this key. `host` is the server whose conduct is learned; the signal is the account's.
    #[must_use]
    pub const fn new(history: History, key: WatchKey, host: String, hooks: HookSignal) -> Self {
        Self { history, key, host, hooks }
    }

    /// Has the hook run for this, where there is one. `more` is what it is told beside the event.
    pub fn hook(&self, event: HookEvent, conn: Option<ConnId>, kind: EventKind, more: &[(&'static str, &str)]) {
        if self.hooks.has(event) {
            let line = hook::line(&self.key, conn, kind, more);
            let owed = OwedHook { key: self.key.clone(), event, what: OwedHook::anything(), line };
            self.history.owe_hook(owed, SystemTime::now());
            self.hooks.send();
        }
    }

    /// Keeps an event in the log.
    pub fn event(&self, event: &Event) {
        self.history.log(Some(&self.key), event);
    }

    /// The connection has just proved to be alive.
    pub fn alive(&self) {
        self.history.alive(&self.key, SystemTime::now());
    }

    /// The user has looked at what was told; where a mail is named, at what was found before it.
    pub fn looked(&self, before: Option<MailNumber>) {
        self.history.reset_new(&self.key, before);
    }

    /// The user wants no notification for so long, or again.
    pub fn muted(&self, length: Option<Duration>) {
        self.history.mute(&self.key, length.and_then(|length| SystemTime::now().checked_add(length)));
    }

    /// These mails are new no longer: they were seen, or are gone.
    pub fn not_new(&self, of: (u32, u32), uids: Vec<u32>, seen: bool) {
        self.history.not_new(&self.key, of, uids, seen);
    }

    /// Keeps what became of a DONE.
    pub fn receipt(&self, past: &PastReceipt) {
        self.history.append(Record::Receipt(KeptReceipt {
            key: self.key.clone(),
            conn: past.conn.0,
            at: past.at,
            reason: past.reason,
            idle: past.idle,
            written: past.written,
            acked: past.acked,
            answered: past.answered,
            status: past.status,
            untagged: past.untagged,
            late: past.late,
        }));
    }

    /// An IDLE's DONE was answered in time: what that teaches.
    #[must_use]
    pub fn answered(&self, receipt: &Receipt) -> Outcome {
        self.outcome(receipt.idle_age, fate(receipt.reason), receipt.took())
    }

    /// An IDLE's DONE was not answered, or its connection proved dead at that age: what that teaches.
    #[must_use]
    pub fn failed(&self, age: Duration, fate: Fate) -> Outcome {
        self.outcome(age, fate, None)
    }

    /// An IDLE of that age ended so: keeps it.
    #[must_use]
    pub fn outcome(&self, age: Duration, fate: Fate, took: Option<Duration>) -> Outcome {
        let outcome =
            Outcome { host: self.host.clone(), login: self.key.login.clone(), at: SystemTime::now(), age, fate, took };
        self.history.append(Record::Outcome(outcome.clone()));
        outcome
    }

    /// Keeps a stall with its evidence.
    pub fn stall(&self, conn: Option<ConnId>, finding: &Finding, waited: Duration, looks: Vec<TcpSample>) {
        let Finding { verdict, text, evidence, mails: _ } = finding.clone();
        let evidence = evidence.unwrap_or_default();
        self.history.append(Record::Stall(Stall {
            key: self.key.clone(),
            conn: conn.map_or(0, |conn| conn.0),
            at: SystemTime::now(),
            verdict,
            waited,
            evidence,
            text: Some(text),
            samples: looks,
        }));
    }

    /// Keeps lines of the trace.
    pub fn wire(&self, traced: impl IntoIterator<Item = Traced>) {
        for Traced { at, conn, line } in traced {
            let conn = conn.map_or(0, |conn| conn.0);
            self.history.append(Record::Wire(KeptLine { key: self.key.clone(), conn, at, line }));
        }
    }

    /// Keeps what a connection's server said of itself.
    pub fn server(&self, conn: Option<ConnId>, server: &ServerInfo) {
        let conn = conn.map_or(0, |conn| conn.0);
        let at = SystemTime::now();
        self.history.append(Record::Server(KeptServer { key: self.key.clone(), conn, at, server: server.clone() }));
    }

    /// Keeps an interval without eyes.
    pub fn blind(&self, interval: &BlindInterval) {
        let BlindInterval { from, to, why } = *interval;
        self.history.append(Record::Blind(Blindness { key: self.key.clone(), since: from, until: to, why }));
    }
}

/// The moment so long before now, to be kept and shown.
pub fn wall_before(ago: Duration) -> SystemTime {
    let now = SystemTime::now();
    now.checked_sub(ago).unwrap_or(now)
}

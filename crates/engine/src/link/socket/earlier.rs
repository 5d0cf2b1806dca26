//! The log of the last hours for a front end that attaches for the first time: earlier runs, and the part of this one that
//! the engine no longer holds.

use std::time::{Duration, SystemTime};

use super::server::Host;
use crate::history::Logged;
use crate::link::protocol::{Attach, EventState, ToFrontEnd};
use mailwatch_proto::model::{ConnId, LINE_LIMIT, WatchId, reread, sanitise};

/// How far back.
const HOURS: Duration = Duration::from_hours(6);

/// Lines at most: as many as the last events that an engine keeps.
const LINES: u32 = 1024;

/// The events of the log, as far as it says what they were; those that the engine still has are not among them.
pub(super) async fn earlier<S>(host: &Host<S>, wants: &Attach) -> Vec<ToFrontEnd> {
    // The clocks are read here because the hours before an attaching end with it.
    let now = SystemTime::now();
    let until = host.publisher.kept_since().unwrap_or(now);
    let since = now.checked_sub(HOURS).unwrap_or(SystemTime::UNIX_EPOCH);
    // The history itself reports what cannot be read.
    let mut lines = host.history.logged_before(since, until, LINES).await.unwrap_or_default();
    lines.retain(|line| is_wanted(line, wants));
    lines.into_iter().map(|line| ToFrontEnd::Event(Box::new(event(line)))).collect()
}

fn is_wanted(line: &Logged, wants: &Attach) -> bool {
    let accounts = &wants.accounts;
    line.key.as_ref().is_none_or(|key| accounts.is_empty() || accounts.iter().any(|account| **account == *key.account))
}

fn event(line: Logged) -> EventState {
    let Logged { at, key, conn, kind, text } = line;
    EventState {
        seq: 0,
        ts: at,
        watch: key.map(|key| WatchId::new(&key.account, &key.mailbox)),
        conn: conn.map(ConnId),
        kind: reread(&sanitise(&kind, LINE_LIMIT), &sanitise(&text, LINE_LIMIT)),
    }
}

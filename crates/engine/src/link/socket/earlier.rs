//! The log of the last hours for a front end that attaches for the first time: earlier runs, and the part of this one that
//! the engine no longer holds.

use std::time::SystemTime;

use super::host::Host;
use crate::history::Logged;
use crate::link::earlier::{kind_of, log_before, watch};
use crate::link::protocol::{Attach, EventState, ToFrontEnd};
use mailwatch_proto::model::ConnId;

/// The events of the log, as far as it says what they were; those that the engine still has are not among them.
pub(super) async fn earlier<S>(host: &Host<S>, wants: &Attach) -> Vec<ToFrontEnd> {
    // The clocks are read here because the hours before an attaching end with it.
    let now = SystemTime::now();
    let until = host.publisher.kept_since().unwrap_or(now);
    let mut lines = log_before(&host.history, until, now).await;
    lines.retain(|line| is_wanted(line, wants));
    lines.into_iter().map(|line| ToFrontEnd::Event(Box::new(event(line, host.hello.since.0)))).collect()
}

fn is_wanted(line: &Logged, wants: &Attach) -> bool {
    let accounts = &wants.accounts;
    line.key.as_ref().is_none_or(|key| accounts.is_empty() || accounts.iter().any(|account| **account == *key.account))
}

/// An event of the log. Each run numbers its own connections: what happened before this one `began` keeps no number.
fn event(line: Logged, began: SystemTime) -> EventState {
    let Logged { at, key, conn, kind, text } = line;
    let (watch, conn) = (key.as_ref().map(watch), conn.filter(|_| at >= began).map(ConnId));
    EventState { seq: 0, ts: at, watch, conn, kind: kind_of(&kind, &text) }
}

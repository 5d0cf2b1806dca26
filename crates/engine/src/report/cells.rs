//! Values of rows, for scripts and for a terminal.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::history::WatchKey;
use mailwatch_proto::model::{LINE_LIMIT, sanitise, show_duration};

/// How late, in whole seconds: a server's dates say no more.
pub(super) fn lateness(late: Option<Duration>) -> String {
    match late {
        None => "not known".to_owned(),
        Some(late) if late < Duration::from_secs(1) => "<1s".to_owned(),
        Some(late) => show_duration(Some(Duration::from_secs(late.as_secs()))),
    }
}

/// The moment as scripts read it: UTC, with milliseconds.
pub(super) fn utc(at: SystemTime) -> String {
    format!("{:.3}", Timestamp::try_from(at).unwrap_or_default())
}

pub(super) fn moment(at: SystemTime) -> Value {
    utc(at).into()
}

pub(super) fn local(at: SystemTime, zone: &TimeZone) -> String {
    let at = Timestamp::try_from(at).unwrap_or_default().to_zoned(zone.clone());
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub(super) fn names(key: &WatchKey) -> [Value; 3] {
    [key.account.as_str().into(), key.login.as_str().into(), key.mailbox.as_str().into()]
}

pub(super) fn millis(duration: Duration) -> Value {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).into()
}

pub(super) fn watch(key: &WatchKey) -> String {
    // A mailbox's name comes from a server where it was listed by one.
    sanitise(&format!("{}/{}", key.account, key.mailbox), LINE_LIMIT)
}

pub(super) fn figure(value: Option<u64>) -> String {
    value.map_or_else(|| "?".to_owned(), |value| value.to_string())
}

/// A duration for people: milliseconds where they matter.
pub(super) fn span(duration: Duration) -> String {
    match duration.as_millis() {
        millis @ 0..1000 => format!("{millis}ms"),
        millis @ 1000..10_000 => format!("{}.{}s", millis / 1000, millis % 1000 / 100),
        _ => show_duration(Some(duration)),
    }
}

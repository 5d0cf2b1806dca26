//! An event as a line for people.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use mailwatch_proto::model::{Event, EventKind, LINE_LIMIT, sanitise, words};

/// The event as `14:03:27 work/INBOX  DONE (reissue) after 4:00`; `None` for the trace's lines.
#[must_use]
pub fn text_line(event: &Event, tz: &TimeZone) -> Option<String> {
    if matches!(event.kind, EventKind::Wire(_)) {
        return None;
    }
    let local = Timestamp::try_from(event.ts).unwrap_or_default().to_zoned(tz.clone());
    let mut line = local.strftime("%H:%M:%S").to_string();
    if let Some(watch) = &event.watch {
        // A mailbox's name comes from a server where it was listed by one.
        let _ = write!(line, " {}", sanitise(&watch.to_string(), LINE_LIMIT));
    }
    line.push_str("  ");
    line.push_str(&sanitise(&words(&event.kind), LINE_LIMIT));
    Some(line)
}

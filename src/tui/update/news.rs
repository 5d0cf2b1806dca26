//! Which lines of the log are news: a trouble is told once, not again by each event that it brings about. What is no news
//! stays among the log's other kinds.

use std::time::{Duration, SystemTime};

use crate::tui::app::App;
use crate::tui::log::Entry;
use crate::tui::log_line::{LogLine, Topic};
use crate::tui::theme::Role;
use crate::tui::words::first_sentence;
use mailwatch_proto::model::{Event, EventKind, FaultClass, Phase, Served, Verdict};

/// What is told within this time of each other comes of one thing.
const TOGETHER: Duration = Duration::from_secs(1);

/// What the log's lines of a BYE begin with.
const BYE: &str = "BYE: ";

/// Takes back that a line is news where the lines before have said the same.
pub fn settle(app: &mut App, event: &Event, line: &mut LogLine) {
    let Some(watch) = &event.watch else { return };
    if let EventKind::Phase { to: to @ (Phase::Idling | Phase::Polling), by, .. } = &event.kind {
        line.role = Role::Live;
        if (*to, *by) == (Phase::Polling, Served::Own) {
            "polled: the server has no IDLE".clone_into(&mut line.text);
        }
        // That it goes on after each DONE is none; of another connection it is told whose place it takes.
        line.news = app.histories.entry(watch.clone()).or_default().begins_to_watch();
    }
    let last = app.log.last_of(watch);
    if let EventKind::Verdict { verdict, text, .. } = &event.kind {
        // Each DONE lies between two that say so.
        let known = *verdict == Verdict::NotPushing
            && app.histories.get(watch).is_some_and(|history| history.phases.is_unannounced());
        let said = last.is_some_and(|last| {
            last.text.ends_with(text.as_str())
                || last.text.ends_with(&first_sentence(text))
                || is_bye_of(last, text)
                || (verdict.is_stall() && is_stall(last, event.ts))
        });
        line.news &= !known && !said;
    }
    if let EventKind::Fault { class: FaultClass::Closed, message, .. } = &event.kind {
        line.news &= !last.is_some_and(|last| is_bye_of(last, message));
    }
}

/// Whether a line has told the BYE that a text speaks of.
fn is_bye_of(line: &Entry, text: &str) -> bool {
    line.text.strip_prefix(BYE).is_some_and(|bye| text.contains(bye.trim_end_matches('.')))
}

/// Whether a line has just told that DONE was not answered.
fn is_stall(line: &Entry, now: SystemTime) -> bool {
    line.topic == Topic::Done && line.role == Role::Warn && now.duration_since(line.ts).unwrap_or_default() <= TOGETHER
}

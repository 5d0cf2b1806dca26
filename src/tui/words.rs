//! Spans, phases and verdicts in plain words, each with its role. No layout here.

mod fault;
mod state;

use std::time::{Duration, Instant};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use super::glyphs::Glyphs;
use super::theme::Role;
use mailwatch_proto::model::{Phase, PhaseGroup, Receipt, Served, Snapshot, Verdict, show_clock};

pub use fault::{advice_with_keys, fault_cell, fault_phrase, fault_sentence, fault_word, first_sentence, helps};
pub use state::{Age, State, down_since, group, is_retrying, is_unannounced};

/// A span as the screen writes it: `0.1 ms`, `38 ms`, `1.2 s`, `36 s`, `5:00`.
#[must_use]
pub fn show_span(span: Duration) -> String {
    let micros = span.as_micros();
    match micros {
        0 => "0 ms".to_owned(),
        // Measured, and less than is shown.
        1..100 => "0.1 ms".to_owned(),
        100..10_000 => format!("{}.{} ms", micros / 1000, micros / 100 % 10),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        1_000_000..10_000_000 => format!("{}.{} s", micros / 1_000_000, micros / 100_000 % 10),
        10_000_000..60_000_000 => format!("{} s", micros / 1_000_000),
        _ => show_clock(span),
    }
}

/// An age in at most five cells: `2:41`, `1h02m`, `3d04h`.
#[must_use]
pub fn show_age(age: Duration) -> String {
    let seconds = age.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match hours {
        0 => format!("{minutes}:{:02}", seconds % 60),
        1..100 => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{}d{:02}h", hours / 24, hours % 24),
    }
}

/// The text without what terminals measure differently: of joined emoji and variations the first remains, so that
/// borders stand where `unicode-width` puts them.
#[must_use]
pub fn single_width_emoji(text: &str) -> String {
    text.graphemes(true)
        .map(|cluster| {
            let first = cluster.chars().next();
            match first {
                Some(c) if c.width() == Some(2) || cluster.contains('\u{fe0f}') => &cluster[..c.len_utf8()],
                Some(_) | None => cluster,
            }
        })
        .collect()
}

/// A watch's glyph, word and role, as the table shows them.
#[must_use]
pub fn phase_word(snapshot: &Snapshot, glyphs: &Glyphs) -> (&'static str, &'static str, Role) {
    if snapshot.connection.replacing {
        return (glyphs.state.warn, "replacing", Role::Warn);
    }
    let (glyph, role) = group_mark(snapshot.phase.group(), glyphs);
    let word = match (snapshot.phase, snapshot.sharing.served) {
        (Phase::Idling, Served::Notify) => "by NOTIFY",
        (Phase::Polling, Served::Status) => "in turn",
        (phase, Served::Own | Served::Notify | Served::Status) => phase.name(),
    };
    (glyph, word, role)
}

/// A group's glyph and role.
#[must_use]
pub const fn group_mark(group: PhaseGroup, glyphs: &Glyphs) -> (&'static str, Role) {
    match group {
        PhaseGroup::Live => (glyphs.state.live, Role::Live),
        PhaseGroup::Busy => (glyphs.state.busy, Role::Busy),
        PhaseGroup::Down => (glyphs.state.down, Role::Down),
        PhaseGroup::Resting => (glyphs.state.resting, Role::Resting),
    }
}

/// A watch's verdict in words, for `width` cells.
#[must_use]
pub fn verdict_word(snapshot: &Snapshot, now: Instant, width: u16) -> (String, Role) {
    match (snapshot.phase.group(), &snapshot.fault) {
        (PhaseGroup::Resting, _) if snapshot.phase == Phase::Ended => {
            return ("the mailbox is gone".to_owned(), Role::Resting);
        }
        (PhaseGroup::Resting, _) => return ("paused by you".to_owned(), Role::Resting),
        (PhaseGroup::Down, Some(fault)) => return (fault_cell(fault, width), Role::Down),
        (PhaseGroup::Down, None) | (PhaseGroup::Live | PhaseGroup::Busy, _) => {}
    }
    let Some(finding) = &snapshot.finding else { return (String::new(), Role::Dim) };
    let (word, role) = match finding.verdict {
        Verdict::Live => ("live", Role::Live),
        Verdict::Finishing => (receipt_word(snapshot.receipt.as_ref()), Role::Busy),
        Verdict::Quiet => return (format!("quiet{}", quiet_for(snapshot, now)), Role::Warn),
        Verdict::Slept => ("checking after sleep", Role::Busy),
        Verdict::Closed => ("closed", Role::Down),
        Verdict::Limited => ("too many connections", Role::Down),
        Verdict::Refused => ("login refused", Role::Down),
        Verdict::ServerIgnoring => ("server ignores", Role::Warn),
        Verdict::PathDead => ("path dead", Role::Down),
        Verdict::ServerNotReading => ("server not reading", Role::Warn),
        Verdict::NotKnown => ("DONE unanswered", Role::Warn),
        Verdict::NotPushing => ("not pushing", Role::Warn),
    };
    (word.to_owned(), role)
}

fn quiet_for(snapshot: &Snapshot, now: Instant) -> String {
    snapshot
        .connection
        .heard
        .map_or_else(String::new, |at| format!(" for {}", show_clock(now.saturating_duration_since(at))))
}

fn receipt_word(receipt: Option<&Receipt>) -> &'static str {
    match receipt {
        Some(Receipt { answer: Some(_), .. }) => "DONE answered",
        Some(Receipt { acked: Some(_), .. }) => "DONE acked",
        Some(Receipt { written: Some(_), .. }) => "DONE written",
        Some(_) => "DONE queued",
        None => "DONE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_the_precision_that_is_read() {
        let cases = [
            (0, "0 ms"),
            (140, "0.1 ms"),
            (1_400, "1.4 ms"),
            (38_400, "38 ms"),
            (1_240_000, "1.2 s"),
            (36_000_000, "36 s"),
            (300_000_000, "5:00"),
        ];
        for (micros, text) in cases {
            assert_eq!(show_span(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn an_age_takes_five_cells_at_most() {
        for (seconds, text) in [(0, "0:00"), (161, "2:41"), (3599, "59:59"), (3720, "1h02m"), (360_000, "4d04h")] {
            assert_eq!(show_age(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn joined_emoji_become_the_first_and_letters_stay() {
        assert_eq!(single_width_emoji("👩\u{200d}💻 e\u{301} 日本 ❤\u{fe0f}"), "👩 e\u{301} 日本 ❤");
    }
}

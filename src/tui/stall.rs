//! A DONE that was not answered in time stays visible: while its connection is quarantined, and for a while after.

use std::time::Duration;

use crate::tui::clock::Now;
use crate::tui::glyphs::Glyphs;
use crate::tui::watch_history::{DoneRecord, Outcome, WatchHistory};
use crate::tui::words::show_age;
use mailwatch_proto::model::{Snapshot, Verdict};

/// How long a stall stays visible: as long as a connection is quarantined at most.
const KEPT: Duration = Duration::from_mins(30);

/// What became of the DONE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StallKind {
    /// It was not answered, though it reached the server's machine, or may have.
    Ignored,
    /// It did not reach it.
    Unacked,
    /// It was answered late.
    Late,
}

/// A stall that is still shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// What became of the DONE.
    pub kind: StallKind,
    /// Since the time ran out, or the late answer came.
    pub age: Duration,
}

impl Stall {
    /// The watch's last stall, for as long as it is shown.
    #[must_use]
    pub fn of(snapshot: &Snapshot, history: Option<&WatchHistory>, now: Now) -> Option<Self> {
        let quarantined = snapshot.quarantined.as_ref();
        let known = history.into_iter().flat_map(|history| history.dones.iter().rev());
        let remembered = known.filter_map(|done| Some((done.conn, remembered(done, now)?)));
        let Some(quarantined) = quarantined else {
            return remembered.map(|(_, stall)| stall).find(|stall| stall.age < KEPT);
        };
        // The board knows the quarantine's age, the history the kind of stall.
        let kind = remembered.filter(|(conn, _)| *conn == Some(quarantined.conn)).map(|(_, stall)| stall.kind).next();
        let age = now.at.saturating_duration_since(quarantined.since);
        Some(Self { kind: kind.unwrap_or(StallKind::Ignored), age })
    }

    /// What became of the DONE, in a word or two.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self.kind {
            StallKind::Ignored => "ignored",
            StallKind::Unacked => "unacked",
            StallKind::Late => "late OK",
        }
    }

    /// Glyph, word and age in `width` cells: `! ignored 0:11 ago`, and without `ago` in 14.
    #[must_use]
    pub fn show(self, glyphs: &Glyphs, width: u16) -> String {
        let word = self.word();
        let warn = glyphs.state.warn;
        let long = format!("{warn} {word} {} ago", show_age(self.age));
        if long.chars().count() <= usize::from(width) {
            return long;
        }
        let minutes = self.age.as_secs() / 60;
        let age = if minutes < 10 { show_age(self.age) } else { format!("{minutes}m") };
        format!("{warn} {word} {age}")
    }
}

fn remembered(done: &DoneRecord, now: Now) -> Option<Stall> {
    let (kind, after) = match done.outcome {
        Outcome::Ignored { verdict: Verdict::PathDead, waited } => (StallKind::Unacked, waited),
        Outcome::Ignored { verdict: _, waited } => (StallKind::Ignored, waited),
        Outcome::Answered { took, late: true, .. } => (StallKind::Late, took),
        Outcome::Answered { late: false, .. } | Outcome::Owed => return None,
    };
    let since = done.ts.checked_add(after)?;
    // If the wall clock was set back, the stall counts as recent.
    Some(Stall { kind, age: now.wall.duration_since(since).unwrap_or_default() })
}

/// Whether a stall may be shown in place of the watch's verdict: only if that says that all is well.
#[must_use]
pub fn may_replace_verdict(snapshot: &Snapshot) -> bool {
    let well = snapshot.finding.as_ref().is_none_or(|finding| finding.verdict == Verdict::Live);
    well && snapshot.phase.has_mailbox() && !snapshot.connection.replacing
}

#[cfg(test)]
mod tests {
    use std::time::{Instant, SystemTime};

    use super::*;
    use crate::tui::glyphs::UNICODE;
    use mailwatch_proto::model::{
        ConnId, DoneReason, LateResponses, Phase, Quarantined, Receipt, Status, Timers, WatchId,
    };

    fn now() -> Now {
        Now { at: Instant::now(), wall: SystemTime::UNIX_EPOCH + Duration::from_hours(24) }
    }

    fn later(now: Now, span: Duration) -> Now {
        Now { at: now.at + span, wall: now.wall + span }
    }

    fn snapshot(now: Now) -> Snapshot {
        let mut snapshot = Snapshot::new(WatchId::new("a", "INBOX"), Timers::default(), now.at);
        snapshot.phase = Phase::Idling;
        snapshot
    }

    fn history(now: Now, outcome: Outcome) -> WatchHistory {
        let (idle, reason) = (Duration::from_mins(4), DoneReason::Reissue);
        let done = DoneRecord { ts: now.wall, conn: Some(ConnId(1)), reason, idle, acked: None, outcome, line: None };
        let mut history = WatchHistory::default();
        history.dones.push_back(done);
        history
    }

    fn ignored(verdict: Verdict) -> Outcome {
        Outcome::Ignored { verdict, waited: Duration::from_secs(10) }
    }

    #[test]
    fn a_stall_is_shown_for_half_an_hour_after_it() {
        let start = now();
        let history = history(start, ignored(Verdict::ServerIgnoring));
        let at = |seconds| Stall::of(&snapshot(start), Some(&history), later(start, Duration::from_secs(seconds)));
        assert_eq!(at(21), Some(Stall { kind: StallKind::Ignored, age: Duration::from_secs(11) }));
        assert!(at(10 + 1799).is_some());
        assert_eq!(at(10 + 1800), None);
    }

    #[test]
    fn a_quarantined_connection_is_shown_without_memory_of_its_done() {
        let start = now();
        let mut snapshot = snapshot(start);
        let (reason, idle_age) = (DoneReason::Reissue, Duration::from_mins(4));
        let receipt = Receipt { reason, idle_age, queued: start.at, written: None, acked: None, answer: None };
        snapshot.quarantined =
            Some(Quarantined { conn: ConnId(1), since: start.at, receipt, responses: LateResponses::default() });
        let stall = Stall::of(&snapshot, None, later(start, Duration::from_mins(2)));
        assert_eq!(stall, Some(Stall { kind: StallKind::Ignored, age: Duration::from_mins(2) }));
    }

    #[test]
    fn a_path_that_died_is_not_called_ignored_and_a_late_answer_is_called_late() {
        let start = now();
        let kind = |outcome| Stall::of(&snapshot(start), Some(&history(start, outcome)), start).map(|stall| stall.kind);
        assert_eq!(kind(ignored(Verdict::PathDead)), Some(StallKind::Unacked));
        let answered = |late| Outcome::Answered { took: Duration::from_secs(40), status: Status::Ok, late };
        assert_eq!(kind(answered(true)), Some(StallKind::Late));
        assert_eq!(kind(answered(false)), None);
    }

    #[test]
    fn the_mark_fits_fourteen_cells_at_every_age() {
        for seconds in 0..KEPT.as_secs() {
            for kind in [StallKind::Ignored, StallKind::Unacked, StallKind::Late] {
                let stall = Stall { kind, age: Duration::from_secs(seconds) };
                assert!(stall.show(&UNICODE, 14).chars().count() <= 14, "{}", stall.show(&UNICODE, 14));
            }
        }
        let stall = Stall { kind: StallKind::Ignored, age: Duration::from_secs(11) };
        assert_eq!(stall.show(&UNICODE, 20), "! ignored 0:11 ago");
    }

    #[test]
    fn a_stall_never_hides_a_verdict_that_says_more() {
        let start = now();
        let mut snapshot = snapshot(start);
        assert!(may_replace_verdict(&snapshot));
        snapshot.phase = Phase::Waiting;
        assert!(!may_replace_verdict(&snapshot));
        snapshot.phase = Phase::Idling;
        snapshot.connection.replacing = true;
        assert!(!may_replace_verdict(&snapshot));
    }
}

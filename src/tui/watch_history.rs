//! What the screen remembers of one watch: its trace, its DONEs with their outcomes, the phases of the last hour.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use super::navigation::Fit;
use super::navigation::View;
use super::pauses::Pauses;
use super::phase_timeline::PhaseTimeline;
use super::story::{Story, What};
use mailwatch_proto::model::{ConnId, DoneReason, Event, EventKind, FoundBy, Mail, PhaseGroup, Status, Verdict};

/// How many DONEs are kept for a watch: the chart's points.
const DONES: usize = 128;

/// What became of a DONE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet.
    Owed,
    /// The tagged reply came.
    Answered {
        /// From queued.
        took: Duration,
        /// OK, NO or BAD.
        status: Status,
        /// Whether it came after `done` had run out.
        late: bool,
    },
    /// `done` ran out.
    Ignored {
        /// The conclusion.
        verdict: Verdict,
        /// From written.
        waited: Duration,
    },
}

/// A DONE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoneRecord {
    /// When it was sent.
    pub ts: SystemTime,
    /// On which connection.
    pub conn: Option<ConnId>,
    /// Why.
    pub reason: DoneReason,
    /// How old the IDLE was.
    pub idle: Duration,
    /// When the peer's TCP acknowledged it, from written.
    pub acked: Option<Duration>,
    /// What became of it.
    pub outcome: Outcome,
    /// The log's line about it.
    pub line: Option<u64>,
}

/// How the last new mail came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastMail {
    /// How it was found.
    pub found: FoundBy,
    /// How late it was told, where that is known.
    pub late: Option<Duration>,
}

/// A canary: a message of this program's own, added to time its announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastCanary {
    /// When that was told.
    pub ts: SystemTime,
    /// How long its announcement took; `None` where there was none.
    pub announced: Option<Duration>,
    /// Whether it is gone from the mailbox.
    pub removed: bool,
}

/// What is remembered of one watch.
#[derive(Clone, Debug)]
pub struct WatchHistory {
    /// The wire.
    pub story: Story,
    /// The part of it in view.
    pub view: View,
    /// The DONEs, oldest first.
    pub dones: VecDeque<DoneRecord>,
    /// The phases of the last hour.
    pub phases: PhaseTimeline,
    /// When it was paused.
    pub pauses: Pauses,
    /// How its last new mail came to be known.
    pub mail: Option<LastMail>,
    /// The last canary in its mailbox.
    pub canary: Option<LastCanary>,
    /// Since when it has been down, if it is.
    pub down_since: Option<Instant>,
    watching: bool,
}

impl Default for WatchHistory {
    fn default() -> Self {
        Self {
            story: Story::default(),
            view: View::Follow,
            dones: VecDeque::new(),
            phases: PhaseTimeline::default(),
            pauses: Pauses::default(),
            mail: None,
            canary: None,
            down_since: None,
            watching: false,
        }
    }
}

impl WatchHistory {
    /// Records an event of this watch. `line` is its number in the log, if it has one.
    pub fn record(&mut self, event: &Event, line: Option<u64>) {
        self.story.record(event);
        match &event.kind {
            EventKind::DoneSent { reason, idle } => {
                if self.dones.len() == DONES {
                    self.dones.pop_front();
                }
                self.dones.push_back(DoneRecord {
                    ts: event.ts,
                    conn: event.conn,
                    reason: *reason,
                    idle: *idle,
                    acked: None,
                    outcome: Outcome::Owed,
                    line,
                });
            }
            EventKind::DoneAcked { took } => {
                if let Some(done) = self.last_done(event.conn) {
                    done.acked = Some(*took);
                }
            }
            EventKind::DoneAnswered { took, status, late, .. } => {
                if let Some(done) = self.last_done(event.conn) {
                    done.outcome = Outcome::Answered { took: *took, status: *status, late: *late };
                }
            }
            EventKind::Phase { to, .. } => {
                self.phases.phase(*to, event.at);
                self.pauses.phase(*to, event.ts);
                match to.group() {
                    PhaseGroup::Down => self.down_since = self.down_since.or(Some(event.at)),
                    PhaseGroup::Live => self.down_since = None,
                    PhaseGroup::Resting => (self.down_since, self.watching) = (None, false),
                    PhaseGroup::Busy => {}
                }
            }
            EventKind::NewMail(mail) => self.note_mail(mail),
            EventKind::Canary { announced, removed } => {
                self.canary = Some(LastCanary { ts: event.ts, announced: *announced, removed: *removed });
            }
            EventKind::Verdict { verdict, .. } => self.phases.concluded(*verdict, event.at),
            EventKind::Slept { slept } => self.phases.slept(*slept, event.at),
            EventKind::Stalled { verdict, waited, .. } => {
                self.phases.stalled(event.at);
                if let Some(done) = self.last_done(event.conn) {
                    done.outcome = Outcome::Ignored { verdict: *verdict, waited: *waited };
                }
            }
            EventKind::Wire(_)
            | EventKind::Connected { .. }
            | EventKind::Capabilities { .. }
            | EventKind::Exists { .. }
            | EventKind::Expunge { .. }
            | EventKind::Flags { .. }
            | EventKind::Replaced { .. }
            | EventKind::Heartbeat { .. }
            | EventKind::Unparsed { .. }
            | EventKind::Bye { .. }
            | EventKind::Alert { .. }
            | EventKind::Hint { .. }
            | EventKind::Contradiction { .. }
            | EventKind::Fault { .. }
            | EventKind::Retry { .. }
            | EventKind::Retuned { .. }
            | EventKind::Hook { .. }
            | EventKind::Lost { .. } => {}
        }
    }

    /// Takes in where the watch stood before its engine began.
    pub fn stood(&mut self, event: &Event) {
        if let EventKind::Slept { slept } = &event.kind {
            // The moments before this run are counted on the wall clock, with all suspends.
            let from = event.at.checked_sub(*slept).unwrap_or(event.at);
            return self.phases.absent(from, event.at);
        }
        self.record(event, None);
    }

    /// A mail that came in a gap says nothing of the push.
    fn note_mail(&mut self, mail: &Mail) {
        match mail.found {
            FoundBy::Push | FoundBy::Notify | FoundBy::Done | FoundBy::Poll => {
                self.mail = Some(LastMail { found: mail.found, late: mail.late });
            }
            FoundBy::Connect => {}
        }
    }

    /// What is kept is another engine's: its connections are no longer those of the same numbers.
    pub fn end_connections(&mut self) {
        self.story.end_connections();
        self.watching = false;
        for done in &mut self.dones {
            done.conn = None;
        }
    }

    /// How many of these lines came since following ended.
    #[must_use]
    pub fn fresh(&self, shown: &[u64]) -> u64 {
        match self.view {
            View::Follow => 0,
            View::Still { seen, .. } => (shown.len() - shown.partition_point(|at| *at < seen)) as u64,
        }
    }

    /// The view, moved by `by` steps in the lines shown; see [`View::navigate`]. `page` is how many of them the topmost
    /// page holds, `fit` how a line fits the pane.
    #[must_use]
    pub fn navigated(&self, by: i64, shown: &[u64], page: usize, fit: impl Fn(u64) -> Fit) -> View {
        let number = |at: u64| shown.get(usize::try_from(at).ok()?).copied();
        let fit = |at| number(at).map_or(Fit { whole: true, beyond: 0 }, &fit);
        self.moved(shown, |view| view.navigate(by, (0, shown.len() as u64), page, fit))
    }

    /// Stands still with the cursor on a shown line; see [`View::stand`].
    pub fn stand(&mut self, number: u64, shown: &[u64], height: usize) {
        let at = position(shown, number);
        self.view = self.moved(shown, |view| view.stand(at, 0, shown.len() as u64, height));
    }

    /// Opens the opening at the cursor, or closes it: while the end is followed the newest on the page. The cursor is on it
    /// then. Returns whether there is one.
    pub fn toggle_opening(&mut self, shown: &[u64], height: usize) -> bool {
        let opens = |at: &u64| self.story.get(*at).is_some_and(|row| matches!(row.what, What::Opening(_)));
        let at = match self.view {
            View::Follow => shown.iter().rev().take(height).copied().find(opens),
            View::Still { cursor, .. } => {
                usize::try_from(position(shown, cursor)).ok().and_then(|at| shown.get(at)).copied()
            }
        };
        at.is_some_and(|at| self.toggle_row(at, height))
    }

    /// The same with the opening that a row is, or belongs to.
    pub fn toggle_row(&mut self, number: u64, height: usize) -> bool {
        let Some(opening) = self.story.toggle(number) else { return false };
        let shown = self.story.shown("");
        self.stand(opening, &shown, height);
        true
    }

    /// Changes the view in positions among the shown lines; it is kept in the lines' numbers, which stay when others
    /// go.
    fn moved(&self, shown: &[u64], change: impl FnOnce(&mut View)) -> View {
        let mut view = match self.view {
            View::Follow => View::Follow,
            View::Still { bottom, cursor, row, .. } => {
                View::Still { bottom: position(shown, bottom), seen: 0, cursor: position(shown, cursor), row }
            }
        };
        change(&mut view);
        let seen = match self.view {
            View::Follow => self.story.end(),
            View::Still { seen, .. } => seen,
        };
        let number = |at: u64| usize::try_from(at).ok().and_then(|at| shown.get(at)).copied().unwrap_or(0);
        match view {
            View::Follow => View::Follow,
            View::Still { bottom, cursor, row, .. } => {
                View::Still { bottom: number(bottom), seen, cursor: number(cursor), row }
            }
        }
    }

    /// Notes that a connection idles or polls; returns whether none did before, since the watch began or rested.
    pub fn begins_to_watch(&mut self) -> bool {
        !std::mem::replace(&mut self.watching, true)
    }

    /// The last DONE on a connection.
    pub fn last_done(&mut self, conn: Option<ConnId>) -> Option<&mut DoneRecord> {
        self.dones.iter_mut().rev().find(|done| done.conn == conn)
    }
}

/// The position of a line among the shown ones, or of the last one before it.
fn position(shown: &[u64], number: u64) -> u64 {
    (shown.partition_point(|at| *at <= number) as u64).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn event(conn: u64, kind: EventKind) -> Event {
        Event { ts: SystemTime::UNIX_EPOCH, at: Instant::now(), watch: None, conn: Some(ConnId(conn)), kind }
    }

    #[test]
    fn a_done_has_its_outcome() {
        let mut history = WatchHistory::default();
        let took = Duration::from_millis(38);
        let (reason, status) = (DoneReason::Reissue, Status::Ok);
        for event in [
            event(1, EventKind::DoneSent { reason, idle: Duration::from_mins(4) }),
            event(1, EventKind::DoneAcked { took: Duration::from_millis(19) }),
            event(1, EventKind::DoneAnswered { reason, took, status, untagged: 0, late: false }),
        ] {
            history.record(&event, None);
        }
        assert_eq!(history.dones[0].outcome, Outcome::Answered { took, status, late: false });
    }

    #[test]
    fn another_engines_connections_are_not_those_of_the_same_numbers() {
        let mut history = WatchHistory::default();
        let (reason, took) = (DoneReason::User, Duration::from_millis(5));
        history.record(&event(1, EventKind::DoneSent { reason, idle: Duration::from_mins(4) }), None);
        history.end_connections();
        history.record(&event(1, EventKind::DoneAcked { took }), None);
        assert_eq!(history.dones[0].acked, None);
    }
}

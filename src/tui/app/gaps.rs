//! When a host's mailboxes went unwatched, and how long today was blind: the figures of the headline, the rows and the details.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::App;
use super::totals::Blind;
use crate::tui::clock::midnight;
use crate::tui::phase_timeline::{PhaseTimeline, SLOT, Stage};
use mailwatch_proto::model::{Snapshot, Span, split_host};

impl App {
    /// The blind time of today, running intervals included: of each host the time in which a watch or more was blind. Of an
    /// engine that does not tell it, the sum of its watches'.
    #[must_use]
    pub fn blind_today(&self) -> Duration {
        let begin = midnight(self.now.wall, &self.options.zone);
        let of_host = |(host, blind): (&Arc<str>, &Blind)| {
            let running = blind.first().map(|at| self.now.at.saturating_duration_since(at)).unwrap_or_default();
            let since = self.now.wall.checked_sub(running).filter(|_| !running.is_zero());
            let gaps = self.board.gaps.get(host);
            gaps.map_or_else(|| blind.sum(self.now.at), |gaps| gaps.blind_between(begin, self.now.wall, since))
        };
        self.watches.totals.blind.iter().map(of_host).sum()
    }

    /// The stretches of today in which no engine ran on the watch's host.
    #[must_use]
    pub fn unwatched_today(&self, snapshot: &Snapshot) -> Vec<Span> {
        self.unwatched(snapshot, midnight(self.now.wall, &self.options.zone))
    }

    /// The stretches of today in which the watch was paused, as far as this screen knows.
    #[must_use]
    pub fn paused_today(&self, snapshot: &Snapshot) -> Vec<Span> {
        let begin = midnight(self.now.wall, &self.options.zone);
        let history = self.histories.get(&snapshot.id);
        history.into_iter().flat_map(|history| history.pauses.between(begin, self.now.wall)).collect()
    }

    /// Where the watch stood in each slot of the last hour, and how much of the last one has passed. What other engines of
    /// the state directory saw is in it, and when none ran.
    #[must_use]
    pub fn hour_of(&self, snapshot: &Snapshot) -> (Vec<Stage>, Duration) {
        let none = PhaseTimeline::default();
        let phases = self.histories.get(&snapshot.id).map_or(&none, |history| &history.phases);
        let (mut slots, open) = phases.view(snapshot, self.now.at);
        let hour = SLOT.saturating_mul(u32::try_from(slots.len()).unwrap_or(u32::MAX));
        let begin = self.now.wall.checked_sub(hour).unwrap_or(self.now.wall);
        let mut end = self.now.wall;
        let unwatched = self.unwatched(snapshot, begin);
        for (slot, long) in slots.iter_mut().rev().zip(std::iter::once(open).chain(std::iter::repeat(SLOT))) {
            let begin = end.checked_sub(long).unwrap_or(end);
            let absent: Duration = unwatched
                .iter()
                .map(|span| span.to.min(end).duration_since(span.from.max(begin)).unwrap_or_default())
                .sum();
            if !long.is_zero() && absent * 2 >= long {
                *slot = Stage::NotRunning;
            }
            end = begin;
        }
        (slots, open)
    }

    fn unwatched(&self, snapshot: &Snapshot, since: SystemTime) -> Vec<Span> {
        let gaps = self.board.gaps.get(self.host_of(snapshot));
        gaps.into_iter().flat_map(|gaps| gaps.unwatched_between(since, self.now.wall)).collect()
    }

    /// The host whose engine has the watch; this machine's where only one engine is shown.
    pub(super) fn host_of<'a>(&self, snapshot: &'a Snapshot) -> &'a str {
        if self.board.hosts.is_empty() { "" } else { split_host(&snapshot.id.account).0 }
    }
}

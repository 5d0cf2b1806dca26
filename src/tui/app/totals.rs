//! What all watches are together, counted in one go whenever what is true changes: a frame reads figures, however many watches
//! there are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::App;
use crate::tui::stall::StallKind;
use crate::tui::{progress, words};
use mailwatch_proto::model::PhaseGroup;

/// How many watches are in which state, and how long each host's were blind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Of each group that has any, those aside that are not pushing.
    groups: BTreeMap<PhaseGroup, usize>,
    /// Those whose server does not announce mail.
    pub not_pushing: usize,
    /// Those whose last DONE was ignored, for as long as that is shown.
    pub ignored: usize,
    /// Those that have been catching up for a while.
    pub catching_up: usize,
    /// Of each host.
    pub(super) blind: BTreeMap<Arc<str>, Blind>,
    /// When they were counted.
    counted: Option<Instant>,
}

/// What is known of one host's blind time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Blind {
    /// What is over of today, of all its watches.
    today: Duration,
    /// When the intervals began that are not over.
    open: Vec<Instant>,
}

impl Blind {
    /// Takes in a watch that was blind so long today, and is so since then.
    fn add(&mut self, today: Duration, since: Option<Instant>) {
        self.today += today;
        self.open.extend(since);
    }

    /// When the first of the intervals began that are not over.
    pub(super) fn first(&self) -> Option<Instant> {
        self.open.iter().min().copied()
    }

    /// The blind time of all its watches until now.
    pub(super) fn sum(&self, now: Instant) -> Duration {
        self.open.iter().fold(self.today, |sum, since| sum + now.saturating_duration_since(*since))
    }
}

impl Totals {
    /// Counts them.
    #[must_use]
    pub fn of(app: &App) -> Self {
        let now = app.now.at;
        let catching_up = progress::catching_up(&app.board, now);
        let mut totals = Self { catching_up, counted: Some(now), ..Self::default() };
        for snapshot in app.board.watches.values() {
            if words::is_unannounced(snapshot) {
                totals.not_pushing += 1;
            } else {
                *totals.groups.entry(words::group(snapshot)).or_default() += 1;
            }
            let stall = app.stall(snapshot);
            totals.ignored += usize::from(stall.is_some_and(|stall| stall.kind == StallKind::Ignored));
            let host = app.host_of(snapshot);
            if !totals.blind.contains_key(host) {
                totals.blind.insert(Arc::from(host), Blind::default());
            }
            if let Some(blind) = totals.blind.get_mut(host) {
                blind.add(snapshot.blind.today, snapshot.blind.since);
            }
        }
        totals
    }

    /// How old the figures are.
    pub(super) fn age(&self, now: Instant) -> Duration {
        self.counted.map_or(Duration::MAX, |counted| now.saturating_duration_since(counted))
    }

    /// How many are in a group, those aside that are not pushing.
    #[must_use]
    pub fn group(&self, group: PhaseGroup) -> usize {
        self.groups.get(&group).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_that_are_not_over_grow_together() {
        let begun = Instant::now();
        let s = Duration::from_secs;
        let now = begun + s(10);
        let mut blind = Blind::default();
        blind.add(s(5), None);
        blind.add(s(1), Some(begun));
        blind.add(s(0), Some(begun + s(7)));
        assert_eq!([blind.sum(now), blind.sum(now + s(2))], [s(19), s(23)]);
        assert_eq!(blind.first(), Some(begun));
    }
}

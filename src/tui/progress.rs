//! How many of the watches that start together already watch: at the start, and when a configuration brings more. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::words;
use mailwatch_proto::model::{Board, Phase, PhaseGroup, Snapshot, WatchId};

/// A shorter catch-up is not shown: one follows each DONE.
const SHOWN_FROM: Duration = Duration::from_secs(1);

/// The watches that start together, until each watches or has failed to.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    known: BTreeSet<WatchId>,
    /// Whether each has settled: it has watched once, or it waits, rests or needs the user.
    begun: BTreeMap<WatchId, bool>,
}

impl Progress {
    /// Takes in what is true now.
    pub fn update(&mut self, board: &Board) {
        if self.known.len() != board.watches.len() || !board.watches.keys().eq(self.known.iter()) {
            for id in board.watches.keys().filter(|id| !self.known.contains(*id)) {
                self.begun.insert(id.clone(), false);
            }
            self.known = board.watches.keys().cloned().collect();
            self.begun.retain(|id, _| self.known.contains(id));
        }
        for (id, settled) in &mut self.begun {
            *settled |= board.watches.get(id).is_some_and(|snapshot| has_settled(snapshot));
        }
        if self.begun.values().all(|settled| *settled) {
            self.begun.clear();
        }
    }

    /// How many watch, of how many, while several start.
    #[must_use]
    pub fn beginning(&self, board: &Board) -> Option<(usize, usize)> {
        let stands = |id: &WatchId| {
            board.watches.get(id).is_some_and(|snapshot| matches!(words::group(snapshot), PhaseGroup::Live))
        };
        // For a single watch its row says it.
        (self.begun.len() > 1).then(|| (self.begun.keys().filter(|id| stands(id)).count(), self.begun.len()))
    }
}

/// Whether a watch has watched once, or has to wait for something.
const fn has_settled(snapshot: &Snapshot) -> bool {
    if snapshot.connection.replacing {
        return true;
    }
    match snapshot.phase {
        Phase::Connecting | Phase::Authenticating | Phase::Selecting | Phase::CatchingUp | Phase::Requested => false,
        // DONE follows an IDLE.
        Phase::Finishing
        | Phase::Idling
        | Phase::Polling
        | Phase::Waiting
        | Phase::Paused
        | Phase::Failed
        | Phase::Ended => true,
    }
}

/// How many watches have been catching up for a while.
#[must_use]
pub fn catching_up(board: &Board, now: Instant) -> usize {
    let is_long = |since: Instant| now.saturating_duration_since(since) >= SHOWN_FROM;
    let catches_up = |phase: Phase| matches!(phase, Phase::CatchingUp);
    board.watches.values().filter(|snapshot| catches_up(snapshot.phase) && is_long(snapshot.since)).count()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use mailwatch_proto::model::Timers;

    fn board(phases: &[Phase]) -> Board {
        let now = Instant::now();
        let watch = |(n, phase): (usize, &Phase)| {
            let id = WatchId::new("a", &format!("box{n}"));
            let mut snapshot = Snapshot::new(id.clone(), Timers::default(), now);
            snapshot.phase = *phase;
            (id, Arc::new(snapshot))
        };
        Board { watches: phases.iter().enumerate().map(watch).collect(), ..Board::default() }
    }

    fn counted(progress: &mut Progress, phases: &[Phase]) -> Option<(usize, usize)> {
        let board = board(phases);
        progress.update(&board);
        progress.beginning(&board)
    }

    #[test]
    fn what_stands_is_counted_until_all_have_settled_and_not_again_after_that() {
        use Phase::{Connecting, Finishing, Idling, Selecting, Waiting};
        let mut progress = Progress::default();
        assert_eq!(counted(&mut progress, &[Connecting, Connecting, Connecting]), Some((0, 3)));
        assert_eq!(counted(&mut progress, &[Idling, Selecting, Waiting]), Some((1, 3)));
        assert_eq!(counted(&mut progress, &[Finishing, Selecting, Connecting]), Some((1, 3)), "DONE changes nothing");
        assert_eq!(counted(&mut progress, &[Idling, Idling, Waiting]), None);
        assert_eq!(
            counted(&mut progress, &[Connecting, Connecting, Connecting]),
            None,
            "connecting anew is no beginning"
        );
    }

    #[test]
    fn watches_that_come_later_begin_on_their_own_and_one_alone_says_it_itself() {
        use Phase::{Connecting, Idling};
        let mut progress = Progress::default();
        assert_eq!(counted(&mut progress, &[Idling]), None);
        assert_eq!(counted(&mut progress, &[Idling, Connecting]), None);
        assert_eq!(counted(&mut progress, &[Idling, Connecting, Connecting, Connecting]), Some((0, 3)));
        assert_eq!(counted(&mut progress, &[Idling, Idling]), None, "those that were taken away are not waited for");
    }

    #[test]
    fn a_catch_up_counts_once_it_takes_a_while() {
        let board = board(&[Phase::CatchingUp, Phase::Idling, Phase::CatchingUp]);
        let since = board.watches.values().map(|snapshot| snapshot.since).max().expect("there are watches");
        assert_eq!(catching_up(&board, since), 0);
        assert_eq!(catching_up(&board, since + SHOWN_FROM), 2);
    }
}

//! What the board means to a service manager: whether every watch has been tried, their status, whether one is stuck. Pure;
//! reads no clock.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use mailwatch_proto::model::{Board, LINE_LIMIT, Phase, PhaseGroup, Served, Snapshot, WatchId, sanitise};

/// A watch acts on its deadline at once; after this time it is stuck. Long enough for a busy machine.
const STUCK_AFTER: Duration = Duration::from_mins(1);

/// The watches that have not been tried yet.
#[derive(Debug)]
pub struct Trials {
    /// Accounts that have shown no watch yet: their mailboxes are found by LIST.
    accounts: BTreeSet<String>,
    /// Watches that came to something.
    tried: BTreeSet<WatchId>,
}

impl Trials {
    /// Every watch of these accounts.
    pub fn of<'a>(accounts: impl IntoIterator<Item = &'a str>) -> Self {
        Self { accounts: accounts.into_iter().map(ToOwned::to_owned).collect(), tried: BTreeSet::new() }
    }

    /// Whether each of `watches`, and one at least of each account, has succeeded or failed once.
    pub fn are_over(&mut self, board: &Board, watches: &[WatchId]) -> bool {
        for (id, snapshot) in &board.watches {
            self.accounts.remove(&*id.account);
            if was_tried(snapshot) {
                self.tried.insert(id.clone());
            }
        }
        self.accounts.is_empty() && watches.iter().all(|id| self.tried.contains(id))
    }
}

fn was_tried(snapshot: &Snapshot) -> bool {
    match snapshot.phase.group() {
        PhaseGroup::Live | PhaseGroup::Down | PhaseGroup::Resting => true,
        // DONE ends an IDLE that stood; a later attempt follows one that failed.
        PhaseGroup::Busy => snapshot.phase == Phase::Finishing || snapshot.connection.attempt > 0,
    }
}

/// A line for `systemctl status`.
pub fn status(board: &Board) -> String {
    let all = board.watches.len();
    let live = board.watches.values().filter(|watch| watch.standing() == PhaseGroup::Live).count();
    let others = [Phase::Waiting, Phase::Failed, Phase::Paused].into_iter().filter_map(|phase| {
        let count = board.watches.values().filter(|watch| watch.phase == phase).count();
        (count > 0).then(|| format!("{count} {phase}"))
    });
    let mut text = std::iter::once(format!("{live} of {all} live")).chain(others).collect::<Vec<_>>().join(", ");
    let fault = |phase| {
        let mut there = board.watches.values().filter(|watch| watch.phase == phase);
        there.find_map(|watch| watch.fault.as_ref().map(|fault| format!("; {}: {fault}", watch.id)))
    };
    if let Some(fault) = fault(Phase::Failed).or_else(|| fault(Phase::Waiting)) {
        text.push_str(&fault);
    }
    sanitise(&text, LINE_LIMIT)
}

/// A watch whose deadline has long passed. A watch on another's connection may have to wait.
pub fn overdue(board: &Board, now: Instant) -> Option<&WatchId> {
    let late = |watch: &Snapshot| {
        let due = watch.deadline.filter(|_| watch.sharing.served == Served::Own);
        due.is_some_and(|(at, _)| now.saturating_duration_since(at) >= STUCK_AFTER)
    };
    board.watches.values().find(|watch| late(watch)).map(|watch| &watch.id)
}

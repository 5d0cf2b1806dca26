//! The board with its counts, whole and by what changed, as the protocol writes it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Deserializer, Serialize};

use super::gaps_state::GapsState;
use super::receipt_state::FaultState;
use super::tally_state::{CountsState, TallyState};
use super::time::Ms;
use super::watch_state::WatchState;
use mailwatch_proto::model::{AgeStep, Ages, Board, DueCanary, Gaps, Snapshot, Tally, WatchId};

/// The whole board.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BoardState {
    /// The number of the last event that had happened.
    pub after: u64,
    /// The watches.
    pub watches: Vec<WatchState>,
    /// How IDLEs ended, by account: steps of age.
    pub ages: BTreeMap<Arc<str>, AgesState>,
    /// A fault of the engine's own.
    pub fault: Option<FaultState>,
    /// How many runs of an account's hooks failed since one last succeeded.
    pub failed_hooks: BTreeMap<Arc<str>, u32>,
    /// The connections that an account has, where its server refused one more.
    pub connection_limits: BTreeMap<Arc<str>, u16>,
    /// When the next canary of each account is due, where it has any.
    pub canaries: BTreeMap<Arc<str>, CanaryState>,
    /// When mailboxes went unwatched or a watch was blind in the last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaps: Option<GapsState>,
    /// What happened how often.
    pub tally: TallyState,
}

/// An account's next canary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryState {
    /// The mailbox that it goes into.
    pub mailbox: Arc<str>,
    /// In how long it is due; below zero where it waits for its mailbox to be live.
    pub in_ms: Ms,
}

/// The steps of age in which an IDLE of an account ended.
type AgesState = Vec<AgeState>;

/// The IDLEs of one step of age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgeState {
    /// The age that the step begins at.
    pub from_ms: Ms,
    /// How many DONEs for age were answered in time.
    pub answered: u32,
    /// How many DONEs for another reason were.
    pub early: u32,
    /// How many IDLEs ended without an answer.
    pub failed: u32,
    /// The oldest that was answered for its age.
    pub oldest_answered_ms: Option<Ms>,
    /// The youngest that failed.
    pub youngest_failed_ms: Option<Ms>,
    /// The slowest answer.
    pub slowest_ms: Option<Ms>,
    /// Of how many answers the time is known.
    pub timed: u32,
    /// Their usual time.
    pub usual_ms: Option<Ms>,
}

/// What changed on the board since the last message that said so. What is left out has not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BoardChange {
    /// Watches that are new or stand otherwise, each whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub watches: Vec<WatchState>,
    /// Watches that are no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<WatchId>,
    /// Ages of these accounts, each account's whole; `null` for an account that is no more.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ages: BTreeMap<Arc<str>, Option<AgesState>>,
    /// The engine's own fault; `null` where it is over.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "said")]
    pub fault: Option<Option<FaultState>>,
    /// Failed hooks of all accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_hooks: Option<BTreeMap<Arc<str>, u32>>,
    /// Connection limits of all accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_limits: Option<BTreeMap<Arc<str>, u16>>,
    /// The next canaries of all accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canaries: Option<BTreeMap<Arc<str>, CanaryState>>,
    /// The gaps of the last day, whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaps: Option<GapsState>,
    /// Counts of these accounts, each account's whole.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tally: BTreeMap<Arc<str>, CountsState>,
}

/// `null` is something that is said, and not what is left out.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl BoardState {
    /// The form of a board, `after` the event of that number.
    #[must_use]
    pub fn of(board: &Board, tally: &Tally, after: u64, now: Instant) -> Self {
        // Each front end has its own hosts.
        let Board { watches, ages, fault, failed_hooks, connection_limits, canaries, gaps, hosts: _ } = board;
        Self {
            after,
            watches: watches.values().map(|watch| WatchState::of(watch, now)).collect(),
            ages: ages.iter().map(|(account, ages)| (Arc::clone(account), ages_state(ages))).collect(),
            fault: fault.as_ref().map(FaultState::from),
            failed_hooks: failed_hooks.clone(),
            connection_limits: connection_limits.clone(),
            canaries: canary_states(canaries, now),
            gaps: gaps.get("").map(|gaps| GapsState::from(&**gaps)),
            tally: tally.into(),
        }
    }

    /// The board and its counts.
    #[must_use]
    pub fn board(self, now: Instant) -> (Board, Tally) {
        let Self { after: _, watches, ages, fault, failed_hooks, connection_limits, canaries, gaps, tally } = self;
        let board = Board {
            watches: watches.into_iter().map(|watch| shared(watch, now)).collect(),
            ages: ages.into_iter().map(|(account, ages)| (account, Arc::new(ages_of(ages)))).collect(),
            fault: fault.map(Into::into),
            failed_hooks,
            connection_limits,
            canaries: due_canaries(canaries, now),
            gaps: gaps.map(own).into_iter().collect(),
            ..Board::default()
        };
        (board, tally.into())
    }
}

impl BoardChange {
    /// What has changed from one board to the next; `None` where nothing has.
    #[must_use]
    pub fn between(before: (&Board, &Tally), after: (&Board, &Tally), now: Instant) -> Option<Self> {
        let ((old, counted), (new, counts)) = (before, after);
        let same = |old: Option<&Arc<Snapshot>>, new: &Arc<Snapshot>| {
            old.is_some_and(|old| Arc::ptr_eq(old, new) || (**old == **new))
        };
        let changed = new.watches.iter().filter(|(id, watch)| !same(old.watches.get(*id), watch));
        let gone = old.watches.keys().filter(|id| !new.watches.contains_key(*id));
        let same_ages =
            |old: Option<&Arc<Ages>>, new: &Arc<Ages>| old.is_some_and(|old| Arc::ptr_eq(old, new) || (**old == **new));
        let aged = new.ages.iter().filter(|(account, ages)| !same_ages(old.ages.get(*account), ages));
        let ageless = old.ages.keys().filter(|account| !new.ages.contains_key(*account));
        let tallied = counts.accounts.iter().filter(|(account, now)| counted.accounts.get(*account) != Some(*now));
        let change = Self {
            watches: changed.map(|(_, watch)| WatchState::of(watch, now)).collect(),
            gone: gone.cloned().collect(),
            ages: aged
                .map(|(account, ages)| (Arc::clone(account), Some(ages_state(ages))))
                .chain(ageless.map(|account| (Arc::clone(account), None)))
                .collect(),
            fault: (old.fault != new.fault).then(|| new.fault.as_ref().map(FaultState::from)),
            failed_hooks: (old.failed_hooks != new.failed_hooks).then(|| new.failed_hooks.clone()),
            connection_limits: (old.connection_limits != new.connection_limits).then(|| new.connection_limits.clone()),
            canaries: (old.canaries != new.canaries).then(|| canary_states(&new.canaries, now)),
            gaps: new.gaps.get("").filter(|gaps| old.gaps.get("") != Some(*gaps)).map(|gaps| GapsState::from(&**gaps)),
            tally: tallied.map(|(account, counts)| (Arc::clone(account), counts.into())).collect(),
        };
        (change != Self::default()).then_some(change)
    }

    /// Takes the change in. Counts of lost events are each reader's own and stay.
    pub fn apply(self, board: &mut Board, tally: &mut Tally, now: Instant) {
        let Self { watches, gone, ages, fault, failed_hooks, connection_limits, canaries, gaps, tally: counts } = self;
        for id in &gone {
            board.watches.remove(id);
        }
        for watch in watches {
            let (id, mut watch) = shared(watch, now);
            if let Some(known) = board.watches.get(&id)
                && let Some(watch) = Arc::get_mut(&mut watch)
            {
                watch.past = Arc::clone(&known.past);
            }
            board.watches.insert(id, watch);
        }
        for (account, ages) in ages {
            match ages {
                Some(ages) => drop(board.ages.insert(account, Arc::new(ages_of(ages)))),
                None => drop(board.ages.remove(&account)),
            }
        }
        if let Some(fault) = fault {
            board.fault = fault.map(Into::into);
        }
        if let Some(failed) = failed_hooks {
            board.failed_hooks = failed;
        }
        if let Some(limits) = connection_limits {
            board.connection_limits = limits;
        }
        if let Some(canaries) = canaries {
            board.canaries = due_canaries(canaries, now);
        }
        board.gaps.extend(gaps.map(own));
        tally.accounts.extend(counts.into_iter().map(|(account, counts)| (account, counts.into())));
    }
}

/// The gaps as an engine's own.
fn own(gaps: GapsState) -> (Arc<str>, Arc<Gaps>) {
    (Arc::from(""), Arc::new(gaps.into()))
}

fn shared(watch: WatchState, now: Instant) -> (WatchId, Arc<Snapshot>) {
    let snapshot = watch.snapshot(now);
    (snapshot.id.clone(), Arc::new(snapshot))
}

fn canary_states(canaries: &BTreeMap<Arc<str>, DueCanary>, now: Instant) -> BTreeMap<Arc<str>, CanaryState> {
    let form = |DueCanary { mailbox, at }: &DueCanary| CanaryState {
        mailbox: Arc::clone(mailbox),
        in_ms: Ms::until(*at, now),
    };
    canaries.iter().map(|(account, canary)| (Arc::clone(account), form(canary))).collect()
}

fn due_canaries(canaries: BTreeMap<Arc<str>, CanaryState>, now: Instant) -> BTreeMap<Arc<str>, DueCanary> {
    let due = |CanaryState { mailbox, in_ms }| DueCanary { mailbox, at: in_ms.after(now) };
    canaries.into_iter().map(|(account, canary)| (account, due(canary))).collect()
}

fn ages_state(ages: &Ages) -> AgesState {
    let form = |(from, step): (_, &AgeStep)| AgeState {
        from_ms: Ms::from(from),
        answered: step.answered,
        early: step.early,
        failed: step.failed,
        oldest_answered_ms: step.oldest_answered.map(Ms::from),
        youngest_failed_ms: step.youngest_failed.map(Ms::from),
        slowest_ms: step.slowest.map(Ms::from),
        timed: step.timed(),
        usual_ms: step.usual().map(Ms::from),
    };
    ages.steps().map(form).collect()
}

fn ages_of(states: AgesState) -> Ages {
    let step = |state: AgeState| {
        let AgeState {
            from_ms,
            answered,
            early,
            failed,
            oldest_answered_ms,
            youngest_failed_ms,
            slowest_ms,
            timed,
            usual_ms,
        } = state;
        let mut step = AgeStep::default();
        if let Some(usual) = usual_ms {
            step = step.with_usual(timed, usual.duration());
        }
        step.answered = answered;
        step.early = early;
        step.failed = failed;
        step.oldest_answered = oldest_answered_ms.map(Ms::duration);
        step.youngest_failed = youngest_failed_ms.map(Ms::duration);
        step.slowest = slowest_ms.map(Ms::duration);
        (from_ms.duration(), step)
    };
    states.into_iter().map(step).collect()
}

//! A watch's snapshot as the protocol writes it. Its past is not in it: it is sent to who asks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::connection_state::ConnectionState;
use super::name;
use super::receipt_state::{FaultState, FindingState, QuarantinedState, ReceiptState};
use super::time::Ms;
use mailwatch_proto::model::{
    Blind, Learning, MailboxCounts, Origin, Phase, PhaseGroup, Served, SharingState, Snapshot, TIMERS, Timer, Timers,
    WatchId,
};

/// Where a watch stands and what runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchState {
    /// Which watch.
    pub watch: WatchId,
    /// Its phase.
    #[serde(with = "name")]
    pub phase: Phase,
    /// How a summary counts it: `live`, `busy`, `down` or `paused`. Concluded from the rest.
    #[serde(with = "name", default = "unsaid")]
    pub standing: PhaseGroup,
    /// Since when it has been in its phase, how long ago.
    pub since_ms: Ms,
    /// The connection it stands on.
    #[serde(default)]
    pub connection: ConnectionState,
    /// What runs out next.
    pub deadline: Option<DeadlineState>,
    /// The timers in force, by name.
    #[serde(default)]
    pub timers: BTreeMap<String, TimerState>,
    /// How `reissue` is learned.
    #[serde(default)]
    pub learning: LearningState,
    /// The mailbox's figures.
    #[serde(default)]
    pub counts: CountsOfMail,
    /// The running or the last DONE.
    pub receipt: Option<ReceiptState>,
    /// The program's conclusion.
    pub finding: Option<FindingState>,
    /// What went wrong last.
    pub fault: Option<FaultState>,
    /// The quarantined connection.
    pub quarantined: Option<QuarantinedState>,
    /// Time in which a mail could have come unheard.
    #[serde(default)]
    pub blind: BlindState,
    /// Whose connection it hears by.
    #[serde(default)]
    pub sharing: SharedState,
}

const fn unsaid() -> PhaseGroup {
    PhaseGroup::Down
}

/// What runs out next, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlineState {
    /// The timer's name.
    pub timer: String,
    /// In how long; below zero where it has run out.
    pub in_ms: Ms,
}

/// A timer's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerState {
    /// The value; `null` is `off`.
    pub value_ms: Option<Ms>,
    /// Where it came from.
    #[serde(with = "name")]
    pub origin: Origin,
}

/// How `reissue` is learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LearningState {
    /// Who asked for a learned `reissue`; `null` where it has a fixed value.
    #[serde(with = "name::optional")]
    pub origin: Option<Origin>,
    /// The age that a learned `reissue` will not pass for now.
    pub ceiling_ms: Option<Ms>,
}

/// A mailbox's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CountsOfMail {
    /// Mails told since the user last looked.
    pub new: u32,
    /// Messages in it; `null` where that is not known.
    pub exists: Option<u32>,
    /// Unseen ones.
    pub unseen: Option<u32>,
    /// How long what happens to it notifies nobody still; left out where it is not muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_ms: Option<Ms>,
}

/// Time in which a mail could have come unheard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BlindState {
    /// Today.
    pub today_ms: Ms,
    /// Of the last interval.
    pub last_ms: Option<Ms>,
    /// Since when the watch is blind, how long ago.
    pub since_ms: Option<Ms>,
}

/// Whose connection a watch hears by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedState {
    /// How it hears of new mail: `own`, `notify` or `status`.
    #[serde(with = "name")]
    pub served: Served,
    /// The watch whose connection serves it.
    pub served_by: Option<WatchId>,
    /// How many other watches its connection serves.
    pub serves: usize,
}

impl WatchState {
    /// The form of a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot, now: Instant) -> Self {
        let Snapshot {
            id,
            phase,
            since,
            connection,
            deadline,
            timers,
            learning,
            mailbox,
            receipt,
            finding,
            fault,
            quarantined,
            blind,
            past: _,
            sharing,
        } = snapshot;
        Self {
            watch: id.clone(),
            phase: *phase,
            standing: snapshot.standing(),
            since_ms: Ms::since(*since, now),
            connection: ConnectionState::of(connection, now),
            deadline: deadline
                .map(|(at, timer)| DeadlineState { timer: timer.name().to_owned(), in_ms: Ms::until(at, now) }),
            timers: timers_by_name(timers),
            learning: (*learning).into(),
            counts: CountsOfMail::of(*mailbox, now),
            receipt: receipt.as_ref().map(|receipt| ReceiptState::of(receipt, now)),
            finding: finding.as_ref().map(FindingState::from),
            fault: fault.as_ref().map(FaultState::from),
            quarantined: quarantined.as_ref().map(|kept| QuarantinedState::of(kept, now)),
            blind: BlindState::of(*blind, now),
            sharing: sharing.clone().into(),
        }
    }

    /// The snapshot, without a past.
    #[must_use]
    pub fn snapshot(self, now: Instant) -> Snapshot {
        let Self {
            watch,
            phase,
            standing: _,
            since_ms,
            connection,
            deadline,
            timers,
            learning,
            counts,
            receipt,
            finding,
            fault,
            quarantined,
            blind,
            sharing,
        } = self;
        Snapshot {
            id: watch,
            phase,
            since: since_ms.before(now),
            connection: connection.connection(now),
            deadline: deadline.and_then(|due| Some((due.in_ms.after(now), Timer::by_name(&due.timer)?))),
            timers: timers_of(&timers),
            learning: learning.into(),
            mailbox: counts.counts(now),
            receipt: receipt.map(|receipt| receipt.receipt(now)),
            finding: finding.map(Into::into),
            fault: fault.map(Into::into),
            quarantined: quarantined.map(|kept| kept.quarantined(now)),
            blind: blind.blind(now),
            past: Arc::default(),
            sharing: sharing.into(),
        }
    }
}

fn timers_by_name(timers: &Timers) -> BTreeMap<String, TimerState> {
    let form = |timer: Timer| {
        let tuned = timers.tuned(timer);
        TimerState { value_ms: tuned.value.map(Ms::from), origin: tuned.origin }
    };
    TIMERS.iter().map(|spec| (spec.name.to_owned(), form(spec.timer))).collect()
}

/// A timer that is not among them has its built-in value; one that this version does not know is left out.
fn timers_of(states: &BTreeMap<String, TimerState>) -> Timers {
    let mut timers = Timers::default();
    for (name, state) in states {
        if let Some(timer) = Timer::by_name(name) {
            timers.set(timer, state.value_ms.map(Ms::duration), state.origin);
        }
    }
    timers
}

impl From<Learning> for LearningState {
    fn from(Learning { origin, ceiling }: Learning) -> Self {
        Self { origin, ceiling_ms: ceiling.map(Ms::from) }
    }
}

impl From<LearningState> for Learning {
    fn from(LearningState { origin, ceiling_ms }: LearningState) -> Self {
        Self { origin, ceiling: ceiling_ms.map(Ms::duration) }
    }
}

impl CountsOfMail {
    /// The form of a mailbox's figures.
    fn of(MailboxCounts { new, exists, unseen, muted }: MailboxCounts, now: Instant) -> Self {
        Self { new, exists, unseen, muted_ms: muted.map(|until| Ms::until(until, now)) }
    }

    /// The figures.
    fn counts(self, now: Instant) -> MailboxCounts {
        let Self { new, exists, unseen, muted_ms } = self;
        MailboxCounts { new, exists, unseen, muted: muted_ms.map(|left| left.after(now)) }
    }
}

impl BlindState {
    /// The form of blind time.
    #[must_use]
    pub fn of(Blind { today, last, since }: Blind, now: Instant) -> Self {
        let since_ms = since.map(|since| Ms::since(since, now));
        Self { today_ms: today.into(), last_ms: last.map(Ms::from), since_ms }
    }

    /// Blind time.
    #[must_use]
    pub fn blind(self, now: Instant) -> Blind {
        let Self { today_ms, last_ms, since_ms } = self;
        let since = since_ms.map(|ago| ago.before(now));
        Blind { today: today_ms.duration(), last: last_ms.map(Ms::duration), since }
    }
}

impl From<SharingState> for SharedState {
    fn from(SharingState { served, served_by, serves }: SharingState) -> Self {
        Self { served, served_by, serves }
    }
}

impl From<SharedState> for SharingState {
    fn from(SharedState { served, served_by, serves }: SharedState) -> Self {
        Self { served, served_by, serves }
    }
}

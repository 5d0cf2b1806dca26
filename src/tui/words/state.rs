//! Where a watch stands: a mark, a word and since when. The table's STATE column says it, the headline counts by it.

use std::time::Instant;

use super::{Glyphs, Role, group_mark};
use crate::tui::stall::{Stall, may_replace_verdict};
use mailwatch_proto::model::{Phase, PhaseGroup, Served, Snapshot, Verdict};

/// Where a watch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Its mark.
    pub glyph: &'static str,
    /// Its word.
    pub word: &'static str,
    /// How both look.
    pub role: Role,
    /// Which age belongs to it.
    pub age: Age,
}

/// Which age a state has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Since the watch is in its phase.
    Phase,
    /// Since the watch went down, whatever was tried since.
    Down,
    /// Since its last stall.
    Stall,
    /// None that says anything.
    None,
}

/// Whether another attempt runs after one that failed: nobody watches meanwhile.
#[must_use]
pub const fn is_retrying(snapshot: &Snapshot) -> bool {
    let on_the_way = matches!(snapshot.phase, Phase::Connecting | Phase::Authenticating | Phase::Selecting);
    on_the_way && snapshot.connection.attempt > 0 && snapshot.fault.is_some() && !snapshot.connection.replacing
}

/// Whether a watch stands, and its server does not announce its mail.
#[must_use]
pub fn is_unannounced(snapshot: &Snapshot) -> bool {
    group(snapshot) == PhaseGroup::Live && snapshot.is_not_pushing()
}

impl State {
    /// A watch's; `stall` is its last one, while it is shown.
    #[must_use]
    pub fn of(snapshot: &Snapshot, stall: Option<Stall>, glyphs: &Glyphs) -> Self {
        let state = &glyphs.state;
        let new = |glyph, word, role, age| Self { glyph, word, role, age };
        if snapshot.connection.replacing {
            return new(state.warn, "replacing", Role::Warn, Age::Stall);
        }
        let (glyph, role) = group_mark(snapshot.phase.group(), glyphs);
        match snapshot.phase {
            Phase::Ended => new(glyph, "gone", role, Age::None),
            Phase::Paused => new(glyph, "paused", role, Age::Phase),
            Phase::Failed => new(state.failed, "needs you", Role::Down, Age::Down),
            Phase::Waiting => new(state.down, "down", Role::Down, Age::Down),
            Phase::Connecting | Phase::Authenticating | Phase::Selecting if is_retrying(snapshot) => {
                new(state.down, "down", Role::Down, Age::Down)
            }
            Phase::Authenticating => new(glyph, "logging in", role, Age::Phase),
            Phase::Connecting | Phase::Selecting | Phase::CatchingUp | Phase::Requested | Phase::Finishing => {
                new(glyph, snapshot.phase.name(), role, Age::Phase)
            }
            Phase::Idling | Phase::Polling if snapshot.is_not_pushing() => {
                new(state.warn, "not pushing", Role::Warn, Age::None)
            }
            Phase::Idling | Phase::Polling if stall.is_some() && may_replace_verdict(snapshot) => {
                new(state.warn, "replaced", Role::Warn, Age::Stall)
            }
            Phase::Idling => {
                match (snapshot.finding.as_ref().map(|finding| finding.verdict), snapshot.sharing.served) {
                    (Some(Verdict::Quiet), _) => new(state.warn, "quiet", Role::Warn, Age::Phase),
                    (_, Served::Notify) => new(glyph, "by NOTIFY", role, Age::Phase),
                    (_, Served::Own | Served::Status) => new(glyph, "live", role, Age::Phase),
                }
            }
            Phase::Polling => {
                let word = if snapshot.sharing.served == Served::Status { "in turn" } else { "polling" };
                new(state.polling, word, role, Age::Phase)
            }
        }
    }

    /// The same as what an engine that is gone has shown last: nothing of it is live now.
    #[must_use]
    pub fn last(self, glyphs: &Glyphs) -> Self {
        if self.is_trouble() {
            return self;
        }
        let word = if self.role == Role::Live { "was live" } else { self.word };
        Self { glyph: glyphs.state.resting, word, ..self }
    }

    /// How urgently it needs the user; 0 is the most urgent.
    #[must_use]
    pub fn urgency(self) -> u8 {
        [Role::Down, Role::Warn, Role::Busy, Role::Live]
            .iter()
            .position(|role| *role == self.role)
            .and_then(|at| u8::try_from(at).ok())
            .unwrap_or(4)
    }

    /// Whether something is wrong.
    #[must_use]
    pub fn is_trouble(self) -> bool {
        self.urgency() < 2
    }
}

/// Since when a watch has been down, as far as this is known.
#[must_use]
pub fn down_since(snapshot: &Snapshot, remembered: Option<Instant>) -> Instant {
    [Some(snapshot.since), snapshot.blind.since, remembered].into_iter().flatten().min().unwrap_or(snapshot.since)
}

/// The group that the headline counts a watch in: the same from one DONE to the next.
#[must_use]
pub fn group(snapshot: &Snapshot) -> PhaseGroup {
    if is_retrying(snapshot) { PhaseGroup::Down } else { snapshot.standing() }
}

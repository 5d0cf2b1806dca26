//! The phases of a watch's last hour, in slots of half a minute: bounded, whatever happens. Reads no clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use mailwatch_proto::model::{Phase, Snapshot, Verdict};

/// The length of a slot.
pub const SLOT: Duration = Duration::from_secs(30);

/// How many slots an hour has.
pub const SLOTS: u32 = 120;

/// The same, as a length.
const KEPT: usize = SLOTS as usize;

/// What a slot shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The program did not run, or the machine slept.
    NotRunning,
    /// The server has said `+`.
    Idling,
    /// The server has no IDLE: the watch polls.
    Polling,
    /// Connecting, logging in, catching up, or DONE sent.
    Busy,
    /// Paused by the user.
    Paused,
    /// IDLE stands, and mail is known not to be announced.
    NotPushing,
    /// Backoff.
    Waiting,
    /// A connection that does not answer DONE is being replaced.
    Replacing,
    /// It needs the user.
    Failed,
}

impl Stage {
    /// Every stage; later ones are worse.
    pub const ALL: [Self; 9] = [
        Self::NotRunning,
        Self::Idling,
        Self::Polling,
        Self::Busy,
        Self::Paused,
        Self::NotPushing,
        Self::Waiting,
        Self::Replacing,
        Self::Failed,
    ];

    /// The stage of a phase.
    #[must_use]
    pub const fn of(phase: Phase) -> Self {
        match phase {
            Phase::Idling => Self::Idling,
            Phase::Polling => Self::Polling,
            Phase::Connecting
            | Phase::Authenticating
            | Phase::Selecting
            | Phase::CatchingUp
            | Phase::Requested
            | Phase::Finishing => Self::Busy,
            Phase::Paused | Phase::Ended => Self::Paused,
            Phase::Waiting => Self::Waiting,
            Phase::Failed => Self::Failed,
        }
    }

    /// Whether its slot shows it however short it is.
    const fn is_trouble(self) -> bool {
        match self {
            Self::NotPushing | Self::Waiting | Self::Replacing | Self::Failed => true,
            Self::NotRunning | Self::Idling | Self::Polling | Self::Busy | Self::Paused => false,
        }
    }
}

/// How long each stage lasted in a stretch of time.
#[derive(Clone, Copy, Debug, Default)]
struct StageTotals {
    millis: [u32; Stage::ALL.len()],
    entered: [bool; Stage::ALL.len()],
}

impl StageTotals {
    fn add(&mut self, stage: Stage, span: Duration) {
        let at = stage as usize;
        self.entered[at] = true;
        self.millis[at] = self.millis[at].saturating_add(u32::try_from(span.as_millis()).unwrap_or(u32::MAX));
    }

    /// The worst trouble in it, else the longest stage.
    fn shown(&self) -> Stage {
        let trouble = Stage::ALL.into_iter().rev().find(|stage| stage.is_trouble() && self.entered[*stage as usize]);
        let longest = || Stage::ALL.into_iter().max_by_key(|stage| self.millis[*stage as usize]);
        trouble.or_else(longest).unwrap_or(Stage::NotRunning)
    }
}

/// The last hour, up to the watch's last event.
#[derive(Clone, Debug, Default)]
pub struct PhaseTimeline {
    /// Where the first slot begins.
    base: Option<Instant>,
    /// The suspends, which the monotonic clock leaves out.
    slept: Duration,
    /// The slots that are over, the newest last.
    over: VecDeque<Stage>,
    /// How many are over in total.
    count: u64,
    open: StageTotals,
    running: Option<CurrentStage>,
    replacing: bool,
    unannounced: bool,
}

/// The current stage, and the moment up to which it is counted.
#[derive(Clone, Copy, Debug)]
struct CurrentStage {
    stage: Stage,
    counted: Duration,
}

impl PhaseTimeline {
    /// The watch entered a phase. A replacement lasts until the watch idles, polls or gives up.
    pub fn phase(&mut self, to: Phase, at: Instant) {
        let on_the_way = matches!(Stage::of(to), Stage::Busy);
        self.replacing &= on_the_way;
        self.enter(if self.replacing { Stage::Replacing } else { self.seen(Stage::of(to)) }, at);
    }

    /// Whether the server is known not to announce the watch's mail.
    #[must_use]
    pub const fn is_unannounced(&self) -> bool {
        self.unannounced
    }

    /// What is concluded of the watch has changed.
    pub fn concluded(&mut self, verdict: Verdict, at: Instant) {
        let unannounced = match verdict {
            Verdict::NotPushing => true,
            Verdict::Live => false,
            Verdict::Finishing
            | Verdict::Quiet
            | Verdict::Slept
            | Verdict::Closed
            | Verdict::Limited
            | Verdict::Refused
            | Verdict::ServerIgnoring
            | Verdict::PathDead
            | Verdict::ServerNotReading
            | Verdict::NotKnown => return,
        };
        if std::mem::replace(&mut self.unannounced, unannounced) == unannounced {
            return;
        }
        match self.running.map(|running| running.stage) {
            Some(Stage::Idling | Stage::NotPushing) => self.enter(self.seen(Stage::Idling), at),
            Some(
                Stage::NotRunning
                | Stage::Polling
                | Stage::Busy
                | Stage::Paused
                | Stage::Waiting
                | Stage::Replacing
                | Stage::Failed,
            )
            | None => {}
        }
    }

    /// A stage as it is shown: an IDLE whose mail is not announced is none that hears.
    fn seen(&self, stage: Stage) -> Stage {
        if stage == Stage::Idling && self.unannounced { Stage::NotPushing } else { stage }
    }

    /// A DONE was not answered in time: the connection is being replaced.
    pub fn stalled(&mut self, at: Instant) {
        self.replacing = true;
        self.enter(Stage::Replacing, at);
    }

    /// The machine was suspended for `slept`, until `at`.
    pub fn slept(&mut self, slept: Duration, at: Instant) {
        let Some(running) = self.running else { return };
        self.enter(Stage::NotRunning, at);
        self.slept += slept;
        self.enter(running.stage, at);
    }

    /// Nobody watched from one moment to another, that went on in between.
    pub fn absent(&mut self, from: Instant, to: Instant) {
        let Some(running) = self.running else { return };
        self.enter(Stage::NotRunning, from);
        self.enter(running.stage, to);
    }

    /// Nobody watches any more, from `at` on.
    pub fn stopped(&mut self, at: Instant) {
        if self.running.is_some() {
            self.enter(Stage::NotRunning, at);
        }
    }

    /// Takes the stop back where the snapshot says that the watch went on all the time, only not seen from here.
    pub fn resumed(&mut self, snapshot: &Snapshot) {
        let stopped = self.running.filter(|running| running.stage == Stage::NotRunning).map(|running| running.counted);
        if stopped.is_some_and(|stopped| self.moment(snapshot.since) <= stopped) {
            self.phase(snapshot.phase, snapshot.since);
        }
    }

    /// The last hour's slots, oldest first, the last one still open; and how much of that has passed. The snapshot
    /// decides on the current stage: events may have been dropped.
    #[must_use]
    pub fn view(&self, snapshot: &Snapshot, now: Instant) -> (Vec<Stage>, Duration) {
        let mut timeline = self.clone();
        timeline.unannounced = snapshot.is_not_pushing();
        let stage =
            if snapshot.connection.replacing { Stage::Replacing } else { timeline.seen(Stage::of(snapshot.phase)) };
        if timeline.running.is_none_or(|running| running.stage != stage) {
            timeline.enter(stage, snapshot.since.min(now));
        }
        timeline.advance(now);
        let mut slots: Vec<_> = timeline.over.iter().copied().chain([timeline.open.shown()]).collect();
        let missing = KEPT.saturating_sub(slots.len());
        slots.splice(0..0, std::iter::repeat_n(Stage::NotRunning, missing));
        slots.drain(..slots.len() - KEPT);
        let begun = SLOT.saturating_mul(u32::try_from(timeline.count).unwrap_or(u32::MAX));
        (slots, timeline.moment(now).saturating_sub(begun))
    }

    fn enter(&mut self, stage: Stage, at: Instant) {
        self.advance(at);
        let counted = self.moment(at);
        let counted = self.running.map_or(counted, |running| running.counted.max(counted));
        self.running = Some(CurrentStage { stage, counted });
        self.open.add(stage, Duration::ZERO);
    }

    /// Time since the base, suspends included.
    fn moment(&self, at: Instant) -> Duration {
        self.base.map_or(Duration::ZERO, |base| at.saturating_duration_since(base)) + self.slept
    }

    /// Counts the current stage up to a moment, and closes the slots that end before it.
    fn advance(&mut self, at: Instant) {
        self.base.get_or_insert(at);
        let until = self.moment(at);
        let Some(mut running) = self.running else { return };
        while running.counted < until {
            let end = SLOT.saturating_mul(u32::try_from(self.count + 1).unwrap_or(u32::MAX));
            let step = end.min(until).saturating_sub(running.counted);
            self.open.add(running.stage, step);
            running.counted += step;
            if running.counted < end {
                break;
            }
            self.close();
            self.open.add(running.stage, Duration::ZERO);
            // Of a gap of days only the last hour's slots are made.
            let whole =
                (until.saturating_sub(running.counted).as_secs() / SLOT.as_secs()).saturating_sub(u64::from(SLOTS));
            self.count += whole;
            running.counted += SLOT.saturating_mul(u32::try_from(whole).unwrap_or(u32::MAX));
        }
        self.running = Some(running);
    }

    fn close(&mut self) {
        if self.over.len() >= KEPT {
            self.over.pop_front();
        }
        self.over.push_back(self.open.shown());
        self.open = StageTotals::default();
        self.count += 1;
    }
}

/// The slots merged, `per_cell` of them in a cell, which shows the worst trouble in it, else what most of them show.
#[must_use]
pub fn merged(slots: &[Stage], per_cell: u32) -> Vec<Stage> {
    let cell = |slots: &[Stage]| {
        let mut held = StageTotals::default();
        // A cell shows what is known of a part of it.
        let known = slots.iter().any(|stage| *stage != Stage::NotRunning);
        for stage in slots.iter().filter(|stage| !known || **stage != Stage::NotRunning) {
            held.add(*stage, SLOT);
        }
        held.shown()
    };
    slots.chunks(usize::try_from(per_cell).unwrap_or(1).max(1)).map(cell).collect()
}

#[cfg(test)]
mod tests;

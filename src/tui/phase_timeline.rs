//! The phases of a watch's last hour, in slots of half a minute: bounded, whatever happens. Reads no clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use mailwatch_proto::model::{Phase, Snapshot};

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
    /// Backoff.
    Waiting,
    /// A connection that does not answer DONE is being replaced.
    Replacing,
    /// It needs the user.
    Failed,
}

impl Stage {
    /// Every stage; later ones are worse.
    pub const ALL: [Self; 8] = [
        Self::NotRunning,
        Self::Idling,
        Self::Polling,
        Self::Busy,
        Self::Paused,
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
            Self::Waiting | Self::Replacing | Self::Failed => true,
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
        self.enter(if self.replacing { Stage::Replacing } else { Stage::of(to) }, at);
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
        let stage = if snapshot.connection.replacing { Stage::Replacing } else { Stage::of(snapshot.phase) };
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
        for stage in slots {
            held.add(*stage, SLOT);
        }
        held.shown()
    };
    slots.chunks(usize::try_from(per_cell).unwrap_or(1).max(1)).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use mailwatch_proto::model::{Timers, WatchId};

    fn start() -> Instant {
        Instant::now()
    }

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn snapshot(phase: Phase, since: Instant) -> Snapshot {
        let mut snapshot = Snapshot::new(WatchId::new("a", "INBOX"), Timers::default(), since);
        snapshot.phase = phase;
        snapshot
    }

    /// The last slots that are not before the watch began.
    fn tail(slots: &[Stage], n: usize) -> &[Stage] {
        assert_eq!(slots.len(), KEPT);
        assert!(slots[..KEPT - n].iter().all(|stage| *stage == Stage::NotRunning), "{slots:?}");
        &slots[KEPT - n..]
    }

    #[test]
    fn a_slot_shows_what_it_was_for_longest_and_trouble_however_short() {
        let start = start();
        let at = |seconds| start + secs(seconds);
        let mut timeline = PhaseTimeline::default();
        timeline.phase(Phase::Connecting, start);
        timeline.phase(Phase::Idling, at(2));
        timeline.phase(Phase::Finishing, at(35));
        timeline.phase(Phase::Idling, at(36));
        timeline.phase(Phase::Waiting, at(65));
        timeline.phase(Phase::Connecting, at(65));
        timeline.phase(Phase::Idling, at(66));
        let (slots, open) = timeline.view(&snapshot(Phase::Idling, at(66)), at(100));
        assert_eq!(tail(&slots, 4), [Stage::Idling, Stage::Idling, Stage::Waiting, Stage::Idling]);
        assert_eq!(open, secs(10));
    }

    #[test]
    fn while_nobody_watches_it_does_not_run_but_where_the_watch_went_on_unseen_it_does() {
        let start = start();
        let at = |seconds| start + secs(seconds);
        let mut timeline = PhaseTimeline::default();
        timeline.phase(Phase::Idling, start);
        timeline.stopped(at(60));
        let mut next = timeline.clone();
        next.resumed(&snapshot(Phase::Idling, at(120)));
        next.phase(Phase::Idling, at(120));
        next.phase(Phase::Finishing, at(179));
        let (slots, _) = next.view(&snapshot(Phase::Finishing, at(179)), at(180));
        let (idling, gap) = (Stage::Idling, Stage::NotRunning);
        assert_eq!(tail(&slots, 7)[..6], [idling, idling, gap, gap, idling, idling]);
        // The same engine again, which has gone on unseen.
        timeline.resumed(&snapshot(Phase::Idling, start));
        timeline.phase(Phase::Finishing, at(179));
        let (slots, _) = timeline.view(&snapshot(Phase::Finishing, at(179)), at(180));
        assert_eq!(tail(&slots, 7)[..6], [idling; 6]);
    }

    #[test]
    fn a_watch_that_is_being_replaced_shows_so_until_it_idles_again() {
        let start = start();
        let at = |seconds| start + secs(seconds);
        let mut timeline = PhaseTimeline::default();
        timeline.phase(Phase::Idling, start);
        timeline.stalled(at(31));
        timeline.phase(Phase::Connecting, at(31));
        timeline.phase(Phase::Requested, at(89));
        timeline.phase(Phase::Idling, at(91));
        let (slots, _) = timeline.view(&snapshot(Phase::Idling, at(91)), at(121));
        let expected = [Stage::Idling, Stage::Replacing, Stage::Replacing, Stage::Replacing, Stage::Idling];
        assert_eq!(tail(&slots, 5), expected);
    }

    #[test]
    fn a_suspend_is_time_without_watching() {
        let start = start();
        let mut timeline = PhaseTimeline::default();
        timeline.phase(Phase::Idling, start);
        timeline.slept(secs(90), start + secs(30));
        let (slots, _) = timeline.view(&snapshot(Phase::Idling, start), start + secs(40));
        assert_eq!(
            tail(&slots, 5),
            [Stage::Idling, Stage::NotRunning, Stage::NotRunning, Stage::NotRunning, Stage::Idling]
        );
    }

    #[test]
    fn the_snapshot_has_the_last_word_where_events_were_dropped() {
        let start = start();
        let failed = snapshot(Phase::Failed, start + secs(60));
        let (slots, _) = PhaseTimeline::default().view(&failed, start + secs(100));
        assert_eq!(tail(&slots, 2), [Stage::Failed, Stage::Failed]);
        let mut timeline = PhaseTimeline::default();
        timeline.phase(Phase::Idling, start);
        let (slots, _) = timeline.view(&failed, start + secs(100));
        assert_eq!(tail(&slots, 4), [Stage::Idling, Stage::Idling, Stage::Failed, Stage::Failed]);
    }

    #[test]
    fn a_cell_of_many_slots_keeps_their_trouble() {
        let slots = [Stage::Idling, Stage::Idling, Stage::Busy, Stage::Idling, Stage::Replacing, Stage::Idling];
        assert_eq!(merged(&slots, 3), [Stage::Idling, Stage::Replacing]);
        assert_eq!(merged(&slots, 1), slots);
    }

    proptest! {
        #[test]
        fn whatever_comes_it_is_an_hour_and_takes_no_more_room(
            steps in prop::collection::vec((0u64..1_000_000_000, 0usize..13, any::<bool>()), 0..200),
        ) {
            let start = start();
            let (mut at, mut timeline, mut phase) = (start, PhaseTimeline::default(), Phase::Connecting);
            for (millis, what, backwards) in steps {
                at += Duration::from_millis(millis);
                let moment = if backwards { start } else { at };
                match what {
                    11 => timeline.stalled(moment),
                    12 => timeline.slept(Duration::from_millis(millis), moment),
                    n => {
                        phase = Phase::ALL[n];
                        timeline.phase(phase, moment);
                    }
                }
                prop_assert!(timeline.over.len() <= KEPT);
                let (slots, _) = timeline.view(&snapshot(phase, at), at);
                prop_assert_eq!(slots.len(), KEPT);
            }
        }
    }
}

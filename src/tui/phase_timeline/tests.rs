//! That an hour's slots are those that were, and bounded.

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

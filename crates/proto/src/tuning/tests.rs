//! The rules, one by one.

use std::time::UNIX_EPOCH;

use super::levels::MAX;
use super::*;

const MIN: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const PRESET: Duration = Duration::from_mins(4);

pub(super) fn outcome(at: SystemTime, age: Duration, fate: Fate) -> Outcome {
    let (host, login) = ("imap.example.org".to_owned(), "me@imap.example.org".to_owned());
    Outcome { host, login, at, age, fate, took: None }
}

pub(super) fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(500_000)
}

/// One watch's life: each IDLE takes its age.
struct Life {
    tuning: Tuning,
    now: SystemTime,
}

impl Life {
    fn new(preset: Duration) -> Self {
        Self { tuning: Tuning::new(preset), now: start() }
    }

    fn idle(&mut self, age: Duration, fate: Fate) -> Duration {
        self.now += age;
        self.tuning.note(&outcome(self.now, age, fate));
        self.value()
    }

    fn answered(&mut self, times: usize) -> Duration {
        for _ in 0..times {
            self.idle(self.value(), Fate::Answered);
        }
        self.value()
    }

    fn climb_to(&mut self, age: Duration) {
        for _ in 0..200 {
            if self.value() >= age {
                return;
            }
            self.answered(1);
        }
        panic!("it never climbs to {age:?}");
    }

    fn value(&self) -> Duration {
        self.tuning.value(self.now)
    }

    fn ceiling(&self) -> Option<Duration> {
        self.tuning.ceiling(self.now)
    }
}

#[test]
fn it_starts_at_the_preset_and_climbs_after_three_answers_at_the_age() {
    let mut life = Life::new(PRESET);
    assert_eq!((life.value(), life.ceiling()), (4 * MIN, None));
    assert_eq!(life.answered(2), 4 * MIN);
    assert_eq!(life.answered(1), 5 * MIN);
    assert_eq!(life.answered(3), 6 * MIN);
    assert_eq!(life.answered(3 * 40), MAX);
}

#[test]
fn what_was_cut_short_is_neither_survival_nor_failure() {
    let mut life = Life::new(PRESET);
    for age in [10, 239, 240, 600] {
        life.idle(Duration::from_secs(age), Fate::CutShort);
    }
    assert_eq!((life.value(), life.ceiling()), (4 * MIN, None));
    assert!(life.tuning.counts_by_age().is_empty());
}

#[test]
fn answers_below_the_value_do_not_make_it_climb() {
    let mut life = Life::new(PRESET);
    life.climb_to(6 * MIN);
    for _ in 0..10 {
        life.idle(5 * MIN, Fate::Answered);
    }
    assert_eq!(life.value(), 6 * MIN);
    for _ in 0..3 {
        life.idle(9 * MIN, Fate::Answered);
    }
    assert_eq!(life.value(), 7 * MIN, "an answer at an older age proves the younger");
}

#[test]
fn a_failure_where_nothing_was_survived_is_a_ceiling_at_once() {
    // Climb to the first, fail at the second as the third: then the value and the ceiling, in seconds.
    let cases = [
        (5, 300, Fate::Stalled, 240, 240),
        (13, 780, Fate::Stalled, 720, 720),
        (13, 750, Fate::Dropped, 660, 660),
        (4, 240, Fate::Stalled, 120, 180),
        (5, 277, Fate::Dropped, 180, 180),
        (4, 150, Fate::Dropped, 60, 60),
        (4, 10, Fate::Dropped, 60, 60),
    ];
    for (reached, fails, fate, value, ceiling) in cases {
        let mut life = Life::new(PRESET);
        life.climb_to(reached * MIN);
        life.idle(Duration::from_secs(fails), fate);
        let found = (life.value().as_secs(), life.ceiling().map(|ceiling| ceiling.as_secs()));
        assert_eq!(found, (value, Some(ceiling)), "{reached} min, fails at {fails} s");
    }
}

#[test]
fn a_ceiling_is_tried_again_after_seven_days_and_not_before() {
    let mut life = Life::new(PRESET);
    life.climb_to(5 * MIN);
    life.idle(5 * MIN, Fate::Stalled);
    let found = life.now;
    while life.tuning.value(life.now) == 4 * MIN {
        life.answered(1);
    }
    let after = life.now.duration_since(found).expect("later");
    assert!(after >= 7 * DAY && after < 7 * DAY + HOUR, "{after:?}");
    assert_eq!((life.value(), life.ceiling()), (5 * MIN, None));
    life.idle(5 * MIN, Fate::Stalled);
    assert_eq!((life.value(), life.ceiling()), (4 * MIN, Some(4 * MIN)), "one stall, and it holds for another week");
    life.now += 6 * DAY;
    assert_eq!(life.ceiling(), Some(4 * MIN));
}

#[test]
fn a_single_failure_at_an_age_that_was_survived_is_chance() {
    let mut life = Life::new(PRESET);
    life.climb_to(12 * MIN);
    life.answered(2);
    for age in [50, 300, 600, 655] {
        life.idle(Duration::from_secs(age), Fate::Dropped);
        assert_eq!((life.value(), life.ceiling()), (12 * MIN, None), "{age}");
    }
}

#[test]
fn two_in_a_row_at_a_survived_age_mean_that_the_server_has_changed() {
    let mut life = Life::new(PRESET);
    life.climb_to(12 * MIN);
    life.answered(2);
    life.idle(12 * MIN, Fate::Answered);
    life.climb_to(13 * MIN);
    life.answered(1);
    assert_eq!(life.idle(12 * MIN, Fate::Dropped), 13 * MIN);
    assert_eq!(life.idle(12 * MIN, Fate::Dropped), 4 * MIN, "what was survived above the preset counts no more");
    assert_eq!(life.ceiling(), Some(11 * MIN));
}

#[test]
fn failures_that_share_an_outage_count_once() {
    let mut life = Life::new(PRESET);
    life.climb_to(10 * MIN);
    life.answered(3);
    for _ in 0..8 {
        life.now += Duration::from_secs(1);
        life.tuning.note(&outcome(life.now, 9 * MIN, Fate::Dropped));
    }
    assert_eq!(life.ceiling(), None, "eight watches lost one server");
    life.now += 9 * MIN;
    life.tuning.note(&outcome(life.now, 9 * MIN, Fate::Dropped));
    assert_eq!(life.ceiling(), Some(8 * MIN), "the next IDLE died at the same age");
}

#[test]
fn on_a_line_that_drops_at_random_it_takes_three_in_a_row() {
    let mut life = Life::new(PRESET);
    life.climb_to(10 * MIN);
    life.answered(2);
    for age in [50, 300] {
        life.idle(Duration::from_secs(age), Fate::Dropped);
    }
    life.idle(10 * MIN, Fate::Answered);
    life.climb_to(11 * MIN);
    life.idle(8 * MIN, Fate::Dropped);
    life.idle(8 * MIN, Fate::Dropped);
    assert_eq!(life.ceiling(), None);
    life.idle(8 * MIN, Fate::Dropped);
    assert_eq!(life.ceiling(), Some(7 * MIN));
}

#[test]
fn a_server_that_fails_at_one_age_again_and_again_is_kept_below_it() {
    let mut life = Life::new(PRESET);
    life.climb_to(8 * MIN);
    life.answered(3);
    for _ in 0..3 {
        assert_eq!(life.ceiling(), None);
        life.idle(8 * MIN, Fate::Stalled);
        if life.ceiling().is_none() {
            life.idle(8 * MIN, Fate::Answered);
        }
    }
    assert_eq!(life.ceiling(), Some(7 * MIN), "some of its machines ignore DONE at that age");
}

#[test]
fn a_few_failures_at_one_age_among_many_answers_are_chance() {
    let mut life = Life::new(PRESET);
    life.climb_to(8 * MIN);
    life.answered(3);
    for _ in 0..4 {
        for _ in 0..30 {
            life.idle(8 * MIN, Fate::Answered);
        }
        life.idle(8 * MIN, Fate::Stalled);
    }
    assert_eq!(life.ceiling(), None);
}

#[test]
fn three_answers_beyond_a_ceiling_lift_it() {
    let mut life = Life::new(PRESET);
    life.idle(150 * MIN / 60, Fate::Dropped);
    assert_eq!((life.value(), life.ceiling()), (MIN, Some(MIN)));
    for _ in 0..3 {
        life.idle(3 * MIN, Fate::Answered);
    }
    assert_eq!((life.ceiling(), life.value()), (None, 2 * MIN));
}

#[test]
fn a_single_failure_below_the_preset_pins_it_for_an_hour_and_no_longer() {
    let mut life = Life::new(PRESET);
    life.idle(200 * MIN / 60, Fate::Dropped);
    assert_eq!(life.ceiling(), Some(2 * MIN));
    let found = life.now;
    life.climb_to(4 * MIN);
    let after = life.now.duration_since(found).expect("later");
    assert!(after >= HOUR && after < 2 * HOUR, "{after:?}");
    life.answered(3);
    assert_eq!((life.value(), life.ceiling()), (5 * MIN, None));
}

#[test]
fn a_ceiling_of_chance_below_does_not_wipe_out_the_true_one_above() {
    let mut life = Life::new(PRESET);
    life.climb_to(7 * MIN);
    life.idle(7 * MIN, Fate::Stalled);
    life.now += 8 * HOUR;
    life.idle(160 * MIN / 60, Fate::Dropped);
    life.idle(160 * MIN / 60, Fate::Dropped);
    assert_eq!(life.ceiling(), Some(MIN));
    for _ in 0..3 {
        life.idle(6 * MIN, Fate::Answered);
    }
    assert_eq!(life.ceiling(), Some(6 * MIN));
}

#[test]
fn stragglers_that_were_issued_before_the_fall_change_nothing() {
    let mut life = Life::new(PRESET);
    life.climb_to(5 * MIN);
    life.idle(5 * MIN, Fate::Stalled);
    let before = (life.value(), life.ceiling());
    for _ in 0..9 {
        life.now += Duration::from_secs(5);
        life.tuning.note(&outcome(life.now, 5 * MIN, Fate::Stalled));
    }
    assert_eq!((life.value(), life.ceiling()), before);
}

#[test]
fn other_watches_can_keep_to_what_is_proven() {
    let mut life = Life::new(PRESET);
    assert_eq!(life.tuning.proven(life.now), 4 * MIN);
    life.answered(3);
    assert_eq!((life.value(), life.tuning.proven(life.now)), (5 * MIN, 4 * MIN));
    life.answered(3);
    assert_eq!((life.value(), life.tuning.proven(life.now)), (6 * MIN, 5 * MIN));
}

#[test]
fn ages_a_little_late_are_the_level_they_were_meant_for() {
    let mut life = Life::new(PRESET);
    let late = Duration::from_millis(900);
    for _ in 0..3 {
        life.idle(4 * MIN + late, Fate::Answered);
    }
    life.idle(5 * MIN + late, Fate::Stalled);
    assert_eq!((life.value(), life.ceiling()), (4 * MIN, Some(4 * MIN)));
    let tallies: Vec<_> = life.tuning.counts_by_age().iter().map(|(age, tally)| (age.as_secs(), *tally)).collect();
    assert_eq!(tallies, [(240, Tally { answered: 3, failed: 0 }), (300, Tally { answered: 0, failed: 1 })]);
}

#[test]
fn a_preset_between_two_minutes_and_one_under_a_minute_work_alike() {
    for (preset, next) in [(270, 300_000), (12, 15_000), (55, 68_750), (90, 120_000)] {
        let mut life = Life::new(Duration::from_secs(preset));
        assert_eq!(life.value(), Duration::from_secs(preset));
        assert_eq!(life.answered(3), Duration::from_millis(next), "{preset}");
        life.idle(life.value(), Fate::Stalled);
        assert!(life.value() <= Duration::from_secs(preset));
        assert_eq!(Some(life.value()), life.ceiling());
    }
}

#[test]
fn what_was_kept_teaches_the_same_as_what_was_seen() {
    let mut life = Life::new(PRESET);
    let mut kept = Vec::new();
    for (age, fate) in [(4, Fate::Answered), (4, Fate::CutShort), (4, Fate::Answered), (4, Fate::Answered)] {
        life.idle(age * MIN, fate);
        kept.push(outcome(life.now, age * MIN, fate));
    }
    life.idle(5 * MIN, Fate::Stalled);
    kept.push(outcome(life.now, 5 * MIN, Fate::Stalled));
    let replayed = Tuning::replay(PRESET, &kept, life.now);
    assert_eq!((replayed.value(life.now), replayed.ceiling(life.now)), (life.value(), life.ceiling()));
    assert_eq!(replayed.counts_by_age(), life.tuning.counts_by_age());
}

#[test]
fn a_ceiling_from_a_clock_that_was_ahead_does_not_hold_until_then() {
    let ahead = start() + 400 * DAY;
    let kept = [outcome(ahead, 5 * MIN, Fate::Stalled)];
    let replayed = Tuning::replay(PRESET, &kept, start());
    assert!(replayed.ceiling(start()).is_some());
    assert_eq!(replayed.ceiling(start() + 7 * DAY), None);
    let mut live = Tuning::new(PRESET);
    live.note(&kept[0]);
    assert_eq!(live.ceiling(start()), None);
}
